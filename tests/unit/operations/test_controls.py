"""Lifecycle commands: who wins, what is refused, and that stopped means proved."""

import asyncio
from decimal import Decimal

import pytest

from market_maker.model.caller import Caller, Role
from market_maker.model.errors import (
    ConflictError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
)
from market_maker.operations.halt_reviews import Review
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, OTHER, SYMBOL, Office, new_office

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

ANN_OF_RISK = Caller("ann", (Role.OPERATOR, Role.RISK), "t3")


async def test_enable_makes_the_engine_and_quotes(office: Office) -> None:
    await office.pool()
    before = await office.application.controls.status(SYMBOL)
    assert (before.state, before.engine) == (PoolStatus.NOT_RUNNING, None)
    view = await office.application.controls.enable(ANN, SYMBOL)
    assert view.state is PoolStatus.ACTIVE
    await office.until(lambda: len(office.venues[SYMBOL].open) == 4)
    status = await office.application.controls.status(SYMBOL)
    assert status.quoting
    assert status.open_orders == 4
    assert [member.active for member in status.members] == [True, True]


async def test_enabling_again_answers_the_same_and_moves_nothing(office: Office) -> None:
    await office.quoting()
    async with office.store.reading() as unit:
        moves = (await unit.states.page(SYMBOL, 10)).items
    again = await office.application.controls.enable(ANN, SYMBOL)
    assert again.state is PoolStatus.ACTIVE
    async with office.store.reading() as unit:
        assert (await unit.states.page(SYMBOL, 10)).items == moves


async def test_a_pool_that_does_not_exist_is_not_found(office: Office) -> None:
    for command in (office.application.controls.enable, office.application.controls.resume):
        with pytest.raises(NotFoundError):
            await command(ANN, SYMBOL)
    with pytest.raises(NotFoundError):
        await office.application.controls.pause(ANN, SYMBOL)
    with pytest.raises(NotFoundError):
        await office.application.controls.status(SYMBOL)


async def test_a_pool_without_an_active_member_is_not_enabled(office: Office) -> None:
    await office.pool(weights=())
    with pytest.raises(ConflictError, match="needs an active member"):
        await office.application.controls.enable(ANN, SYMBOL)
    assert office.engine_host.get(SYMBOL) is None


async def test_pausing_a_pool_without_an_engine_changes_nothing(office: Office) -> None:
    await office.pool()
    view = await office.application.controls.pause(ANN, SYMBOL)
    assert view.state is PoolStatus.NOT_RUNNING
    assert ("ann", "pool.pause", SYMBOL, "done") in await office.audit()


async def test_resuming_a_pool_without_an_engine_names_enable(office: Office) -> None:
    await office.pool()
    with pytest.raises(IllegalTransitionError, match="NOT_RUNNING; allowed: enable"):
        await office.application.controls.resume(ANN, SYMBOL)


async def test_pause_cancels_everything_and_is_proved_by_the_venue(office: Office) -> None:
    await office.quoting()
    view = await office.application.controls.pause(ANN, SYMBOL, "maintenance")
    assert view.state is PoolStatus.PAUSED
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    status = await office.application.controls.status(SYMBOL)
    assert (status.open_orders, status.cancel_unconfirmed) == (0, False)
    assert (status.reason, status.by) == ("maintenance", "ann")
    assert office.venues[SYMBOL].open == {}


async def test_while_the_venue_is_mute_nothing_counts_as_cancelled(office: Office) -> None:
    await office.quoting()
    office.venues[SYMBOL].mute = True
    view = await office.application.controls.pause(ANN, SYMBOL)
    assert view.cancel_unconfirmed
    await office.passes(3_000)
    status = await office.application.controls.status(SYMBOL)
    assert status.cancel_unconfirmed
    office.venues[SYMBOL].mute = False
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)


async def test_a_deaf_venue_is_asked_again_and_its_orders_stay_in_sight(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    venue.deaf = True
    await office.application.controls.pause(ANN, SYMBOL)
    await office.passes(3_000)
    status = await office.application.controls.status(SYMBOL)
    assert (status.open_orders, status.cancel_unconfirmed) == (4, True)


async def test_an_unknown_order_at_the_venue_is_cancelled(office: Office) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    stray = next(iter(venue.open.values()))
    await office.application.controls.pause(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    venue.open[900] = stray.__class__(
        900, *[getattr(stray, f) for f in stray.__struct_fields__[1:]]
    )
    await office.until(lambda: 900 in venue.cancelled)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)


async def test_a_halted_pool_is_not_enabled_and_the_refusal_names_the_reason(
    office: Office,
) -> None:
    await office.quoting()
    await office.application.controls.kill(ANN, "seems wrong")
    with pytest.raises(IllegalTransitionError, match="seems wrong"):
        await office.application.controls.enable(ANN, SYMBOL)
    with pytest.raises(IllegalTransitionError, match="seems wrong"):
        await office.application.controls.pause(ANN, SYMBOL)
    with pytest.raises(ForbiddenError, match="only risk"):
        await office.application.controls.resume(ANN, SYMBOL)
    assert (await office.application.controls.resume(BOB, SYMBOL)).state is PoolStatus.ACTIVE


async def test_resume_is_refused_while_the_cause_holds(office: Office) -> None:
    await office.quoting(max_pool_position_usdt=Decimal(20_000))
    venue = office.venues[SYMBOL]
    for order in [o for o in venue.open.values() if o.side == "BUY"]:
        venue.fill(order.order_id)
    venue.top = (3_000_000, 3_000_010)
    await office.until(lambda: office.engine_host.get(SYMBOL).state == "HALTED")
    status = await office.application.controls.status(SYMBOL)
    assert (status.reason, status.by) == ("position limit exceeded", "guard")
    with pytest.raises(ConflictError, match="while the cause holds: position limit exceeded"):
        await office.application.controls.resume(BOB, SYMBOL)
    venue.top = (999_995, 1_000_005)
    await office.passes(300)
    assert (await office.application.controls.resume(BOB, SYMBOL)).state is PoolStatus.ACTIVE


async def test_resume_is_refused_while_the_market_data_are_stale(office: Office) -> None:
    # Time goes on while the database is read: it must not grow into a market data failure.
    await office.quoting(market_data_halt_seconds=3_600)
    await office.application.controls.kill(ANN)
    office.venues[SYMBOL].silent = True
    await office.passes(3_000)
    with pytest.raises(ConflictError, match="stale market data"):
        await office.application.controls.resume(BOB, SYMBOL)


async def test_with_halt_review_another_person_must_have_reviewed() -> None:
    async with new_office(halt_review=True) as office:
        await office.quoting()
        resume = office.application.controls.resume
        await office.application.controls.kill(ANN, "seems wrong")
        with pytest.raises(InvalidFieldError, match="reviewed_by"):
            await resume(BOB, SYMBOL)
        with pytest.raises(ConflictError, match="reviewed_by"):
            await resume(ANN_OF_RISK, SYMBOL, Review(reviewed_by="bob", note="fine"))
        with pytest.raises(ConflictError, match="reviewed_by"):
            await resume(BOB, SYMBOL, Review(reviewed_by="ann", note="fine"))
        await resume(BOB, SYMBOL, Review(reviewed_by="bob", note="a fat finger"))
        status = await office.application.controls.status(SYMBOL)
        assert status.state is PoolStatus.ACTIVE
        assert "a fat finger" in status.reason
        assert "seems wrong" in status.reason


async def test_a_stop_that_overlaps_with_a_start_wins_and_the_start_is_refused(
    office: Office,
) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    for first in ("pause", "resume"):
        calls = [
            office.application.controls.pause(BOB, SYMBOL),
            office.application.controls.resume(ANN, SYMBOL),
        ]
        if first == "resume":
            calls.reverse()
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert sum(isinstance(result, ConflictError) for result in results) == 1
        assert office.engine_host.get(SYMBOL).state == "PAUSED"


async def test_a_kill_during_an_enable_that_makes_the_engine_wins(office: Office) -> None:
    await office.pool()
    results = await asyncio.gather(
        office.application.controls.enable(ANN, SYMBOL),
        office.application.controls.kill(BOB),
        return_exceptions=True,
    )
    assert isinstance(results[0], ConflictError)
    assert all(runner.state != "ACTIVE" for runner in office.engine_host.runners())


async def test_a_start_while_the_service_ends_is_refused(office: Office) -> None:
    await office.pool()
    office.engine_host.closing = True
    with pytest.raises(ConflictError, match="stop"):
        await office.application.controls.enable(ANN, SYMBOL)


async def test_refusals_are_in_the_audit_log_with_their_reason(office: Office) -> None:
    await office.pool(weights=())
    with pytest.raises(ConflictError):
        await office.application.controls.enable(ANN, SYMBOL)
    subject, action, target, result = (await office.audit())[-1]
    assert (subject, action, target) == ("ann", "pool.enable", SYMBOL)
    assert "needs an active member" in result


async def test_every_move_is_one_state_one_audit_and_one_outbox_row(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(BOB, SYMBOL, "lunch")
    async with office.store.reading() as unit:
        states = (await unit.states.page(SYMBOL, 10)).items
        waiting = (await unit.outbox.backlog()).waiting
    assert [(s.state, s.by, s.reason) for s in reversed(states)] == [
        ("ACTIVE", "ann", "enabled"),
        ("PAUSED", "bob", "lunch"),
    ]
    assert waiting == 2
    audit = await office.audit()
    assert audit[-2:] == [
        ("ann", "pool.enable", SYMBOL, "done"),
        ("bob", "pool.pause", SYMBOL, "done"),
    ]


async def test_reset_changes_nothing_and_says_where_to_go(office: Office) -> None:
    await office.quoting()
    await office.pool(OTHER)
    view = await office.application.controls.reset()
    assert view.resume == (f"/v1/pools/{OTHER}/enable",)
    assert office.engine_host.get(SYMBOL).state == "ACTIVE"


async def test_every_address_of_a_reset_starts_its_pool(office: Office) -> None:
    await office.quoting()
    await office.pool(OTHER)
    await office.pool("XYZUSDT-PERP", weights=())
    await office.application.controls.pause(ANN, SYMBOL)
    view = await office.application.controls.reset()
    assert view.without_members == ("XYZUSDT-PERP",)
    starts = {"enable": office.application.controls.enable}
    starts["resume"] = office.application.controls.resume
    for address in view.resume:
        _, _, _, symbol, command = address.split("/")
        assert (await starts[command](ANN, symbol)).state == "ACTIVE"
    assert [address.rpartition("/")[2] for address in view.resume] == ["resume", "enable"]


async def test_the_summary_counts_and_adds_up(office: Office) -> None:
    await office.quoting()
    await office.pool(OTHER)
    summary = await office.application.controls.summary()
    assert summary.counts == {"NOT_RUNNING": 1, "PAUSED": 0, "ACTIVE": 1, "HALTED": 0}
    assert summary.open_orders == 4
    assert not summary.shadow_mode

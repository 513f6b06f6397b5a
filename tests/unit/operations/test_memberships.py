"""Memberships and participants: weights, limits, statuses, and what the live engine has of them."""

import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import (
    ConflictError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
)
from market_maker.model.participant import ParticipantChange, ParticipantCommand, ParticipantStatus
from market_maker.operations.memberships import MemberChange
from market_maker.operations.views import MembershipState
from tests.support.office import (
    ANN,
    OTHER,
    SYMBOL,
    Office,
    config,
    enrolment,
    member,
)

pytestmark = pytest.mark.anyio

ACTIVATE, SUSPEND, TERMINATE = ParticipantCommand


def orders_of(office: Office, name: str, symbol: str = SYMBOL) -> int:
    return sum(order.member == name for order in office.venues[symbol].open.values())


async def test_only_an_active_participant_can_join(office: Office) -> None:
    await office.application.pools.put(ANN, config())
    pending = await office.application.participants.enroll(ANN, enrolment())
    with pytest.raises(IllegalTransitionError, match="PENDING"):
        await office.application.members.add(ANN, SYMBOL, member(pending.participant_id))
    with pytest.raises(NotFoundError, match="participant"):
        await office.application.members.add(ANN, SYMBOL, member("nobody"))
    with pytest.raises(NotFoundError, match="pool"):
        await office.application.members.add(ANN, OTHER, member(pending.participant_id))


async def test_a_limit_that_is_held_to_the_margin_is_said_with_what_it_is_held_to(
    office: Office,
) -> None:
    """Each has a margin of 10,000. The engine kept to that, and nothing said so."""
    members = office.application.members
    for symbol in (SYMBOL, OTHER):
        await office.application.pools.put(ANN, config(symbol))
    name = await office.participant()
    within = await members.add(ANN, SYMBOL, member(name, 10, 10_000))
    assert (within.position_limit_in_force_usdt, within.warnings) == (10_000, ())
    beyond = await members.add(ANN, OTHER, member(name, 10, 15_000))
    assert (beyond.position_limit_usdt, beyond.position_limit_in_force_usdt) == (15_000, 6_000)
    (warning,) = beyond.warnings
    assert warning.startswith(f"{name} is kept to 6000 of its position_limit_usdt of 15000: ")
    assert "come to 25000 over all pools, its initial_margin_usdt is 10000" in warning
    for symbol, limit in ((SYMBOL, 4_000), (OTHER, 6_000)):
        (listed,) = await members.of_pool(symbol)
        assert listed.position_limit_in_force_usdt == limit
        assert len(listed.warnings) == 1
        async with office.store.reading() as unit:
            (in_force,) = (await office.pools.config(unit, symbol)).members
        assert in_force.position_limit_usdt == limit
    less = MemberChange(position_limit_usdt=Decimal(1_000))
    assert (await members.change(ANN, OTHER, name, less)).position_limit_in_force_usdt < 1_000
    gone = await members.remove(ANN, OTHER, name)
    assert (gone.position_limit_in_force_usdt, gone.warnings) == (0, ())
    participants = office.application.participants
    await participants.change(ANN, name, ParticipantChange(initial_margin_usdt=Decimal("0.001")))
    (bare,) = await members.of_pool(SYMBOL)
    assert (bare.position_limit_in_force_usdt, len(bare.warnings)) == (0, 1)
    assert "may have no orders" in bare.warnings[0]
    await participants.command(ANN, name, SUSPEND)
    (idle,) = await members.of_pool(SYMBOL)
    assert (idle.position_limit_in_force_usdt, idle.warnings) == (0, ())


async def test_weights_never_pass_a_hundred_however_many_ask_at_once(office: Office) -> None:
    await office.application.pools.put(ANN, config())
    names = [await office.participant(f"p{number}") for number in range(12)]
    results = await asyncio.gather(
        *(office.application.members.add(ANN, SYMBOL, member(name, 15)) for name in names),
        return_exceptions=True,
    )
    refused = [result for result in results if isinstance(result, InvalidFieldError)]
    assert len(refused) == 12 - 6
    assert all("Total capital weight would exceed 100%" in str(error) for error in refused)
    views = await office.application.members.of_pool(SYMBOL)
    assert sum(view.capital_weight_pct for view in views) == 90


async def test_a_limit_above_the_pools_is_refused(office: Office) -> None:
    await office.application.pools.put(ANN, config())
    name = await office.participant()
    with pytest.raises(InvalidFieldError, match="max_pool_position_usdt"):
        await office.application.members.add(ANN, SYMBOL, member(name, limit=50_001))


async def test_a_loss_limit_above_the_pools_is_said_and_a_smaller_one_of_the_pool_too(
    office: Office,
) -> None:
    pools, members = office.application.pools, office.application.members
    view, _ = await pools.put(ANN, config(max_pool_loss_usdt=Decimal(700)))
    name = await office.participant()
    added = await members.add(ANN, SYMBOL, member(name, 40, 10_000))
    assert [text for text in added.warnings if "max_pool_loss_usdt (700)" in text]
    lower = MemberChange(max_loss_usdt=Decimal(600))
    assert (await members.change(ANN, SYMBOL, name, lower)).warnings == ()
    tighter = await pools.replace(ANN, config(max_pool_loss_usdt=Decimal(500)))
    assert [text for text in tighter.warnings if "max_pool_loss_usdt (500)" in text]
    assert view.warnings == ()


async def test_joining_twice_is_a_conflict(office: Office) -> None:
    (name,) = await office.pool(weights=(50,))
    with pytest.raises(ConflictError, match="already"):
        await office.application.members.add(ANN, SYMBOL, member(name, 10))


async def test_a_new_member_of_a_live_pool_gets_orders_without_a_restart(office: Office) -> None:
    await office.quoting(weights=(50,))
    name = await office.participant("late")
    await office.application.members.add(ANN, SYMBOL, member(name, 50))
    await office.until(lambda: orders_of(office, name) == 2)


async def test_a_partial_change_keeps_the_other_fields(office: Office) -> None:
    (name,) = await office.pool(weights=(40,))
    change = MemberChange(capital_weight_pct=Decimal(30))
    view = await office.application.members.change(ANN, SYMBOL, name, change)
    assert (view.capital_weight_pct, view.position_limit_usdt, view.max_loss_usdt) == (
        30,
        20_000,
        800,
    )
    with pytest.raises(ConflictError, match="version"):
        await office.application.members.change(ANN, SYMBOL, name, change, expected_version=1)


async def test_a_change_above_a_hundred_per_cent_is_refused(office: Office) -> None:
    first, _ = await office.pool(weights=(50, 40))
    change = MemberChange(capital_weight_pct=Decimal("60.1"))
    with pytest.raises(InvalidFieldError, match="Total capital weight would exceed 100%"):
        await office.application.members.change(ANN, SYMBOL, first, change)


async def test_removing_is_soft_frees_the_weight_and_cancels_the_orders(office: Office) -> None:
    first, second = await office.quoting(weights=(60, 40))
    view = await office.application.members.remove(ANN, SYMBOL, first)
    assert view.state is MembershipState.REMOVED
    assert (await office.application.members.remove(ANN, SYMBOL, first)).version == view.version
    await office.until(lambda: orders_of(office, first) == 0)
    assert orders_of(office, second) == 2
    states = {v.participant_id: v.state for v in await office.application.members.of_pool(SYMBOL)}
    assert states == {first: MembershipState.REMOVED, second: MembershipState.ACTIVE}
    back = await office.application.members.add(ANN, SYMBOL, member(first, 60))
    assert back.state is MembershipState.ACTIVE
    await office.until(lambda: orders_of(office, first) == 2)


async def test_a_removed_member_cannot_be_changed(office: Office) -> None:
    (name,) = await office.pool(weights=(40,))
    await office.application.members.remove(ANN, SYMBOL, name)
    with pytest.raises(NotFoundError):
        await office.application.members.change(ANN, SYMBOL, name, MemberChange())


async def test_suspending_halts_the_orders_everywhere_and_keeps_the_memberships(
    office: Office,
) -> None:
    first, _ = await office.quoting(SYMBOL)
    await office.application.pools.put(ANN, config(OTHER, order_size_usdt=Decimal(2_000)))
    await office.application.members.add(ANN, OTHER, member(first, 50))
    await office.application.controls.enable(ANN, OTHER)
    await office.until(lambda: orders_of(office, first, OTHER) == 2)
    suspended = await office.application.participants.command(ANN, first, SUSPEND)
    assert suspended.status is ParticipantStatus.SUSPENDED
    await office.until(lambda: orders_of(office, first) + orders_of(office, first, OTHER) == 0)
    views = await office.application.participants.memberships(first)
    assert [(v.symbol, v.state) for v in views] == [
        (SYMBOL, MembershipState.SUSPENDED),
        (OTHER, MembershipState.SUSPENDED),
    ]
    with pytest.raises(InvalidFieldError, match="exceed 100%"):
        await office.application.members.add(ANN, OTHER, member(await office.participant("x"), 51))
    await office.application.participants.command(ANN, first, ACTIVATE)
    await office.until(lambda: orders_of(office, first) == orders_of(office, first, OTHER) == 2)


async def test_terminating_removes_from_all_pools_for_good(office: Office) -> None:
    first, second = await office.quoting(SYMBOL)
    await office.application.participants.command(ANN, first, TERMINATE)
    await office.until(lambda: orders_of(office, first) == 0)
    assert orders_of(office, second) == 2
    (view,) = await office.application.participants.memberships(first)
    assert view.state is MembershipState.REMOVED
    again = await office.application.participants.command(ANN, first, TERMINATE)
    assert again.status is ParticipantStatus.TERMINATED
    for command in (ACTIVATE, SUSPEND):
        with pytest.raises(IllegalTransitionError, match="TERMINATED"):
            await office.application.participants.command(ANN, first, command)
    with pytest.raises(IllegalTransitionError):
        await office.application.participants.change(ANN, first, ParticipantChange(notes="x"))


async def test_terms_change_and_identity_does_not(office: Office) -> None:
    name = await office.participant()
    change = ParticipantChange(display_name="Acme 2", revenue_share_pct=Decimal(25))
    after = await office.application.participants.change(ANN, name, change)
    assert (after.display_name, after.revenue_share_pct) == ("Acme 2", 25)
    assert (after.user_id, after.tier) == ("user-Acme", "TIER_1")
    with pytest.raises(ConflictError, match="version"):
        await office.application.participants.change(ANN, name, change, expected_version=1)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"revenue_share_pct": Decimal(101)}, "revenue_share_pct"),
        ({"max_drawdown_pct": Decimal(-1)}, "max_drawdown_pct"),
        ({"initial_margin_usdt": Decimal("NaN")}, "initial_margin_usdt"),
        ({"display_name": "  "}, "display_name"),
        ({"notes": "x" * 2_001}, "notes"),
    ],
)
async def test_bad_terms_are_refused(office: Office, fields, field) -> None:
    with pytest.raises(InvalidFieldError) as caught:
        await office.application.participants.enroll(ANN, enrolment(**fields))
    assert caught.value.field == field
    assert (await office.application.participants.page(10)).items == ()


async def test_who_enrolled_is_the_caller_where_no_name_is_given(office: Office) -> None:
    enrolled = await office.application.participants.enroll(ANN, enrolment())
    assert (enrolled.status, enrolled.enrolled_by) == (ParticipantStatus.PENDING, "ann")
    assert await office.application.participants.get(enrolled.participant_id) == enrolled
    with pytest.raises(NotFoundError):
        await office.application.participants.get("nobody")

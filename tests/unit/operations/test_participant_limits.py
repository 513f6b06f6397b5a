from collections.abc import Collection, Mapping
from decimal import Decimal

import pytest

from market_maker.model.orders import Side
from market_maker.model.participant import ParticipantChange, ParticipantStatus
from market_maker.model.units import ParticipantId
from market_maker.operations.participant_limits import ParticipantLimits
from tests.support.office import ANN, BOB, OTHER, SYMBOL, Office, member

pytestmark = pytest.mark.anyio


@pytest.mark.thorough
async def test_a_participant_beyond_its_drawdown_is_suspended_in_every_pool(office: Office) -> None:
    losing, other = await office.quoting()
    venue = office.venues[SYMBOL]
    terms = ParticipantChange(max_drawdown_pct=Decimal("0.01"))
    await office.application.participants.change(BOB, losing, terms)
    await office.application.limits.step()
    assert (await office.application.participants.get(losing)).status is ParticipantStatus.ACTIVE
    bid = next(o for o in venue.open.values() if o.side is Side.BUY and o.member == losing)
    venue.fill(bid.order_id)
    venue.top = tuple(price - 2_000 for price in venue.top)
    await office.passes(500)
    headroom = await office.application.limits.headroom(losing)
    assert headroom.drawdown_headroom_pct < 0
    await office.application.limits.step()
    assert (await office.application.participants.get(losing)).status is ParticipantStatus.SUSPENDED
    assert (await office.application.participants.get(other)).status is ParticipantStatus.ACTIVE
    async with office.store.reading() as unit:
        last = (await unit.audit.after(0, 1_000))[-1]
    assert (last.action, last.target) == ("participant.suspend", losing)
    assert "drawdown limit exceeded" in last.reason


async def test_all_participants_are_read_at_once(office: Office) -> None:
    asked: list[list[str]] = []

    class Directory:
        async def some(self, names: Collection[ParticipantId]) -> Mapping[ParticipantId, object]:
            asked.append(sorted(names))
            return {}

    names = await office.quoting()
    await ParticipantLimits(office.pools, Directory(), office.clock).step()  # type: ignore[arg-type]
    assert asked == [sorted(names)]
    assert await office.application.participants.some([*names, ParticipantId("none")]) == {
        name: await office.application.participants.get(name) for name in names
    }


async def test_the_margin_bounds_what_an_engine_lets_a_member_hold(office: Office) -> None:
    (name,) = await office.quoting(weights=(50,))
    terms = ParticipantChange(initial_margin_usdt=Decimal(2_000))
    await office.application.participants.change(BOB, name, terms)
    await office.passes(500)
    (member,) = office.engine_host.get(SYMBOL).config.members
    assert member.position_limit_usdt == 2_000
    headroom = await office.application.limits.headroom(name)
    assert headroom.worst_case_usdt <= 2_000 == headroom.initial_margin_usdt
    assert headroom.margin_headroom_usdt >= 0


async def test_a_gain_in_a_pool_whose_engine_is_down_is_not_lost_from_the_equity(
    office: Office,
) -> None:
    name, _ = await office.quoting()
    venue, limits = office.venues[SYMBOL], office.application.limits
    await office.pool(OTHER, weights=())
    await office.application.members.add(BOB, OTHER, member(name))
    terms = ParticipantChange(max_drawdown_pct=Decimal("0.01"))
    await office.application.participants.change(BOB, name, terms)
    bid = next(o for o in venue.open.values() if o.side is Side.BUY and o.member == name)
    venue.fill(bid.order_id)
    venue.top = tuple(price + 2_000 for price in venue.top)
    await office.passes(500)
    await limits.step()
    gained = await limits.headroom(name)
    assert gained.equity_usdt > gained.initial_margin_usdt
    venue.broken = True
    await office.until(lambda: office.engine_host.get(SYMBOL).failure is not None)
    await limits.step()
    assert (await limits.headroom(name)).equity_usdt == gained.equity_usdt
    assert (await office.application.participants.get(name)).status is ParticipantStatus.ACTIVE


async def gained(office: Office, name: str) -> None:
    """A fill of `name`, and a price that moves its way."""
    venue = office.venues[SYMBOL]
    bid = next(o for o in venue.open.values() if o.side is Side.BUY and o.member == name)
    venue.fill(bid.order_id)
    venue.top = tuple(price + 2_000 for price in venue.top)
    await office.passes(500)


def restarted(office: Office) -> ParticipantLimits:
    """What a service that starts on the same database has."""
    application = office.application
    return ParticipantLimits(application.running, application.participants, office.clock)


async def test_the_peak_of_a_drawdown_outlives_a_restart(office: Office) -> None:
    name, _ = await office.quoting()
    await gained(office, name)
    await office.application.limits.step()
    before = await office.application.limits.headroom(name)
    assert before.peak_usdt > before.initial_margin_usdt
    venue = office.venues[SYMBOL]
    venue.top = tuple(price - 1_000 for price in venue.top)
    await office.passes(500)
    after = await restarted(office).headroom(name)
    assert after.peak_usdt == before.peak_usdt
    assert after.drawdown_pct > before.drawdown_pct == 0


async def test_no_participant_is_judged_and_no_peak_is_noted_while_pools_recover(
    office: Office,
) -> None:
    name, _ = await office.quoting()
    await gained(office, name)
    limits = office.application.limits
    with limits.recovering():
        await limits.step()
        headroom = await limits.headroom(name)
        assert headroom.peak_usdt == headroom.initial_margin_usdt
    async with office.store.reading() as unit:
        assert await unit.participants.peaks() == {}
    await limits.step()
    async with office.store.reading() as unit:
        assert await unit.participants.peaks() == {
            name: headroom.equity_usdt - headroom.initial_margin_usdt
        }


async def test_margin_that_is_taken_back_is_no_drawdown(office: Office) -> None:
    name, _ = await office.quoting()
    await office.application.limits.step()
    terms = ParticipantChange(initial_margin_usdt=Decimal(10_000))
    await office.application.participants.change(BOB, name, terms)
    headroom = await office.application.limits.headroom(name)
    assert (headroom.peak_usdt, headroom.drawdown_pct) == (10_000, 0)


async def strict(office: Office, name: str) -> None:
    """Any fall of its equity suspends it."""
    terms = ParticipantChange(max_drawdown_pct=Decimal("0.01"))
    await office.application.participants.change(BOB, name, terms)


async def peaks(office: Office) -> dict[str, Decimal]:
    async with office.store.reading() as unit:
        return await unit.participants.peaks()


async def test_a_pool_that_changes_hands_counts_with_its_last_result_until_it_has_a_price(
    office: Office,
) -> None:
    name, _ = await office.quoting()
    await gained(office, name)
    await strict(office, name)
    limits = office.application.limits
    await limits.step()
    before, noted = await limits.headroom(name), await peaks(office)
    office.engine_host.close(SYMBOL)
    assert (await limits.headroom(name)).equity_usdt == before.equity_usdt
    await office.begun_anew()
    after = await limits.headroom(name)
    await limits.step()
    assert (after.equity_usdt, after.peak_usdt) == (before.equity_usdt, before.peak_usdt)
    assert await peaks(office) == noted
    assert (await office.application.participants.get(name)).status is ParticipantStatus.ACTIVE


@pytest.mark.parametrize("side", Side)
async def test_after_a_start_no_one_is_judged_by_a_position_that_has_no_price_yet(
    office: Office, side: Side
) -> None:
    name, _ = await office.quoting()
    venue = office.venues[SYMBOL]
    order = next(o for o in venue.open.values() if o.side is side and o.member == name)
    venue.fill(order.order_id)
    await office.passes(500)
    await strict(office, name)
    noted = await peaks(office)
    await office.begun_anew()
    limits = restarted(office)
    await limits.step()
    assert (await office.application.participants.get(name)).status is ParticipantStatus.ACTIVE
    assert await peaks(office) == noted
    office.venues[SYMBOL].silent = False
    await office.until(lambda: office.engine_host.get(SYMBOL).mid_x2 > 0)
    venue = office.venues[SYMBOL]
    # Down for who bought, up for who sold: from now on it is judged.
    venue.top = tuple(price - 2_000 * side.sign for price in venue.top)
    await office.passes(500)
    await limits.step()
    assert (await office.application.participants.get(name)).status is ParticipantStatus.SUSPENDED


async def test_what_a_deleted_pool_came_to_is_neither_lost_nor_forgiven_by_a_restart(
    office: Office,
) -> None:
    name, _ = await office.quoting()
    venue = office.venues[SYMBOL]
    orders = [order for order in venue.open.values() if order.member == name]
    for order in orders:  # bought below, sold above
        venue.fill(order.order_id, min(each.leaves for each in orders))
    await office.passes(500)
    await strict(office, name)
    limits = office.application.limits
    await limits.step()
    before = await limits.headroom(name)
    assert before.equity_usdt > before.initial_margin_usdt
    await office.pool(OTHER, weights=())
    await office.application.members.add(BOB, OTHER, member(name))
    await office.application.controls.enable(ANN, OTHER)
    await office.application.controls.pause(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    await office.application.controls.remove(ANN, SYMBOL)
    for again in (limits, restarted(office)):
        await again.step()
        headroom = await again.headroom(name)
        assert (headroom.equity_usdt, headroom.breach) == (before.equity_usdt, "")
    assert (await office.application.participants.get(name)).status is ParticipantStatus.ACTIVE

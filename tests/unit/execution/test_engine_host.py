"""One engine's trouble is its own, nothing that was sent to it is lost, and it can be made anew."""

from decimal import Decimal

import pytest

from market_maker.journaling.audit import AuditEntry
from market_maker.journaling.record_request import RecordRequest
from market_maker.journaling.recorder import Quarantined
from market_maker.model.errors import ConflictError
from market_maker.model.records import Criteria
from market_maker.operations.views import PoolStatus
from tests.support.office import ANN, BOB, OTHER, PATIENCE_S, SYMBOL, Office

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


def break_engine(office: Office, symbol: str = SYMBOL) -> None:
    """Its next turn raises."""
    office.engine_host.get(symbol)._engine.ladder = None


async def fills(office: Office) -> list[tuple[str, int]]:
    async with office.store.reading() as unit:
        page = await unit.fills.page(Criteria(symbol=SYMBOL), 100)
    return [(fill.participant_id, fill.size) for fill in page.items]


async def test_a_crash_pauses_the_pool_with_the_reason_and_touches_no_other(
    office: Office,
) -> None:
    await office.quoting(SYMBOL)
    await office.quoting(OTHER, order_size_usdt=Decimal(2_000))
    break_engine(office)
    office.venues[SYMBOL].top = (999_000, 999_010)
    await office.until(lambda: office.engine_host.get(SYMBOL).failure is not None)
    status = await office.application.controls.status(SYMBOL)
    assert (status.state, status.by, status.engine) == (PoolStatus.PAUSED, "supervisor", None)
    assert "AttributeError" in status.failure
    assert "engine failed: AttributeError" in status.reason
    await office.until(lambda: office.venues[SYMBOL].open == {})
    assert office.engine_host.get(OTHER).state == "ACTIVE"
    assert len(office.venues[OTHER].open) == 4
    assert [symbol for symbol, _ in office.watched.broken] == [SYMBOL]
    assert await office.recorder.flushed(PATIENCE_S)
    async with office.store.reading() as unit:
        last = await unit.states.latest(SYMBOL)
    assert (last.state, last.by) == ("PAUSED", "supervisor")


async def test_no_order_goes_out_after_a_crash(office: Office) -> None:
    await office.quoting()
    break_engine(office)
    office.venues[SYMBOL].top = (999_000, 999_010)
    await office.until(lambda: office.engine_host.get(SYMBOL).failure is not None)
    placed = len(office.venues[SYMBOL].placed)
    await office.passes(2_000)
    assert len(office.venues[SYMBOL].placed) == placed
    assert not office.engine_host.get(SYMBOL).order_gate.is_open


async def test_fills_of_the_broken_turn_and_after_it_are_recorded(office: Office) -> None:
    ids = await office.quoting()
    venue = office.venues[SYMBOL]
    buys = [order for order in venue.open.values() if order.side == "BUY"]
    break_engine(office)
    venue.deaf = True
    venue.top = (999_000, 999_010)
    venue.fill(buys[0].order_id)
    await office.until(lambda: office.engine_host.get(SYMBOL).failure is not None)
    venue.fill(buys[1].order_id)
    await office.passes(500)
    assert await office.recorder.flushed(PATIENCE_S)
    expected = sorted((order.member, order.size) for order in buys)
    assert sorted(await fills(office)) == expected
    assert {name for name, _ in expected} == set(ids)


async def test_a_broken_engine_is_made_anew_by_enable_once_its_orders_are_gone(
    office: Office,
) -> None:
    await office.quoting()
    venue = office.venues[SYMBOL]
    bid = next(order for order in venue.open.values() if order.side == "BUY")
    venue.deaf = True
    break_engine(office)
    venue.fill(bid.order_id)
    venue.top = (999_000, 999_010)
    await office.until(lambda: office.engine_host.get(SYMBOL).failure is not None)
    used = set(venue.placed)
    with pytest.raises(ConflictError, match="open_orders"):
        await office.application.controls.enable(ANN, SYMBOL)
    venue.deaf = False
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    assert (await office.application.controls.enable(ANN, SYMBOL)).state is PoolStatus.ACTIVE
    await office.until(lambda: len(venue.open) == 4)
    assert used.isdisjoint(venue.open)
    status = await office.application.controls.status(SYMBOL)
    assert status.failure is None
    assert status.engine.net_position == Decimal(bid.size) * Decimal("0.001")


async def test_an_adapter_that_breaks_takes_its_own_pool_down_only(office: Office) -> None:
    await office.quoting(SYMBOL)
    await office.quoting(OTHER, order_size_usdt=Decimal(2_000))
    office.venues[SYMBOL].broken = True
    await office.passes(500)
    assert "ZeroDivisionError" in office.engine_host.get(SYMBOL).failure
    assert office.engine_host.get(SYMBOL).is_unproved
    assert office.engine_host.get(OTHER).state == "ACTIVE"
    office.venues[SYMBOL].broken = False
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    assert office.venues[SYMBOL].open == {}


async def test_a_record_that_cannot_be_stored_pauses_its_pool_and_holds_up_no_other(
    office: Office,
) -> None:
    await office.quoting(SYMBOL)
    await office.quoting(OTHER, order_size_usdt=Decimal(2_000))
    venue = office.venues[SYMBOL]
    bid = next(iter(venue.open.values()))
    engine = office.engine_host.get(SYMBOL)._engine
    engine.orders.find(bid.order_id).client_order_id = "mm-nobody-knows-this"
    venue.fill(bid.order_id)
    await office.until(lambda: office.engine_host.get(SYMBOL).state == "PAUSED")
    assert office.recorder.quarantined == 1
    assert "cannot be stored" in office.engine_host.get(SYMBOL).reason
    assert office.engine_host.get(OTHER).state == "ACTIVE"
    other = office.venues[OTHER]
    other.fill(next(iter(other.open)))
    await office.passes(100)
    assert await office.recorder.flushed(PATIENCE_S)
    async with office.store.reading() as unit:
        assert len((await unit.fills.page(Criteria(symbol=OTHER), 10)).items) == 1


async def test_an_entry_about_no_engine_that_cannot_be_stored_breaks_none(office: Office) -> None:
    await office.quoting()
    entry = AuditEntry(caller=BOB, action="emergency.kill", target="all pools", reason="")
    note = RecordRequest(None, 0, None, entry)
    office.recorder.quarantine.append(Quarantined(note, "the database would not take it"))
    office.recorder.quarantined += 1
    await office.passes(100)
    assert office.engine_host.get(SYMBOL).state == "ACTIVE"


async def test_pausing_everything_for_the_end_stops_all_starts(office: Office) -> None:
    await office.quoting()
    office.engine_host.closing = True
    office.engine_host.pause_all("service stopped; was ACTIVE")
    assert office.engine_host.get(SYMBOL).state == "PAUSED"
    assert await office.engine_host.proved(office.engine_host.runners(), 5.0)
    assert office.venues[SYMBOL].open == {}


async def test_orders_that_are_not_proved_gone_raise_an_alarm_that_is_repeated(
    office: Office,
) -> None:
    await office.quoting()
    office.venues[SYMBOL].deaf = True
    await office.application.controls.pause(ANN, SYMBOL)
    await office.passes(4_500)
    assert office.watched.alarms == []
    await office.passes(1_000)
    assert [(symbol, orders) for symbol, _, orders in office.watched.alarms] == [(SYMBOL, 4)]
    await office.passes(61_000)
    assert len(office.watched.alarms) == 2


async def test_a_deleted_pool_is_hung_up_on(office: Office) -> None:
    await office.quoting()
    await office.application.controls.pause(ANN, SYMBOL)
    await office.until(lambda: not office.engine_host.get(SYMBOL).is_unproved)
    await office.application.controls.remove(ANN, SYMBOL)
    assert office.hung_up == [SYMBOL]
    assert office.engine_host.get(SYMBOL) is None

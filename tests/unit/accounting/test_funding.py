"""Funding: reported once, on record with its ledger entry, and there after a restart."""

from decimal import Decimal

import pytest

from market_maker.model.events import FundingPaid
from market_maker.model.money import EntryKind
from market_maker.model.records import ActivityCriteria, LedgerCriteria
from market_maker.model.units import NANOS_PER_HOUR, Nanos
from tests.support.office import PATIENCE_S, SYMBOL, at_work, database
from tests.unit.execution.test_recovery import restarted_office

pytestmark = pytest.mark.anyio

BASIS_POINT = 10_000
PRICE = 1_000_000


async def long_pool(office):
    """A pool that bought with both members; their ids."""
    ids = await office.quoting()
    venue = office.venues[SYMBOL]
    for bid in [order for order in venue.open.values() if order.side == "BUY"]:
        venue.fill(bid.order_id)
    await office.passes(300)
    return ids


def told(office, hours=1):
    ts = Nanos(office.clock.now() // NANOS_PER_HOUR * NANOS_PER_HOUR + hours * NANOS_PER_HOUR)
    return FundingPaid(ts, Nanos(office.clock.now()), BASIS_POINT, PRICE)


async def stored(store):
    async with store.reading() as unit:
        paid = (await unit.funding.page(ActivityCriteria(), 100)).items
        entries = (await unit.ledger.page(LedgerCriteria(kind=EntryKind.FUNDING), 100)).items
    return paid, entries


async def settled(office):
    await office.passes(300)
    assert await office.recorder.flushed(PATIENCE_S)
    assert await office.intent_log.flushed(PATIENCE_S)


async def test_each_member_pays_on_its_position_and_the_ledger_has_it_in_the_same_step():
    async with database() as store, at_work(store) as office:
        await long_pool(office)
        event = told(office)
        office.venues[SYMBOL].say(event)
        await settled(office)
        paid, entries = await stored(store)
        assert len(paid) == len(entries) == 2
        members = office.engine_host.get(SYMBOL).snapshot().members
        grid = office.engine_host.get(SYMBOL).instrument
        for member in members:
            (own,) = [row for row in paid if row.participant_id == member.participant_id]
            assert own.amount == grid.money(member.funding) < 0
            assert own.amount == -own.position * own.price * own.rate
            assert (own.rate, own.ts_event) == (Decimal("0.0001"), event.ts_event)
            (entry,) = [e for e in entries if e.participant_id == member.participant_id]
            assert (entry.cash, entry.funding) == (own.amount, -own.amount)
            assert entry.position == own.position
            assert not entry.imbalance


@pytest.mark.thorough
async def test_funding_that_is_reported_again_counts_once():
    async with database() as store, at_work(store) as office:
        await long_pool(office)
        event = told(office)
        for _ in range(3):
            office.venues[SYMBOL].say(event, event)
            await settled(office)
        paid, entries = await stored(store)
        assert len(paid) == len(entries) == 2
        grid = office.engine_host.get(SYMBOL).instrument
        pool = office.engine_host.get(SYMBOL).snapshot()
        assert sum(row.amount for row in paid) == grid.money(pool.funding)


@pytest.mark.thorough
async def test_after_a_restart_funding_stands_and_is_not_taken_a_second_time():
    async with database() as store:
        async with at_work(store) as first:
            await long_pool(first)
            event = told(first)
            first.venues[SYMBOL].say(event)
            await settled(first)
            before = first.engine_host.get(SYMBOL).snapshot()
        async with restarted_office(store, first) as second:
            await second.passes(50)
            assert second.engine_host.get(SYMBOL).snapshot().funding == before.funding
            second.venues[SYMBOL].say(event)
            await settled(second)
            after = second.engine_host.get(SYMBOL).snapshot()
            assert after.funding == before.funding != 0
            assert [m.funding for m in after.members] == [m.funding for m in before.members]
            assert len((await stored(store))[0]) == 2
            second.venues[SYMBOL].say(told(second, hours=2))
            await settled(second)
            assert len((await stored(store))[0]) == 4


async def test_who_holds_nothing_pays_nothing():
    async with database() as store, at_work(store) as office:
        await office.quoting()
        office.venues[SYMBOL].say(told(office))
        await settled(office)
        assert await stored(store) == ((), ())


async def test_an_engine_that_breaks_on_it_does_not_lose_it():
    async with database() as store, at_work(store) as office:
        await long_pool(office)
        runner = office.engine_host.get(SYMBOL)
        runner._engine.ladder = None  # as good as any bug
        event = told(office)
        office.venues[SYMBOL].say(event)
        await office.until(lambda: runner.failure is not None)
        office.venues[SYMBOL].say(later := told(office, hours=2))
        await settled(office)
        paid, entries = await stored(store)
        assert len(paid) == len(entries) == 4
        assert {row.ts_event for row in paid} == {event.ts_event, later.ts_event}
        assert all(row.amount == -row.position * row.price * row.rate for row in paid)

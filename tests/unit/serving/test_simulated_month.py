"""An hour of a simulated month, in memory: the whole month is in tests/e2e."""

import asyncio

import pytest

from market_maker.accounting.ledger_check import check_ledger
from market_maker.model.calendar import NANOS_PER_DAY, month_named
from market_maker.model.money import EntryKind
from market_maker.model.records import Criteria, LedgerCriteria
from market_maker.model.units import NANOS_PER_HOUR
from market_maker.ports import PutDown
from market_maker.serving.simulated_month import SimulatedMonth
from market_maker.serving.simulated_plan import PLAYERS, STEP, MonthPlan
from tests.support.office import database

pytestmark = pytest.mark.anyio

SYMBOL = "BTCUSDT-PERP"
OCTOBER = month_named("2026-10")


class HourPlan(MonthPlan, frozen=True):
    @property
    def steps(self):
        return NANOS_PER_HOUR // STEP


def plan(seed=1):
    return HourPlan(month=OCTOBER, days=1, symbols=(SYMBOL,), seed=seed)


async def simulated(store, seed=1):
    """What comes of it, and every fill and ledger entry."""
    told = []
    outcome = await SimulatedMonth(store, plan(seed)).run(told.append)
    async with store.reading() as unit:
        fills = (await unit.fills.page(Criteria(), 1_000)).items
        entries = (await unit.ledger.page(LedgerCriteria(), 1_000)).items
    assert told[-1] == plan().steps
    return outcome, fills, entries


@pytest.mark.thorough
async def test_what_is_traded_is_stored_posted_and_adds_up():
    async with database() as store:
        outcome, fills, entries = await simulated(store)
        verdict = await check_ledger(store, None, lambda *_: None)
        assert verdict.count == 0
    assert outcome.fills == len(fills) > 10
    assert outcome.halts == ()
    posted = [entry for entry in entries if entry.kind is EntryKind.FILL]
    assert len(posted) == len(fills)
    for standing in outcome.standings:
        own = [e for e in posted if e.participant_id == standing.participant_id]
        assert -sum(entry.realised for entry in own) == standing.realised
        assert sum(entry.quantity for entry in own) == standing.position


class SlowStore:
    """A store that puts the first orders on record late, by turns of the loop."""

    def __init__(self, store):
        self._store = store
        self.late = 0

    async def commit(self, work):
        while isinstance(work, PutDown) and self.late < 10_000:
            self.late += 1
            await asyncio.sleep(0)
        return await self._store.commit(work)

    def __getattr__(self, name):
        return getattr(self._store, name)


@pytest.mark.thorough
async def test_a_database_that_is_slow_for_the_first_orders_changes_nothing():
    found = []
    for slow in (False, True):
        async with database() as store:
            found.append(await simulated(SlowStore(store) if slow else store))
    assert found[0] == found[1]


@pytest.mark.thorough
async def test_the_same_seed_makes_the_same_and_another_one_does_not():
    found = []
    for seed in (1, 1, 2):
        async with database() as store:
            found.append(await simulated(store, seed))
    assert found[0] == found[1]
    assert found[0][1] != found[2][1]


@pytest.mark.thorough
async def test_members_come_and_go_and_nothing_is_left_open():
    async with database() as store:
        _, fills, _ = await simulated(store)
        async with store.reading() as unit:
            rows = {row.member.participant_id: row for row in await unit.members.of_pool(SYMBOL)}
            open_orders = await unit.orders.open(SYMBOL)
            presence = await unit.performance.presence(
                None, None, OCTOBER.start, OCTOBER.start + NANOS_PER_DAY
            )
    assert open_orders == ()
    assert {row.participant_id for row in presence} == set(rows)
    for player in PLAYERS:
        row = rows[player.participant_id]
        joined = OCTOBER.start + NANOS_PER_HOUR * player.joins_pct // 100
        left = OCTOBER.start + NANOS_PER_HOUR * player.leaves_pct // 100
        assert row.created_at == joined
        assert row.member.active == (player.leaves_pct == 100)
        own = [fill.ts_event for fill in fills if fill.participant_id == player.participant_id]
        assert joined <= min(own) <= max(own) <= left + STEP

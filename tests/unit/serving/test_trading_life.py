"""The life of engines in a process: recovered PAUSED, and ended with proof."""

import asyncio

import pytest
from msgspec import structs

from market_maker.clocks import SimClock
from market_maker.execution.symbol_lease import SymbolLease
from market_maker.model.errors import ConflictError, StoreUnavailableError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.pulse import FILE_NAME, PulseReader, PulseState
from market_maker.serving.trading_life import (
    CLAIM_WITHIN,
    FINISH_S,
    TradingLife,
    TradingSide,
)
from tests.support.office import OTHER, START, SYMBOL, at_work, database
from tests.support.remote_office import Silent

pytestmark = pytest.mark.anyio


LONG = 3_600 * NANOS_PER_SECOND


class Lines:
    venue, deaf_at = "quiet", ()

    def watched(self):
        return ()


def life_of(office, folder, *, alone=True):
    side = TradingSide(
        store=office.store,
        clock=office.clock,
        lease=SymbolLease(office.store, office.clock, lease=LONG, retry_s=0.0),
        engine_host=office.engine_host,
        recorder=office.recorder,
        intent_log=office.intent_log,
        journals=None,
        lines=Lines(),
        reconciliation=None,
        instruments=office.instruments,
        controls=office.application.controls,
    )
    return TradingLife(side, folder, Silent(), alone=alone), side


async def test_pools_of_an_earlier_run_are_recovered_paused_with_what_they_were(tmp_path):
    async with database() as store:
        async with at_work(store) as before:
            await before.quoting()
        async with at_work(store) as office:
            life, side = life_of(office, tmp_path)
            await life.begin()
            assert side.lease.epoch(SYMBOL) == 1
            await life.open_pools([SYMBOL, "NOSUCH"])
            runner = office.engine_host.get(SYMBOL)
            assert (runner.state, runner.reason) == (PoolState.PAUSED, "restarted; was ACTIVE")
            lines = [(line[1], line[2].get("symbol")) for line in life._log.lines]
            assert ("pool has no instrument", "NOSUCH") in lines
            assert ("pool recovered", SYMBOL) in lines


async def test_the_end_waits_for_the_proof_and_frees_the_symbols(tmp_path):
    async with database() as store, at_work(store) as office:
        await office.quoting()
        life, side = life_of(office, tmp_path)
        await life.enlist()
        await life.claim([SYMBOL])
        life.stop_quoting()
        ending = await life.end(office.clock.now() + 10 * NANOS_PER_SECOND)
        assert (ending.unproved, ending.recorded) == ((), True)
        assert office.venues[SYMBOL].open == {}
        life.ended(proved=True)
        assert PulseReader(tmp_path / FILE_NAME).read().state is PulseState.ENDED
        assert side.lease.problem(side.lease.fence(SYMBOL))


async def test_what_the_venue_does_not_confirm_is_named(tmp_path):
    async with database() as store, at_work(store) as office:
        await office.quoting()
        office.venues[SYMBOL].mute = True
        life, _ = life_of(office, tmp_path)
        life.stop_quoting()
        ending = await life.end(office.clock.now() + NANOS_PER_SECOND // 10)
        assert ending.unproved == (SYMBOL,)
        office.venues[SYMBOL].mute = False


class Unwritten:
    """A log that is not written. waited: for how long, seconds, by all of its kind, who wait at the
    same time."""

    def __init__(self, waited, together):
        self.waited, self.together = waited, together

    async def flushed(self, within_s):
        self.waited.append(within_s)
        await self.together.wait()
        return False


async def test_the_end_with_the_database_away_is_known_while_an_edge_still_waits(tmp_path):
    async with database() as store, at_work(store) as office:
        life, side = life_of(office, tmp_path)
        waited, together = [], asyncio.Barrier(2)
        logs = {name: Unwritten(waited, together) for name in ("intent_log", "recorder")}
        life._side = structs.replace(side, clock=SimClock(START), **logs)
        async with asyncio.timeout(60):
            ending = await life.end(Nanos(START + 10 * NANOS_PER_SECOND))
        assert (ending.unproved, ending.recorded) == ((), False)
        assert max(waited) < 10 + FINISH_S / 2


async def test_a_symbol_that_another_worker_trades_is_not_taken_and_nothing_is_kept(tmp_path):
    async with database() as store, at_work(store) as office:
        other, _ = life_of(office, tmp_path)
        await other.enlist()
        await other.claim([OTHER])
        life, _ = life_of(office, tmp_path, alone=False)
        await life.enlist()
        with pytest.raises(ConflictError, match="another worker"):
            await life.claim([SYMBOL, OTHER])
        await other.claim([SYMBOL])


def away(office, folder, times):
    """A worker whose first claims are not answered: a frozen one's sessions hold the row. Its clock
    moves with each of them, and else stands still."""
    life, side = life_of(office, folder, alone=False)
    clock, take, tries = SimClock(START), side.lease.take, []
    life._side = structs.replace(side, clock=clock)

    async def taken(symbol):
        tries.append(symbol)
        if len(tries) <= times:
            clock.advance_to(Nanos(clock.now() + CLAIM_WITHIN // 3))
            raise StoreUnavailableError("statement timeout")
        await take(symbol)

    side.lease.take = taken
    return life, tries


async def test_a_claim_that_waits_for_a_frozen_worker_is_made_again(tmp_path):
    async with database() as store, at_work(store) as office:
        await office.pool()
        life, tries = away(office, tmp_path, 2)
        await life.enlist()
        await life.claim([SYMBOL])
        assert tries == [SYMBOL] * 3
        assert life._side.lease.epoch(SYMBOL) == 1
        problem = {"symbol": SYMBOL, "problem": "statement timeout"}
        assert life._log.lines == [("warning", "symbol not claimed yet", problem)] * 2


async def test_a_database_that_stays_away_ends_the_start(tmp_path):
    async with database() as store, at_work(store) as office:
        life, tries = away(office, tmp_path, 99)
        await life.enlist()
        with pytest.raises(StoreUnavailableError, match="statement timeout"):
            await life.claim([SYMBOL])
        assert len(tries) == 3

"""The life of engines in a process: recovered PAUSED, and ended with proof."""

import pytest

from market_maker.execution.symbol_lease import SymbolLease
from market_maker.model.errors import ConflictError
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.serving.pulse import FILE_NAME, PulseReader, PulseState
from market_maker.serving.trading_life import TradingLife, TradingSide
from tests.support.office import OTHER, SYMBOL, at_work, database
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

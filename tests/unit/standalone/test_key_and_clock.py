"""What a session needs of the world goes wrong while it runs: the agent's key expires or is
withdrawn, this machine's clock is set, the account's money leaves."""

import asyncio
from contextlib import asynccontextmanager
from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.accounts import Agent
from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.standalone.ending import EXIT_CLEAN, EXIT_OPEN, EXIT_USAGE
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.support.scripted_market import Script
from tests.unit.standalone.table import Table, at_table
from tests.unit.standalone.venue import (
    AGENT_TEXT,
    HAND_TEXT,
    MASTER,
    emulated,
    serving,
    session,
    settings_for,
)

pytestmark = pytest.mark.slow


class VenueClock:
    """The venue's: ours, and what a test adds to it."""

    def __init__(self, clock):
        self._clock, self.ahead_s = clock, 0

    def now(self):
        return Nanos(self._clock.now() + self.ahead_s * NANOS_PER_SECOND)


@asynccontextmanager
async def opened(folder, key=None, **venue):
    """A session and the venue's clock."""
    clock, script = LoopClock(), Script()
    theirs = VenueClock(clock)
    made = emulated(["BTC"], 100_000, theirs, script.make, **venue)
    async with serving(made, theirs) as url:
        settings = settings_for(url, folder, **({"key": key} if key else {}))
        async with session(settings, clock) as running:
            yield Table(made, script, running, "BTC"), theirs


def test_a_session_whose_unfit_cancels_and_ends_with_the_reason(tmp_path):
    async def run():
        async with opened(tmp_path, HAND_TEXT) as (table, _):
            await table.until(lambda: len(table.open()) == 10)
            assert table.running.parts.opened.session.identity.expires_at is not None
            table.running.stop.end_unfit("the agent key expires within 60 s: approve it again")
            await table.ended()
            assert table.listed() == []
            return table.running

    running = leaping(run())
    assert (running.end.code, running.end.proved) == (EXIT_USAGE, True)
    assert running.end.reason == "the agent key expires within 60 s: approve it again"


def test_an_agent_that_is_withdrawn_ends_the_session_and_says_that_orders_may_be_open(tmp_path):
    async def run():
        async with opened(tmp_path, AGENT_TEXT) as (table, _):
            await table.until(lambda: len(table.open()) == 10)
            account = table.venue.world.accounts.accounts[MASTER.address]
            until = table.running.clock.now() // NANOS_PER_MS + 10**9
            table.venue.world.accounts.appoint(account, Agent("0x" + "ee" * 20, "", until))
            for _ in range(30):
                if table.running.end is None:
                    table.market.move(0.0007)
                    await asyncio.sleep(1)
            await table.ended()
            return table.running

    running = leaping(run())
    assert (running.end.code, running.end.proved) == (EXIT_OPEN, False)
    assert running.lines.having("venue: User or API Wallet 0x"), "the venue's own words"
    assert running.lines.having("ORDERS MAY BE OPEN")


def test_a_clock_that_is_set_back_costs_few_actions_and_the_session_goes_on(tmp_path):
    """Seen from here the venue's clock leaps ahead: everything that is sent has expired."""

    async def run():
        async with opened(tmp_path, limits=VenueLimits(ip_weight=None)) as (table, theirs):
            await table.until(lambda: len(table.open()) == 10)
            account = table.venue.world.accounts.accounts[MASTER.address]
            theirs.ahead_s, before = 60, account.requests
            for step in range(15):
                table.market.move(0.0007 if step % 2 else -0.0007)
                await table.passes(2)
            used = account.requests - before
            await table.until(lambda: len(table.open()) == 10)
            assert table.running.lines.having("WARN This machine's clock is off")
            return table.running, used

    running, used = leaping(run())
    assert used < 700, "15 moves are 300 actions; those that expire cost five times as many"
    assert running.end.code == EXIT_CLEAN


def test_money_that_leaves_takes_orders_off_at_the_match_with_the_procedures_word(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.world.accounts.accounts[MASTER.address].cash[0] = Decimal(1)
            table.market.move(-0.0007)
            said = "WARN Order canceled by the venue error=OrderWouldBeLiquidated"
            await table.until(lambda: table.running.lines.having(said))
            return table.running.parts.runner.snapshot().position

    assert leaping(run()) == 0

"""A day of a fresh account on the emulated Hyperliquid: do its 10,000 actions last?

    python -m tests.simulation.hyperliquid_day [--hours 24] [--seed 1] [--depth 40] [--money 5000]

A whole maker with its usual settings (five levels, 5 bps, real limits of the venue) on virtual
time; its engine is stepped, and the venue moves on, five times a second, so that a day takes less.
The price wanders `--wander` bps an hour. With quotes 40 bps away hardly any is filled, and fills
are what buys actions: it is the worst case. `--depth 5` is the usual distance.

Each hour: actions so far, the cap, fills, the pace, the share of seconds with quotes on both
sides. Ends with 1 when the venue refused an action because they were used up, or the maker held
back for it.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from random import Random

from aiohttp.test_utils import TestServer

from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.execution import engine_host
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.standalone import maker
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.support.scripted_market import Script
from tests.unit.standalone.table import Table
from tests.unit.standalone.venue import MASTER, emulated, session, settings_for

SECONDS_PER_HOUR = 3_600
TICK_S = 0.2
USED_UP = "the account has used up its actions"


@asynccontextmanager
async def opened(folder: Path, money: int, settings: dict[str, Decimal]) -> AsyncIterator[Table]:
    """A maker on a market of its own at a venue with its real limits."""
    clock, script = LoopClock(), Script()
    venue = emulated(["BTC"], money, clock, script.make, limits=VenueLimits())
    server = TestServer(HyperliquidServer(venue, clock, TICK_S).app)
    async with server:
        options = settings_for(str(server.make_url("")).rstrip("/"), folder, **settings)
        async with session(options, clock) as running:
            yield Table(venue, script, running, "BTC")


class Day:
    """lines: of the table. used_up: what the log had of actions that were used up."""

    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.rng = options, Random(options.seed)
        self.used_up = 0
        self.used = self.cap = 0
        self.quoting = 0

    async def run(self, folder: Path) -> None:
        given = self.options
        settings = {
            "min_depth_bps": Decimal(given.depth),
            "max_depth_bps": Decimal(2 * given.depth),
        }
        async with opened(folder, given.money, settings) as table:
            await table.until(lambda: len(table.open()) > 1)
            for hour in range(given.hours):
                await self._hour(table)
                self._tell(table, hour + 1)

    async def _hour(self, table) -> None:
        self.quoting = 0
        for second in range(SECONDS_PER_HOUR):
            table.market.move(self.rng.gauss(0, self.options.wander / 60) / 10_000)
            if second % 10 == 0:
                table.market.trade(self.rng.choice(tuple(Side)), 100)
            await asyncio.sleep(1)
            assert table.running.end is None, table.running.lines.lines[-20:]
            self.quoting += len({order.side for order in table.open()}) == len(Side)

    def _tell(self, table, hour: int) -> None:
        account = table.venue.world.accounts.accounts[MASTER.address]
        lines = table.running.lines
        self.used, self.cap = account.requests, table.venue.quota.cap(account)
        self.used_up += len(lines.having(USED_UP)) + len(lines.having("Too many cumulative"))
        pace = lines.having("Pace of quotes changed")
        step = pace[-1].partition("quote_interval_factor=")[2] if pace else "1 (usual)"
        lines.lines.clear()
        if pace:
            lines.lines.append(pace[-1])
        sys.stdout.write(
            f"hour {hour:>2}: {self.used:>6} of {self.cap:>6} actions, {len(account.fills):>5} "
            f"fills, quoting {self.quoting / SECONDS_PER_HOUR:.0%}, pace x{step}\n"
        )
        sys.stdout.flush()


def main(arguments: list[str]) -> int:
    """Exit code 1 when the actions did not last."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--depth", type=int, default=40)
    parser.add_argument("--money", type=int, default=5_000)
    parser.add_argument("--wander", type=float, default=80.0)
    day = Day(parser.parse_args(arguments))
    engine_host.TICK = Nanos(int(TICK_S * NANOS_PER_SECOND))
    maker.POLL_S = TICK_S
    with tempfile.TemporaryDirectory() as folder:
        leaping(day.run(Path(folder)))
    left = day.cap - day.used
    sys.stdout.write(
        f"{day.options.hours} h: {day.used} actions used, {left} left, "
        f"refused or held back for them: {day.used_up}\n"
    )
    return 1 if day.used_up else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

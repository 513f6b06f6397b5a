"""Fault drills: the Hyperliquid venue against its emulator while answers are lost, fills come
twice, late or never, sockets are cut and requests refused, all by a seed.

What is traded, and what goes wrong how often, follow from it alone; in which order requests reach
the venue is decided by sockets, and so which of them is lost.

    python -m tests.simulation.hyperliquid_drill --seeds 1000 [--first 1] [--scenario NAME]

Time is the event loop's own (LeapingLoop): patience is counted in seconds of the venue, and the
adapter runs with the limits that it has in earnest, on a busy machine as on an idle one.

After each: the position is the venue's, nothing is left open, no name was used twice, no fill was
lost or counted twice, and our own budgets were kept. What is promised about time depends on what
goes wrong (hyperliquid_scenarios).
"""

import argparse
import asyncio
import sys
from contextlib import suppress
from decimal import Decimal
from random import Random

import aiohttp
import msgspec
from aiohttp.test_utils import TestServer

from market_maker.clocks import WallClock
from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.emulators.hyperliquid.venue import Hyperliquid, VenueSettings
from market_maker.model.actions import Place
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import BookSnapshot, CancelRejected, Filled, Unanswered
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.cloids import cloid_of
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.universe import load_universe
from market_maker.venues.hyperliquid.venue import HyperliquidVenue
from tests.simulation.hyperliquid_scenarios import SCENARIOS, STORM, Scenario
from tests.simulation.leaping_loop import LoopClock, leaping
from tests.support.local_nonces import LocalNonces

TURN_S = 0.04
ENDING_S = 900
"""At most until everything is proved."""

SHOWN = 50
"""How often at most the progress of many seeds is shown."""

SETTLING_S = 45
"""After that, until fills that no stream reported are found on the list."""

KEY = SigningKey.from_text("07" * 32)


class Drill:
    """One run. problems: what did not hold."""

    def __init__(self, seed: int, scenario: Scenario) -> None:
        self.clock, self.scenario = LoopClock(), scenario
        # What the adapter draws for pauses, as often as sockets have it, moves no other draw.
        self.rng, self.pauses = Random(f"{seed} trading"), Random(f"{seed} pauses")
        self.heard: list[object] = []
        self.bid = self.ask = 0
        self.placed: list[OrderId] = []
        self.asked: dict[str, Place] = {}
        self.problems: list[str] = []
        self.faults = scenario.trouble(Random(f"{seed} trouble"))
        self.doubted: dict[OrderId, Nanos] = {}
        self.longest_doubt = 0
        settings = VenueSettings(seed=seed, limits=scenario.limits)
        self.emulated = Hyperliquid(universe(["BTC"], {}), self.clock.now(), settings)
        self.emulated.fund(KEY.address, Decimal(1_000_000))

    async def run(self) -> list[str]:
        server = TestServer(HyperliquidServer(self.emulated, self.clock).app)
        async with server, aiohttp.ClientSession() as session, asyncio.TaskGroup() as tasks:
            budget = WeightBudget(self.pauses)
            url = str(server.make_url(""))
            rest = Rest(url, session, self.clock, budget)
            market = (await self._loaded(rest)).find("BTC")
            trader = TradingAccount(KEY.address, Signer(KEY, LocalNonces()))
            accounts = TradingAccounts({"me": trader})
            connection = HyperliquidConnection(rest, session, self.clock, accounts, self.pauses)
            self.connection = connection
            self.venue = HyperliquidVenue(connection, market, ["me"])
            running = [
                tasks.create_task(connection.run()),
                tasks.create_task(self.venue.run()),
            ]
            await self._until(lambda: self.bid and self.venue.listed.is_set(), "a book")
            self.emulated.faults = self.faults
            await self._trade()
            self.emulated.faults = VenueFaults()
            await self._end()
            self._judge(budget)
            for task in running:
                task.cancel()
        return self.problems

    async def _loaded(self, rest: Rest):
        while True:
            with suppress(VenueUnavailableError):
                return await load_universe(rest)

    async def _trade(self) -> None:
        while len(self.placed) < self.scenario.orders:
            await self._turn()
            if self.rng.random() < self.scenario.busyness and self.bid and self.ask:
                self._place()
            if self.rng.random() < self.scenario.cancels:
                self._cancel_one()

    def _place(self) -> None:
        side = self.rng.choice((Side.BUY, Side.SELL))
        number = OrderId(len(self.placed) + 1)
        self.placed.append(number)
        grid, lots = self.venue.instrument.price_grid, self.scenario.lots
        away = self.rng.choice(self.scenario.away)
        best = self.bid if side is Side.BUY else self.ask
        price = best - side.sign * away * grid.step(best)
        order = Place(number, "ann", side, 0, price, lots, False, f"drill-{number}", "me")
        self.asked[cloid_of(order.client_order_id)] = order
        self.venue.place(self.clock.now(), order)

    def _cancel_one(self) -> None:
        known = [n for n in self.placed if self.venue.fates.tracker.order(n) is not None]
        if known:
            self.venue.cancel(self.clock.now(), self.rng.choice(known))

    async def _end(self) -> None:
        async def quiet() -> bool:
            await self._turn()
            for number in self.placed:
                sent = self.venue.fates.tracker.find(number)
                if sent is not None and not sent.over and sent.cancelled_at is None:
                    self.venue.cancel(self.clock.now(), number)
            try:
                return not self.venue.open_orders(self.clock.now())
            except VenueUnavailableError:
                return False

        deadline = self.clock.now() + ENDING_S * NANOS_PER_SECOND
        while not await quiet():
            if self.clock.now() > deadline:
                left = [int(one.order_id) for one in self.venue.fates.tracker.orders()]
                self.problems.append(f"not proved empty; open: {left}")
                return
        sweeps = self.venue.counts.sweeps + 3
        settled = self.clock.now() + SETTLING_S * NANOS_PER_SECOND
        await self._until(
            lambda: self.clock.now() > settled and self.venue.counts.sweeps >= sweeps, "the lists"
        )

    async def _turn(self) -> None:
        await asyncio.sleep(TURN_S)
        events = self.venue.poll(self.clock.now())
        self.heard += events
        for event in events:
            if isinstance(event, BookSnapshot):
                self.bid = event.bids[0][0] if event.bids else 0
                self.ask = event.asks[0][0] if event.asks else 0
            self._time_doubt(event)

    def _time_doubt(self, event: object) -> None:
        """How long the fate of an order is not known."""
        order_id = getattr(event, "order_id", None)
        if isinstance(event, Unanswered):
            self.doubted.setdefault(order_id, event.ts_recv)
        elif order_id in self.doubted and not isinstance(event, CancelRejected):
            since = self.doubted.pop(order_id)
            self.longest_doubt = max(self.longest_doubt, event.ts_recv - since)

    async def _until(self, happened, what: str) -> None:
        deadline = self.clock.now() + ENDING_S * NANOS_PER_SECOND
        while not happened():
            assert self.clock.now() < deadline, what
            await self._turn()

    def _ask(self, kind: str):
        question = msgspec.json.encode({"type": kind, "user": KEY.address})
        return msgspec.json.decode(self.emulated.ask("judge", question, self.clock.now()).body)

    def _judge(self, budget: WeightBudget) -> None:
        fills = [event for event in self.heard if isinstance(event, Filled)]
        theirs = {fill["tid"]: fill for fill in self._ask("userFills")}
        held = self._ask("clearinghouseState")["assetPositions"]
        size = sum(Decimal(one["position"]["szi"]) for one in held)
        signs = {tid: 1 if fill["side"] == "B" else -1 for tid, fill in theirs.items()}
        lots = sum(signs.get(event.trade_id, 0) * event.size for event in fills)
        names = [row["order"]["cloid"] for row in self._orders()]
        told = {event.trade_id for event in fills}
        limited = budget.use(self.clock.now()).refused and not self.faults.too_many
        rules = {
            "a fill was reported twice": len(told) == len(fills),
            f"fills lost: {len(theirs.keys() - told)} of {len(theirs)}": told == theirs.keys(),
            "orders are left open at the venue": not self._ask("openOrders"),
            f"position {lots} lots, at the venue {size}": (
                self.venue.instrument.quantity(lots) == size
            ),
            "a name was used twice": len(names) == len(set(names)),
            "an order is another than was asked for": all(map(self._as_asked, self._orders())),
            "the weight budget was exceeded": not limited,
            "orders are still followed": not len(self.venue.fates.tracker),
        }
        self.problems += [problem for problem, holds in rules.items() if not holds]
        self._judge_promises(fills)
        self.counted = (len(self.placed), len(fills))

    def _judge_promises(self, fills: list[Filled]) -> None:
        promised = self.scenario
        slowest = max((fill.ts_recv - fill.ts_event for fill in fills), default=0) / 1e9
        if 0 < promised.fills_within_s < slowest:
            self.problems.append(f"a fill was known only after {slowest:.1f} s")
        doubt = self.longest_doubt / 1e9
        if 0 < promised.doubt_within_s < doubt:
            self.problems.append(f"an order was in doubt for {doubt:.1f} s")
        if promised.limits.free_actions and self.connection.counts.used_up:
            self.problems.append("the venue had to say that the actions are used up")

    def _as_asked(self, row) -> bool:
        """Whether the venue has the order as it was placed here."""
        told = row["order"]
        asked, instrument = self.asked.get(told["cloid"]), self.venue.instrument
        return asked is not None and (
            told["side"] == ("B" if asked.side is Side.BUY else "A")
            and Decimal(told["origSz"]) == instrument.quantity(asked.size)
            and Decimal(told["limitPx"]) == instrument.price(asked.price)
            and told["tif"] == "Alo"
        )

    def _orders(self):
        rows = {row["order"]["oid"]: row for row in self._ask("historicalOrders")}
        return rows.values()


def drill(seed: int, scenario: Scenario = STORM) -> tuple[list[str], tuple[int, int]]:
    """What did not hold, orders and fills."""

    async def run() -> tuple[list[str], tuple[int, int]]:
        one = Drill(seed, scenario)
        problems = await one.run()
        return problems, getattr(one, "counted", (0, 0))

    return leaping(run())


def main() -> int:
    """Exit code 1 when a seed failed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=1)
    named = {one.name: one for one in SCENARIOS}
    parser.add_argument("--scenario", choices=named, default=STORM.name)
    options = parser.parse_args()
    scenario = named[options.scenario]
    failed, orders, fills = [], 0, 0
    began, seeds = WallClock().now(), range(options.first, options.first + options.seeds)
    for done, seed in enumerate(seeds):
        if done and done % max(1, len(seeds) // SHOWN) == 0:
            seconds = (WallClock().now() - began) / NANOS_PER_SECOND
            left = seconds / done * (len(seeds) - done)
            told = f"{done} of {len(seeds)} seeds, failed: {failed or 'none'}, {left:.0f} s left\n"
            sys.stderr.write(told)
        problems, counted = drill(seed, scenario)
        orders, fills = orders + counted[0], fills + counted[1]
        if problems:
            failed.append(seed)
            sys.stdout.write(f"seed {seed}: {'; '.join(problems)}\n")
            sys.stdout.flush()
    sys.stdout.write(
        f"{options.seeds} seeds, {orders} orders, {fills} fills, failed: {failed or 'none'}\n"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

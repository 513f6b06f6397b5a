"""A maker's session on virtual time, in a market that does what the test says."""

import asyncio
from contextlib import asynccontextmanager
from itertools import count

import msgspec

from market_maker.emulators.hyperliquid.numbers import bare
from market_maker.venues.hyperliquid.signing import Network, SigningTerms, body, signed
from tests.simulation.leaping_loop import LoopClock
from tests.support.scripted_market import Script
from tests.unit.emulators.hyperliquid.box import order
from tests.unit.standalone.venue import HAND, MASTER, emulated, serving, session, settings_for

PATIENCE_S = 900
LOOK_S = 0.02


class Table:
    """venue: the emulated one. running: the session. market: of its coin. A hand trades on the
    same account."""

    def __init__(self, venue, script, running, coin):
        self.venue, self.running = venue, running
        self.market, self._clock = script.markets[coin], running.clock
        self._asset = next(
            one.asset for one in venue.world.universe.listed if one.perp.name == coin
        )
        self._perp = venue.world.universe.asset(self._asset).perp
        self._nonces = count(self._clock.now() // 10**6)

    async def until(self, happened):
        """Until something has happened while the session goes on."""
        deadline = self._clock.now() + PATIENCE_S * 10**9
        while not (answer := happened()):
            assert self.running.error is None, self.running.error
            assert self.running.end is None, self.running.lines.lines[-20:]
            assert self._clock.now() < deadline, self.running.lines.lines[-20:]
            await asyncio.sleep(LOOK_S)
        return answer

    async def ended(self):
        """Until it has ended by itself; its end."""
        deadline = self._clock.now() + PATIENCE_S * 10**9
        while self.running.end is None:
            assert self.running.error is None, self.running.error
            assert self._clock.now() < deadline, self.running.lines.lines[-20:]
            await asyncio.sleep(LOOK_S)
        return self.running.end

    async def passes(self, seconds):
        """Time, while the session goes on."""
        due = self._clock.now() + seconds * 10**9
        await self.until(lambda: self._clock.now() >= due)

    def open(self):
        """What the maker knows to rest at the venue."""
        return self.running.open_orders()

    def listed(self):
        """What rests at the venue."""
        return [one for one in self.venue.world.orders.all_open() if one.address == MASTER.address]

    def trade(self, lots):
        """A trade by hand on the maker's account: bought, or sold below 0."""
        price = self.market.middle + (20 if lots > 0 else -20) * self.market.step
        new = order(
            self._asset,
            lots > 0,
            bare(price * self._perp.tick),
            bare(abs(lots) * self._perp.lot),
            tif="Ioc",
        )
        action = {"type": "order", "orders": [new], "grouping": "na"}
        terms = SigningTerms(next(self._nonces), None, None)
        raw = body(signed(HAND, action, terms, Network.TESTNET))
        answer = msgspec.json.decode(self.venue.act("hand", raw, self._clock.now()).body)
        (status,) = answer["response"]["data"]["statuses"]
        assert "filled" in status, answer


@asynccontextmanager
async def at_table(folder, *, coin="BTC", money=100_000, venue=None, **settings):
    """A session on a market of its own. venue: other settings of the emulated venue."""
    clock, script = LoopClock(), Script()
    made = emulated([coin], money, clock, script.make, **(venue or {}))
    terms = {"dex": coin.partition(":")[0]} if ":" in coin else {}
    async with serving(made, clock) as url:
        options = settings_for(url, folder, **terms, **settings)
        async with session(options, clock) as running:
            yield Table(made, script, running, coin)

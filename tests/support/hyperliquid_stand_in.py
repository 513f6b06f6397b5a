"""A maker that only keeps orders on a book and says that it lives: to be killed by tests.

python -m tests.support.hyperliquid_stand_in URL KEY COIN DATA_DIR
"""

import asyncio
import os
import sys
from itertools import count
from pathlib import Path
from random import Random

import aiohttp

from market_maker.clocks import WallClock
from market_maker.model.actions import Place
from market_maker.model.events import BookSnapshot
from market_maker.model.orders import Side
from market_maker.model.units import OrderId
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving.heartbeat import BEAT_S
from market_maker.serving.pulse import FILE_NAME, Pulse, PulseFile, PulseState
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.session import SessionOptions, open_session

LOTS = 200
TURN_S = 0.05
ORDERS = 6
AWAY = 0.002
"""Of the price, so that few are filled."""


class StandIn:
    def __init__(self, session, venue, coin):
        self._session, self._venue, self._coin = session, venue, coin
        self._clock, self._numbers = WallClock(), count(1)
        self._run = f"{os.getpid()}-{self._clock.now()}"
        self._placed: list[OrderId] = []
        self._passes = 0

    async def trade(self):
        """Orders on both sides; the oldest makes room."""
        bid = ask = 0
        while True:
            for event in self._venue.poll(self._clock.now()):
                if isinstance(event, BookSnapshot) and event.bids and event.asks:
                    bid, ask = event.bids[0][0], event.asks[0][0]
            if bid:
                self._place(Side.BUY, round(bid * (1 - AWAY)))
                self._place(Side.SELL, round(ask * (1 + AWAY)))
            while len(self._placed) > ORDERS:
                self._venue.cancel(self._clock.now(), self._placed.pop(0))
            self._passes += 1
            await asyncio.sleep(TURN_S)

    def _place(self, side, price):
        number = OrderId(next(self._numbers))
        grid = self._venue.instrument.price_grid
        price = grid.down(price) if side is Side.BUY else grid.up(price)
        name = f"stand-in-{self._run}-{number}"
        account = self._session.account_id
        self._venue.place(
            self._clock.now(), Place(number, "ann", side, 0, price, LOTS, False, name, account)
        )
        self._placed.append(number)

    async def beat(self, data_dir):
        account = WatchedAccount(self._coin, self._session.account_id)
        with PulseFile(data_dir / FILE_NAME) as file:
            while True:
                file.write(
                    Pulse(
                        pid=os.getpid(),
                        state=PulseState.SERVING,
                        passes=self._passes,
                        last_turn=self._clock.now(),
                        open_orders=len(self._placed),
                        unproved_ms=0,
                        deaf=not self._session.connection.streams.connected,
                        venue="hyperliquid",
                        accounts=(account,),
                    )
                )
                await asyncio.sleep(BEAT_S)


async def main(url, key, coin, data_dir):
    dex = coin.partition(":")[0] if ":" in coin else ""
    options = SessionOptions(state=data_dir, url=url, dexes=(dex,))
    async with aiohttp.ClientSession() as http, asyncio.TaskGroup() as tasks:
        session = await open_session(
            SigningKey.from_text(key), options, http, WallClock(), Random(1)
        )
        venue = session.venue(coin)
        maker = StandIn(session, venue, coin)
        for running in (session.connection.run(), venue.run(), maker.beat(data_dir)):
            tasks.create_task(running)
        await venue.listed.wait()
        sys.stdout.write("trades\n")
        sys.stdout.flush()
        await maker.trade()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], Path(sys.argv[4])))

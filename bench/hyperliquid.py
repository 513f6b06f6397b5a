"""From a book frame of Hyperliquid to the bytes of an order on a socket, ten markets on one core.

`python -m bench hyperliquid`: decode, turn, sign, encode and write, for each frame that made
orders, and each part alone, in CPU time; "wall" is the whole by the clock on the wall, with
whatever else the machine does. Answers to orders are given between the frames and not measured.
Then signing alone, an action at a time, of the sizes that a turn has: packed, hashed and signed;
and its two parts for one order, packing and hashing (ours) and the curve (a library's).
`--profile` shows where signing spends its time.
"""

import cProfile
import json
import os
import pstats
import random
import socket
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import count
from statistics import quantiles

from market_maker.engine.engine import Engine
from market_maker.model.actions import Cancel, Place
from market_maker.model.events import Accepted, Canceled, Operated
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import Nanos
from market_maker.venues.hyperliquid.actions import (
    CancelByCloid,
    CancelCloid,
    PlaceOrders,
    limit_order,
)
from market_maker.venues.hyperliquid.cloids import cloid_of
from market_maker.venues.hyperliquid.frames import FrameReader
from market_maker.venues.hyperliquid.grid import WireGrid
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.market_feed import MarketFeed
from market_maker.venues.hyperliquid.signing import (
    Network,
    SigningTerms,
    action_digest,
    body,
    signed,
)
from market_maker.venues.hyperliquid.universe import ListedMarket

START = 1_790_000_000 * 10**9
EVERY_NS = 50_000_000
"""Between two frames of one market: two fast books and eighteen best prices a second."""

KEY = SigningKey.from_text("01" * 32)
SIGNING_AIM_US = 100.0
OURS, CURVE = "packing and hashing", "the curve"
SIGNED_ORDERS = (1, 2, 10)
"""Orders of one action: the last is a whole ladder."""


class Maker:
    """One market: its frames, its feed and its engine."""

    def __init__(self, number: int, nonces: Iterator[int], wire: socket.socket) -> None:
        self.market = ListedMarket(f"C{number}", number, 5)
        instrument = self.market.instrument()
        self._rng = random.Random(number)
        self._mid = 97_000 + number
        self._grid, self._reader = WireGrid(instrument), FrameReader()
        self._feed = MarketFeed(self._grid)
        self._nonces, self._wire = nonces, wire
        member = Member("me", Decimal(100), Decimal(50_000), Decimal(2_000))
        config = PoolConfig(
            symbol=instrument.symbol,
            members=(member,),
            strategy="symmetric",
            strategy_params={"half_spread_bps": Decimal(5)},
            fair_price="mid",
            warmup_samples=2,
            num_levels=2,
            min_spread_bps=Decimal(1),
            max_spread_bps=Decimal(80),
            order_size_usdt=Decimal(500),
            price_threshold_bps=Decimal(0),
            max_messages_per_second=10_000,
        )
        self._engine = Engine(instrument, config)
        self._engine.turn(Nanos(START), [Operated(Nanos(START), Command.ENABLE, "bench", "")])

    def frame(self, now: int) -> bytes:
        """Five levels a side, around a price that moves by a step or stands."""
        self._mid += self._rng.choice((-1, 0, 1))
        levels = [
            [{"px": f"{self._mid + sign * n}.0", "sz": f"{n}.5", "n": n} for n in range(1, 6)]
            for sign in (-1, 1)
        ]
        data = {"coin": self.market.coin, "time": now // 10**6, "levels": levels, "fast": True}
        return json.dumps({"channel": "l2Book", "data": data}).encode()

    def react(self, raw: bytes, now: int) -> dict[str, int]:
        """Nanoseconds of each part, and how many orders went out."""
        clock = time.thread_time_ns
        wall, begun = time.perf_counter_ns(), clock()
        self._feed.hear(self._reader.read(raw), Nanos(now))
        events = self._feed.drain()
        decoded = clock()
        actions = self._engine.turn(Nanos(now), events)
        turned = clock()
        bodies = self._bodies(actions, now)
        encoded = clock()
        for one in bodies:
            self._wire.sendall(one)
        sent = clock()
        spent_wall = time.perf_counter_ns() - wall
        self._answer(actions, now)
        return {
            "decode": decoded - begun,
            "turn": turned - decoded,
            "sign": encoded - turned,
            "write": sent - encoded,
            "all": sent - begun,
            "wall": spent_wall,
            "orders": sum(isinstance(action, Place | Cancel) for action in actions),
        }

    def _bodies(self, actions: list[object], now: int) -> list[bytes]:
        cancels = tuple(
            CancelCloid(self.market.asset, cloid_of(f"mm-{action.order_id}"))
            for action in actions
            if isinstance(action, Cancel)
        )
        orders = tuple(
            limit_order(
                self.market.asset,
                buy=action.side is Side.BUY,
                price=self._grid.price_text(action.price),
                size=self._grid.size_text(action.size),
                cloid=cloid_of(f"mm-{action.order_id}"),
            )
            for action in actions
            if isinstance(action, Place)
        )
        wanted = [CancelByCloid(cancels, f=True)] if cancels else []
        wanted += [PlaceOrders(orders, "na")] if orders else []
        return [body(signed(KEY, one, self._terms(now), Network.TESTNET)) for one in wanted]

    def _terms(self, now: int) -> SigningTerms:
        return SigningTerms(next(self._nonces), None, now // 10**6 + 5_000)

    def _answer(self, actions: list[object], now: int) -> None:
        events = []
        for action in actions:
            if isinstance(action, Place):
                events.append(Accepted(Nanos(now), Nanos(now), action.order_id))
            elif isinstance(action, Cancel):
                events.append(Canceled(Nanos(now), Nanos(now), action.order_id))
        if events:
            self._engine.turn(Nanos(now), events)


def measure(markets: int, seconds: int) -> dict[str, object]:
    """Percentiles in microseconds."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
    nonces = count(START // 10**6)
    makers = [Maker(number, nonces, ours) for number in range(markets)]
    samples: list[dict[str, int]] = []
    frames, busy = 0, 0
    for tick in range(seconds * 10**9 // EVERY_NS):
        now = START + tick * EVERY_NS
        for maker in makers:
            raw = maker.frame(now)
            spent = maker.react(raw, now)
            frames, busy = frames + 1, busy + spent["all"]
            if spent["orders"] and tick > 20:
                samples.append(spent)
            theirs.setblocking(False)
            try:
                while theirs.recv(1 << 20):
                    pass
            except BlockingIOError:
                pass
    table = {name: _percentiles([one[name] for one in samples]) for name in samples[0]}
    orders = table.pop("orders")
    return {
        "markets": markets,
        "frames": frames,
        "with_orders": len(samples),
        "orders_p50": orders["p50"] * 1000,
        "share_of_a_core": busy / (seconds * 10**9),
        "microseconds": table,
    }


def signing(times: int) -> dict[str, dict[str, float]]:
    """Percentiles in microseconds, by action: of a cancel and of batches of new orders; then of the
    parts of one order, of which the curve's p99 shows what the machine adds."""
    cancel = CancelByCloid((CancelCloid(0, cloid_of("mm-0")),), f=True)
    actions: dict[str, object] = {"1 cancel": cancel}
    for count_ in SIGNED_ORDERS:
        actions[f"{count_} orders" if count_ > 1 else "1 order"] = PlaceOrders(
            tuple(
                limit_order(
                    0, buy=True, price=str(97_000 - n), size="0.005", cloid=cloid_of(f"mm-{n}")
                )
                for n in range(count_)
            ),
            "na",
        )

    def sign(action: object) -> Callable[[int], object]:
        return lambda nonce: signed(
            KEY, action, SigningTerms(nonce, None, nonce + 5_000), Network.TESTNET
        )

    works = {name: sign(action) for name, action in actions.items()}
    order = actions["1 order"]
    works[OURS] = lambda nonce: action_digest(
        order, SigningTerms(nonce, None, nonce + 5_000), Network.TESTNET
    )
    works[CURVE] = lambda nonce: KEY.sign(nonce.to_bytes(32, "big"))
    return {name: _percentiles(_spent_ns(work, times)) for name, work in works.items()}


def _spent_ns(work: Callable[[int], object], times: int) -> list[int]:
    nonce, clock, spent = START // 10**6, time.thread_time_ns, []
    for number in range(times):
        begun = clock()
        work(nonce + number)
        spent.append(clock() - begun)
    return spent[times // 10 :]


def profile(times: int) -> None:
    """Where signing spends its time, by function."""
    with cProfile.Profile() as profiler:
        signing(times)
    pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(12)


def _percentiles(values: list[int]) -> dict[str, float]:
    cuts = quantiles(values, n=100)
    return {"p50": cuts[49] / 1000, "p99": cuts[98] / 1000}


def show(result: dict[str, object]) -> None:
    print(
        f"{result['markets']} markets, {result['frames']} frames, {result['with_orders']} of them "
        f"made orders (median {result['orders_p50']:.0f} a frame), "
        f"{result['share_of_a_core']:.1%} of a core at the venue's rates"
    )
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > cores / 2:
        print(f"LOADED MACHINE: load average {load:.1f} on {cores} cores; wall is not to be quoted")
    print(f"{'':>8}{'p50 µs':>10}{'p99 µs':>10}")
    for name, cut in result["microseconds"].items():
        print(f"{name:>8}{cut['p50']:>10.1f}{cut['p99']:>10.1f}")
    print(f"\nsigning one action, aim {SIGNING_AIM_US:.0f} µs:")
    parts = result["signing"]
    for name, cut in parts.items():
        verdict = "" if cut["p99"] <= SIGNING_AIM_US else "  p99 misses the aim"
        print(f"{name:>20}{cut['p50']:>8.1f}{cut['p99']:>10.1f}{verdict}")
    whole = parts["1 order"]["p50"]
    shares = ", ".join(f"{name} {parts[name]['p50'] / whole:.0%}" for name in (OURS, CURVE))
    print(f"of one order at the median: {shares}")


def main(arguments: list[str]) -> int:
    quick = "--quick" in arguments
    if "--profile" in arguments:
        profile(2_000 if quick else 20_000)
        return 0
    result = {**measure(10, 5 if quick else 30), "signing": signing(2_000 if quick else 20_000)}
    if "--json" in arguments:
        print(json.dumps(result))
    else:
        show(result)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

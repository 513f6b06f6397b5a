"""What a turn of the engine costs, by what the turn does: `python -m bench turns`.

Three members with three levels on a random walk, the venue answering everything, 5 % of orders
filled. Microseconds, a timer's own cost taken off. Kinds, the first that holds:

orders  it sent actions
ladder  the strategy was asked again or a price in force moved, and nothing was sent
sample  volatility took a sample, and nothing else moved
still   none of these: most turns of a live engine
"""

import argparse
import gc
import json
import os
import random
import time
from collections.abc import Iterator, Sequence
from typing import Any

import bench.native  # noqa: F401  first: it settles the form of the engine
from bench.estimators import COMMON, EVERYTHING, INSTRUMENT, MEMBERS, START, answers, percentile
from market_maker.engine.engine import Engine
from market_maker.model.actions import Action
from market_maker.model.events import BookTop, Event, Operated, Trade
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.native_engine import engine_form

STEP_NS = 10**7
"""A hundred books a second."""
KINDS = ("still", "sample", "ladder", "orders")
SETTINGS: dict[str, dict[str, Any]] = {
    "1 x 1": {"num_levels": 1, "members": MEMBERS[:1]},
    "3 x 3": {},
    "3 x 3, every estimate": EVERYTHING,
}
TURNS, TRADED = 60_000, 0.1


def steps(count: int) -> Iterator[list[Event]]:
    """Best prices that move in four of ten steps, with a trade in a tenth of them."""
    rng = random.Random(7)
    now, mid = START, 500_000
    for _ in range(count):
        now += STEP_NS
        mid += rng.choice((0, 0, 0, 0, 0, 0, -20, -1, 1, 20))
        sizes = rng.randint(1, 1_000), rng.randint(1, 1_000)
        events: list[Event] = []
        if rng.random() < TRADED:
            side = rng.choice((Side.BUY, Side.SELL))
            price = mid + side.sign * (1 + int(rng.expovariate(1 / 100)))
            events.append(Trade(now, now, price, rng.randint(1, 500), side))
        yield [*events, BookTop(now, now, mid - 1, sizes[0], mid + 1, sizes[1])]


def kind_of(engine: Engine, before: tuple[int, int], actions: Sequence[Action]) -> str:
    """before: `marks` of the engine before the turn."""
    if actions:
        return "orders"
    samples, version = marks(engine)
    if version != before[1]:
        return "ladder"
    return "sample" if samples != before[0] else "still"


def marks(engine: Engine) -> tuple[int, int]:
    """What moves when a sample is taken and when prices in force move."""
    return engine.market.samples_taken, engine.ladder.version


def measured(turns: int, **fields: object) -> dict[str, dict[str, float]]:
    """p50, p99 and number of turns, by kind."""
    engine = Engine(INSTRUMENT, PoolConfig(**{**COMMON, **fields}))  # type: ignore[arg-type]
    engine.turn(START, [Operated(START, Command.ENABLE, "bench", "")])
    clock, rng = time.perf_counter_ns, random.Random(1)
    spent: dict[str, list[int]] = {kind: [] for kind in KINDS}
    waiting: list[Event] = []
    gc.collect()
    for step in steps(turns):
        now = step[-1].ts_recv
        seen, events = marks(engine), [*step, *waiting]
        waiting = []
        before = clock()
        actions = engine.turn(now, events)
        took = clock() - before
        spent[kind_of(engine, seen, actions)].append(took)
        for action in actions:
            waiting += answers(action, now, rng)
    assert engine.tally.fills
    return {
        kind: {
            "turns": len(values),
            "p50_us": percentile(values, 0.5),
            "p99_us": percentile(values, 0.99),
        }
        for kind, values in spent.items()
        if values
    }


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench turns", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--turns", type=int, default=TURNS)
    options = parser.parse_args(arguments)
    table = {name: measured(options.turns, **fields) for name, fields in SETTINGS.items()}
    if options.json:
        print(json.dumps(table))
        return 0
    print(f"Turns of one {engine_form()} engine, microseconds, load {os.getloadavg()[0]:.1f}")
    for name, kinds in table.items():
        for kind, sample in kinds.items():
            print(
                f"  {name:<24} {kind:<8} {sample['turns']:>7.0f} turns"
                f"   p50 {sample['p50_us']:7.2f}   p99 {sample['p99_us']:7.2f}"
            )
    return 0

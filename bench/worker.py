"""One measurement in a process of its own; prints one line of JSON.

python -m bench.worker MEASUREMENT SYMBOLS ROWS ROWS_PER_SECOND
"""

# A process imports only what it measures.
# ruff: noqa: PLC0415

import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from bench import feed
from bench.strategy import STEP_NS

Sample = dict[str, Any]

PAGE_BYTES = 4_096


class Market:
    """The feed of one run. steps: whole steps before the first symbol's data end."""

    def __init__(self, symbols: int, rows: int, rate: int = 200) -> None:
        self.recordings = feed.recordings(symbols, rows, rate)
        self.start = min(int(r.ts_event[feed.OPENING_ROWS]) for r in self.recordings)
        shortest = min(int(r.ts_recv[-1]) for r in self.recordings)
        self.steps = (shortest - self.start) // STEP_NS
        until = self.start + self.steps * STEP_NS
        self.rows = sum(int(r.ts_recv.searchsorted(until, "right")) for r in self.recordings)


def ours(market: Market) -> Sample:
    from bench import ours as engine

    first = _seconds(lambda: engine.backtest(SMALL.recordings, SMALL.start, SMALL.steps))
    cpu, outcome = engine.backtest(market.recordings, market.start, market.steps)
    return {"cpu_s": cpu, "rows": market.rows, "first_run_s": first, **outcome}


def compiled(market: Market) -> Sample:
    """The engine's decision in the compiled kernel."""
    from bench import compiled as kernel

    first = _seconds(lambda: kernel.backtest(SMALL.recordings, SMALL.start, SMALL.steps))
    cpu, outcome = kernel.backtest(market.recordings, market.start, market.steps)
    return {"cpu_s": cpu, "rows": market.rows, "first_run_s": first, **outcome}


def full(market: Market) -> Sample:
    """The same with three levels, three members and every guard."""
    from bench import compiled as kernel
    from bench.strategy import FULL

    kernel.backtest(SMALL.recordings, SMALL.start, SMALL.steps, config=FULL)
    cpu, outcome = kernel.backtest(market.recordings, market.start, market.steps, config=FULL)
    return {"cpu_s": cpu, "rows": market.rows, **outcome}


def venue(market: Market) -> Sample:
    """The replay venue alone: every step's events are made, and no engine decides anything."""
    from bench.strategy import settings
    from market_maker.replay_venue.recorded_exchange import RecordedExchange
    from market_maker.research.kernel_cache import prepare_venue

    prepare_venue()
    exchange = RecordedExchange(market.recordings, settings(partial_fills=True))
    symbols = range(len(market.recordings))
    before = time.process_time()
    for now in range(market.start, market.start + market.steps * STEP_NS, STEP_NS):
        exchange.advance(now)
        for index in symbols:
            exchange.events(index)
    spent = time.process_time() - before
    us = spent / market.steps / len(symbols) * 1e6
    return {"mrows_per_cpu_s": market.rows / spent / 1e6, "us_per_symbol_and_step": us}


def peer(market: Market) -> Sample:
    from bench import peer as hftbacktest

    small = [hftbacktest.events_of(r) for r in SMALL.recordings]
    first = _seconds(lambda: hftbacktest.backtest(small, SMALL.steps))
    tables = [hftbacktest.events_of(r) for r in market.recordings]
    cpu, _, outcome = hftbacktest.backtest(tables, market.steps)
    sample = {"cpu_s": cpu, "rows": market.rows, "first_run_s": first, **outcome}
    return {"version": hftbacktest.VERSION, **sample}


def ours_partial(market: Market) -> Sample:
    """Partial fills to the very end of the data, everything in flight included."""
    from bench import ours as engine

    run = engine.Run(market.recordings, market.start, partial_fills=True)
    run.steps((run.exchange.end - market.start) // STEP_NS + 1)
    return {"share_done": run.exchange.rows_done / run.exchange.rows, **run.outcome()}


def peer_partial(market: Market) -> Sample:
    """How far hftbacktest's PartialFillExchange comes."""
    from bench import peer as hftbacktest

    tables = [hftbacktest.events_of(r) for r in market.recordings]
    _, done, outcome = hftbacktest.backtest(tables, market.steps, partial_fills=True)
    return {"share_done": done / market.steps, **outcome}


def turns(market: Market) -> Sample:
    """Microseconds of one turn of the engine, decision only."""
    from bench import ours as engine

    run = engine.Run(market.recordings, market.start, partial_fills=False)
    run.timed_steps(market.steps)
    spent = sorted(run.turn_ns)
    at = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}
    return {name: spent[int(share * len(spent))] / 1e3 for name, share in at.items()}


def memory(market: Market) -> Sample:
    """KiB per symbol beyond the recording: resident, the venue's after all of the data; allocated,
    a fresh engine's."""
    from bench import ours as engine
    from bench.strategy import CONFIG
    from market_maker.engine.engine import Engine

    engine.backtest(SMALL.recordings, SMALL.start, SMALL.steps)
    before = _resident()
    run = engine.Run(market.recordings, market.start, partial_fills=False)
    run.engines.clear()
    run.steps(market.steps)
    venue = _resident() - before
    tracemalloc.start()
    run.engines += [Engine(r.instrument, CONFIG) for r in market.recordings]
    engines, _ = tracemalloc.get_traced_memory()
    kib = 1_024 * len(market.recordings)
    return {"venue_kib": venue / kib, "engine_kib": engines / kib}


def kernels(market: Market) -> Sample:
    """Nanoseconds a row costs, both books together, without and with two orders resting."""
    from bench import ours as engine
    from bench.strategy import settings
    from market_maker.model.actions import Place
    from market_maker.model.orders import Side
    from market_maker.replay_venue.recorded_exchange import RecordedExchange

    engine.backtest(SMALL.recordings, SMALL.start, SMALL.steps)
    orders = (Place(1, "m", Side.BUY, 0, 1, 1), Place(2, "m", Side.SELL, 0, 10**6, 1))
    spent: tuple[list[float], list[float]] = ([], [])
    for turn in range(6):
        exchange = RecordedExchange(market.recordings, settings(partial_fills=True))
        exchange.advance(market.start)
        for order in orders if turn % 2 else ():
            exchange.place(0, market.start, order)
        before = time.process_time()
        exchange.advance(exchange.end)
        spent[turn % 2].append((time.process_time() - before) / exchange.rows * 1e9)
    idle, resting = map(median, spent)
    return {"ns_per_row": idle, "ns_per_row_with_orders": resting}


def start(market: Market) -> Sample:
    """Seconds until the kernels have run for the first time, without imports."""
    from bench import ours as engine

    return {"first_run_s": _seconds(lambda: engine.backtest(market.recordings, market.start, 1))}


MEASUREMENTS: dict[str, Callable[[Market], Sample]] = {
    function.__name__: function
    for function in (
        *(ours, compiled, full, venue, peer, ours_partial, peer_partial),
        *(turns, memory, kernels, start),
    )
}


def _seconds(work: Callable[[], object]) -> float:
    before = time.perf_counter()
    work()
    return time.perf_counter() - before


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * PAGE_BYTES


if __name__ == "__main__":
    name, *sizes = sys.argv[1:]
    SMALL = Market(1, 2_000)
    print(json.dumps(MEASUREMENTS[name](Market(*map(int, sizes)))))

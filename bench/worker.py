"""One measurement in a process of its own; prints one line of JSON."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

STARTED = time.perf_counter()

from bench import feed  # noqa: E402  # the import is measured
from bench.strategy import STEP_NS  # noqa: E402

Sample = dict[str, Any]
RATE = 200.0
"""Rows a second and symbol: 20 in a step."""

PAGE_BYTES = 4_096


class Market:
    """The feed of one run. steps: whole steps before the first symbol's data end."""

    def __init__(self, symbols: int, rows: int) -> None:
        self.recordings = feed.recordings(symbols, rows, RATE)
        opening = 2 * feed.DEPTH + 1
        self.start = min(int(r.ts_event[opening]) for r in self.recordings)
        self.end = max(int(r.ts_recv[-1]) for r in self.recordings)
        shortest = min(int(r.ts_recv[-1]) for r in self.recordings)
        self.steps = (shortest - self.start) // STEP_NS
        until = self.start + self.steps * STEP_NS
        self.rows = sum(int(r.ts_recv.searchsorted(until, "right")) for r in self.recordings)


def ours(symbols: int, rows: int) -> Sample:
    from bench import ours as engine

    market = Market(symbols, rows)
    small = Market(1, 2_000)
    ready = time.perf_counter()
    engine.backtest(small.recordings, small.start, small.steps)
    first = time.perf_counter() - ready
    cpu, _, outcome = engine.backtest(market.recordings, market.start, market.steps)
    return {"cpu_s": cpu, "rows": market.rows, "first_run_s": first, **outcome}


def peer(symbols: int, rows: int) -> Sample:
    before = time.perf_counter()
    from bench import peer as hftbacktest

    imported = time.perf_counter() - before
    market = Market(symbols, rows)
    small = Market(1, 2_000)
    ready = time.perf_counter()
    hftbacktest.backtest([hftbacktest.events_of(r) for r in small.recordings], small.steps)
    first = time.perf_counter() - ready
    tables = [hftbacktest.events_of(r) for r in market.recordings]
    cpu, _, outcome = hftbacktest.backtest(tables, market.steps)
    version = {"version": hftbacktest.VERSION, "import_s": imported}
    return {"cpu_s": cpu, "rows": market.rows, "first_run_s": first, **version, **outcome}


def ours_partial(symbols: int, rows: int) -> Sample:
    """Partial fills to the very end of the data, everything in flight included."""
    from bench import ours as engine

    market = Market(symbols, rows)
    run = engine.Run(market.recordings, market.start, partial_fills=True)
    run.steps((run.exchange.end - market.start) // STEP_NS + 1)
    done = run.exchange.rows_done
    return {"share_done": done / run.exchange.rows, "rows_done": done, **run.outcome()}


def peer_partial(symbols: int, rows: int) -> Sample:
    """How far hftbacktest's PartialFillExchange comes."""
    from bench import peer as hftbacktest

    market = Market(symbols, rows)
    tables = [hftbacktest.events_of(r) for r in market.recordings]
    _, done, outcome = hftbacktest.backtest(tables, market.steps, partial_fills=True)
    return {"share_done": done / market.steps, **outcome}


def turns(symbols: int, rows: int) -> Sample:
    """Microseconds of one turn of the engine, decision only."""
    from bench import ours as engine

    market = Market(symbols, rows)
    run = engine.Run(market.recordings, market.start, partial_fills=False)
    run.timed_steps(market.steps)
    spent = sorted(run.turn_ns)
    at = {"p50_us": 0.5, "p99_us": 0.99, "p999_us": 0.999}
    return {name: spent[int(share * len(spent))] / 1e3 for name, share in at.items()}


def memory(symbols: int, rows: int) -> Sample:
    """Resident KiB per symbol beyond the recording: the venue's, and the engine's after a run."""
    from bench import ours as engine
    from bench.strategy import CONFIG
    from market_maker.engine.engine import Engine

    small = Market(1, 2_000)
    engine.backtest(small.recordings, small.start, small.steps)
    market = Market(symbols, rows)
    before = _resident()
    run = engine.Run(market.recordings, market.start, partial_fills=False)
    run.engines.clear()
    run.steps(market.steps)
    venue = _resident()
    run.engines += [Engine(r.instrument, CONFIG) for r in market.recordings]
    engines = _resident()
    kib = 1_024 * symbols
    return {"venue_kib": (venue - before) / kib, "engine_kib": (engines - venue) / kib}


def rows(symbols: int, rows: int) -> Sample:
    """Nanoseconds a row costs the kernels, both books, without and with two orders resting."""
    from bench import ours as engine
    from bench.strategy import settings
    from market_maker.model.actions import Place
    from market_maker.model.orders import Side
    from market_maker.sandbox.recorded_exchange import RecordedExchange

    market = Market(symbols, rows)
    engine.backtest(market.recordings, market.start, 20)
    idle, resting = [], []
    for _ in range(3):
        for samples, orders in ((idle, ()), (resting, ((Side.BUY, 1), (Side.SELL, 10**6)))):
            exchange = RecordedExchange(market.recordings, settings(partial_fills=True))
            exchange.advance(market.start)
            for side, price in orders:
                exchange.place(0, market.start, Place(price, "m", side, 0, price, 1))
            before = time.process_time()
            exchange.advance(exchange.end)
            samples.append((time.process_time() - before) / exchange.rows * 1e9)
    return {"ns_per_row": median(idle), "ns_per_row_with_orders": median(resting)}


def start(symbols: int, rows: int) -> Sample:
    """Seconds to import the replay and to run its kernels for the first time."""
    market = Market(symbols, rows)
    before = time.perf_counter()
    from bench import ours as engine

    imported = time.perf_counter() - before
    ready = time.perf_counter()
    engine.backtest(market.recordings, market.start, 1)
    return {"import_s": imported, "first_advance_s": time.perf_counter() - ready}


MEASUREMENTS: dict[str, Callable[[int, int], Sample]] = {
    function.__name__: function
    for function in (ours, peer, ours_partial, peer_partial, turns, memory, rows, start)
}


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text("ascii").split()[1]
    return int(pages) * PAGE_BYTES


if __name__ == "__main__":
    name, *sizes = sys.argv[1:]
    print(json.dumps(MEASUREMENTS[name](*map(int, sizes))))

"""A day of one busy symbol: CPU of its replay, and what a row costs as recordings grow.

The rows are those of bench/feed.py, hour after hour: each begins where the last one ended, with a
snapshot, so that no price wanders out of the ladder that the feed is made on.
"""

import argparse
import itertools
import os
import resource
import sys
import time

import msgspec
import numpy as np

from bench import feed
from bench.strategy import CONFIG, STEP_NS, settings
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.evaluation import evaluate
from market_maker.research.kernel_cache import prepare_kernel, prepare_venue
from market_maker.research.replay import ReplayPlan, replay

RATE = 200
HOUR_ROWS = 3_600 * RATE
ROWS = (100_000, 1_000_000, 10_000_000, 24 * HOUR_ROWS)
FIRST_ROWS = 20_000
"""Of a run before all others, which loads what is loaded once in a process."""
ENGINES = (EngineChoice.COMPILED, EngineChoice.PYTHON)
COLUMNS = ("kind", "ticks", "lots", "ts_event", "ts_recv")


def recording(rows: int) -> Recording:
    """About so many rows, in pieces of an hour at most."""
    pieces: list[Recording] = []
    seeds = itertools.count(1_000)
    for number in range(-(-rows // HOUR_ROWS)):
        piece = feed.next_recording(min(HOUR_ROWS, rows - number * HOUR_ROWS), RATE, seeds)
        pieces.append(after(pieces[-1], piece) if pieces else piece)
    joined = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in COLUMNS}
    return msgspec.structs.replace(pieces[0], **joined)


def after(last: Recording, piece: Recording) -> Recording:
    """`piece` a millisecond after `last`, at the price where that ended."""
    ends, begins = mid_x2(last, -1), mid_x2(piece, feed.OPENING_ROWS - 1)
    delay = max(int(last.ts_recv[-1]), int(last.ts_event.max())) + 1_000_000
    shift = delay - int(piece.ts_event[0])
    priced = piece.kind != RowKind.CLEAR
    return msgspec.structs.replace(
        piece,
        ticks=np.where(priced, piece.ticks + (ends - begins) // 2, piece.ticks),
        ts_event=piece.ts_event + shift,
        ts_recv=piece.ts_recv + shift,
    )


def mid_x2(piece: Recording, row: int) -> int:
    return int(mids_at(piece, piece.ts_event[row : row + 1 or None])[0])


def measured(made: Recording, engine: EngineChoice) -> tuple[float, float, int]:
    """CPU seconds of the replay and of its figures, and fills."""
    plan = ReplayPlan(
        recording=made,
        config=CONFIG,
        exchange=settings(partial_fills=True),
        step_ns=Nanos(STEP_NS),
    )
    began = time.process_time()
    log = replay(plan, engine=engine)
    replayed = time.process_time()
    result = evaluate(log, 1.0).result
    spent = time.process_time() - replayed
    return replayed - began, spent, result.fills


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench day", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    options = parser.parse_args(arguments)
    prepare_venue()
    prepare_kernel(wait=True)
    for engine in ENGINES:
        measured(recording(FIRST_ROWS), engine)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors\n")
    print("| rows | hours | engine | replay, CPU s | figures, CPU s | µs a row | fills |")
    print("|---|---|---|---|---|---|---|")
    for wanted in options.rows:
        made = recording(wanted)
        hours = (made.end - made.start) / NANOS_PER_SECOND / 3_600
        for engine in ENGINES:
            replayed, figures, fills = measured(made, engine)
            cost = f"{replayed:.2f} | {figures:.2f} | {1e6 * replayed / made.rows:.3f}"
            print(f"| {made.rows:,} | {hours:.2f} | {engine} | {cost} | {fills:,} |", flush=True)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024
    print(f"\nload {os.getloadavg()[0]:.1f}; at most {most:,.0f} MiB, the feed's making included")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

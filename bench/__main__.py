"""Measure replay against hftbacktest, on this machine, in one run: see docs/benchmarks.md.

Every measurement has a process of its own and rounds are interleaved, so that whatever else the
machine does meets both engines alike. CPU time, medians. Ends with 1 when the two engines do
not do exactly the same. Parts that are measured alone, `python -m bench PART`:

commits      what it costs to put orders on record before they go out
day          a day of one symbol, and a row's cost as recordings grow
dead_man     how long orders outlive the service; printed at the end here, too
estimators   what estimates cost
kernel       where the nanoseconds of the compiled replay go
hyperliquid  what lies between a book frame and an order on the wire
money        scores, analytics, settlement and the ledger
panel        what the web panel costs a browser
reads        what a read over REST costs the edge
service      the service under load
soak         its memory over an hour
stream       what readers of the live stream cost
streams      what a market event of the order service's streams costs, at both ends
start        a first replay in an installation, and the next ones
sweep        runs a minute of a sweep, beside the same one in hftbacktest
turns        what a turn of the engine costs, by what it does
workers      how fast workers stop, and how long a symbol that changes hands is not quoted
wires        what a message of the exchange's topics costs
"""

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import bench.native  # noqa: F401  first: it settles the form of the engine
from bench import (
    commits,
    day,
    dead_man,
    estimators,
    hyperliquid,
    kernel_profile,
    money,
    panel,
    reads,
    service_load,
    soak,
    stream,
    streams,
    sweep,
    turns,
    wires,
    workers,
)
from market_maker.storage.recording import write_recording

Sample = dict[str, Any]

COMPARED = ("submits", "cancels", "fills", "position")
ENGINES = ("compiled", "full", "ours", "peer")
"""Our decision in the compiled kernel, the same with three levels of three members and every
guard, our decision in plain Python, and the peer."""
STARTS = ("compiled", "ours", "peer")
RATE, DENSE_RATE = 200, 1_000
"""Rows a second and symbol: 20 and 100 in a step."""


class Size:
    """How much is measured. cases: (symbols, rows a second and symbol)."""

    def __init__(self, *, quick: bool) -> None:
        self.rows = 200_000 if quick else 2_000_000
        self.rounds = 1 if quick else 3
        many = [(1, RATE), (1, DENSE_RATE), (10, RATE), (100, RATE)]
        self.cases = many if quick else [*many, (1_000, RATE)]


def run_python(*arguments: str, **environment: str) -> Sample:
    """The last line that `python ARGUMENTS` prints, read as JSON, or {"error": ...} with the
    last words of one that died."""
    done = subprocess.run(  # noqa: S603  # ourselves
        [sys.executable, "-W", "ignore", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    if done.returncode == 0:
        answer: Sample = json.loads(done.stdout.splitlines()[-1])
        return answer
    words = [line for line in done.stderr.splitlines() if line.strip()] or ["no word"]
    return {"error": words[-1], "status": done.returncode}


def measure(name: str, symbols: int, rows: int, rate: int = RATE, **environment: str) -> Sample:
    return run_python("-m", "bench.worker", name, f"{symbols}", f"{rows}", f"{rate}", **environment)


def import_seconds(module: str) -> Sample:
    code = f"from time import perf_counter as t; a = t(); import {module}; print(t() - a)"
    return {"import_s": run_python("-c", code)}


def compare(size: Size) -> list[Sample]:
    """Both engines on the same feeds, case by case."""
    table = []
    for symbols, rate in size.cases:
        rounds = []
        for number in range(1, size.rounds + 1):
            say(f"{symbols} symbols at {rate} rows/s, round {number} of {size.rounds}")
            pair = {name: measure(name, symbols, size.rows, rate) for name in ENGINES}
            for name, sample in pair.items():
                if "error" in sample:
                    sys.exit(f"error: {name} on {symbols} symbols: {sample['error']}")
            rounds.append(pair)
        table.append({"symbols": symbols, "rows_per_step": rate // 10, **compared(rounds)})
    return table


def compared(rounds: list[dict[str, Sample]]) -> Sample:
    rates = {name: [r[name]["rows"] / r[name]["cpu_s"] / 1e6 for r in rounds] for name in rounds[0]}
    ours, peer = rounds[0]["ours"], rounds[0]["peer"]
    fast = [a / b for a, b in zip(rates["compiled"], rates["peer"], strict=True)]
    return {
        "compiled_mrows_per_cpu_s": median(rates["compiled"]),
        "compiled_ratio": median(fast),
        "compiled_ratio_range": [min(fast), max(fast)],
        "full_mrows_per_cpu_s": median(rates["full"]),
        "full_ratio": median(a / b for a, b in zip(rates["full"], rates["peer"], strict=True)),
        "ours_mrows_per_cpu_s": median(rates["ours"]),
        "peer_mrows_per_cpu_s": median(rates["peer"]),
        "ratio": median(a / b for a, b in zip(rates["ours"], rates["peer"], strict=True)),
        "same": all(
            r["compiled"][key] == r["ours"][key] == r["peer"][key]
            for r in rounds
            for key in COMPARED
        ),
        "differences": {k: (ours[k], peer[k]) for k in COMPARED if ours[k] != peer[k]},
        **{key: ours[key] for key in ("rows", "submits", "cancels", "fills")},
        "first_run_s": {name: median(r[name]["first_run_s"] for r in rounds) for name in STARTS},
        "peer_version": peer["version"],
    }


def everything(size: Size) -> Sample:
    result: Sample = {
        "python": platform.python_version(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load": os.getloadavg()[0],
        "throughput": compare(size),
    }
    say("partial fills")
    result["ours_partial"] = measure("ours_partial", 1, size.rows)
    result["peer_partial"] = measure("peer_partial", 1, size.rows)
    say("turns, memory, kernels, start")
    result["venue"] = {n: measure("venue", n, size.rows) for n in (1, 100)}
    result["turns"] = {n: measure("turns", n, size.rows // 4) for n in (1, 100)}
    result["memory"] = measure("memory", size.cases[-1][0], size.rows)
    result["kernels"] = measure("kernels", 1, size.rows)
    result["start"] = started()
    say("estimates")
    result["estimates"] = run_python("-m", "bench.estimators", "--json")
    return result


def command(*arguments: str, **environment: str) -> Sample:
    """Seconds of a whole command, from its start to its end, and those of a processor."""
    words = [sys.executable, "-W", "ignore", "-m", "market_maker", *arguments]
    before, spent = time.perf_counter(), _spent()
    subprocess.run(  # noqa: S603  # ourselves
        words, capture_output=True, check=True, env={**os.environ, **environment}
    )
    return {"command_s": time.perf_counter() - before, "cpu_s": _spent() - spent}


def _spent() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def commands() -> Sample:
    """The same replay in an installation of pip alone, after what `make install` waits for, and
    when everything is compiled."""
    with tempfile.TemporaryDirectory() as folder:
        recording = str(Path(folder, "feed.mmrec"))
        write_recording(Path(recording), day.recording(20_000))
        pip, make = ({"NUMBA_CACHE_DIR": str(Path(folder, name))} for name in ("pip", "make"))
        found = {"replay, pip alone": command("replay", recording, **pip)}
        command("kernels", **pip)  # what it began to compile beside would disturb the next ones
        found["kernels, what make install waits for"] = command("kernels", "--no-wait", **make)
        found["replay after that"] = command("replay", recording, **make)
        found["kernels, the rest"] = command("kernels", **make)
        found["replay after all"] = command("replay", recording, **make)
        return found


def started() -> Sample:
    """Imports, whole commands, and the first run with nothing compiled and with everything."""
    with tempfile.TemporaryDirectory() as empty:
        cold = measure("start", 1, 2_000, NUMBA_CACHE_DIR=empty)
        warm = measure("start", 1, 2_000, NUMBA_CACHE_DIR=empty)
    return {
        **commands(),
        "replay": import_seconds("market_maker.replay_venue.recorded_exchange"),
        "engine": import_seconds("market_maker.engine.engine"),
        "cold": cold,
        "warm": warm,
    }


def show(result: Sample) -> None:
    table = result["throughput"]
    print(f"Python {result['python']}, {result['machine']}, load {result['load']:.1f}")
    print(f"\nReplay, million rows per CPU-second (peer: hftbacktest {table[0]['peer_version']})")
    print(
        "symbols rows/step  kernel  3 x 3    ours    peer   ratio    kernel's, range   3 x 3  same"
    )
    for line in table:
        size = f"{line['symbols']:>7} {line['rows_per_step']:>9}"
        rates = " ".join(f"{line[name + '_mrows_per_cpu_s']:7.2f}" for name in ENGINES)
        low, high = line["compiled_ratio_range"]
        kernel = f"{line['compiled_ratio']:7.2f} {low:5.2f}..{high:5.2f} {line['full_ratio']:7.2f}"
        counts = f"yes: {line['submits']}, {line['cancels']}, {line['fills']}"
        same = counts if line["same"] else f"NO: {shortened(line['differences'])}"
        print(f"{size} {rates} {line['ratio']:7.2f} {kernel}  {same}")
    print("\nPartial fills, share of the data done")
    for name in ("ours", "peer"):
        print(f"{name:>7}: {in_words(result[name + '_partial'])}")
    print("\nOne turn of the engine")
    for symbols, sample in result["turns"].items():
        print(f"{symbols:>7} symbols: {in_words(sample)}")
    print("\nThe venue alone, without an engine")
    for symbols, sample in result["venue"].items():
        print(f"{symbols:>7} symbols: {in_words(sample)}")
    print()
    estimators.show(result["estimates"])
    first = table[0]["first_run_s"]
    print(f"\nKernels: {in_words(result['kernels'])}")
    print(f"Memory per symbol: {in_words(result['memory'])}")
    show_start(result["start"])
    firsts = ", ".join(f"{name} {first[name]:.2f} s" for name in STARTS)
    print(f"First short backtest in a process: {firsts}")


def show_start(samples: dict[str, Sample]) -> None:
    for what, sample in samples.items():
        print(f"Start, {what}: {in_words(sample)}")


def start(_arguments: list[str]) -> int:
    """Of `python -m bench start`."""
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")
    show_start(started())
    return 0


def in_words(sample: Sample) -> str:
    words = []
    for name, value in sample.items():
        if name != "position":
            words.append(f"{name} {value:,.3f}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(words)


def shortened(differences: object, length: int = 200) -> str:
    text = str(differences)
    return text if len(text) <= length else text[:length] + "…"


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


PARTS = {
    "reads": reads.main,
    "service": service_load.main,
    "soak": soak.main,
    "stream": stream.main,
    "streams": streams.main,
    "estimators": estimators.main,
    "kernel": kernel_profile.main,
    "money": money.main,
    "panel": panel.main,
    "turns": turns.main,
    "hyperliquid": hyperliquid.main,
    "start": start,
    "sweep": sweep.main,
    "commits": commits.main,
    "day": day.main,
    "dead_man": dead_man.main,
    "wires": wires.main,
    "workers": workers.main,
}
"""What is measured alone, by its name."""


def main() -> int:
    if (part := PARTS.get(" ".join(sys.argv[1:2]))) is not None:
        return part(sys.argv[2:])
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    result = everything(Size(quick=options.quick))
    if options.json:
        print(json.dumps(result, indent=2))
    else:
        show(result)
        print()
        dead_man.main(["--rounds", "2" if options.quick else "5"])
    return 0 if all(line["same"] for line in result["throughput"]) else 1


if __name__ == "__main__":
    sys.exit(main())

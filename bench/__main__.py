"""Measure replay against hftbacktest, on this machine, in one run: see docs/benchmarks.md.

Every measurement has a process of its own and rounds are interleaved, so that whatever else the
machine does meets both engines alike. CPU time, medians. Ends with 1 when the two engines do
not do exactly the same.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
from statistics import median
from typing import Any

Sample = dict[str, Any]

COMPARED = ("submits", "cancels", "fills", "position")


class Size:
    """How much is measured."""

    def __init__(self, *, quick: bool) -> None:
        self.rows = 200_000 if quick else 2_000_000
        self.rounds = 1 if quick else 3
        self.symbols = (1, 10, 100) if quick else (1, 10, 100, 1_000)
        self.many = self.symbols[-1]


def measure(name: str, symbols: int, rows: int, **environment: str) -> Sample:
    """What a worker says, or {"error": ...} with the last words of one that died."""
    command = [sys.executable, "-W", "ignore", "-m", "bench.worker", name, str(symbols), str(rows)]
    done = subprocess.run(  # noqa: S603  # our own module with numbers
        command, capture_output=True, text=True, check=False, env={**os.environ, **environment}
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    words = [line for line in done.stderr.splitlines() if line.strip()] or ["no word"]
    return {"error": words[-1], "status": done.returncode}


def compare(size: Size) -> list[Sample]:
    """Both engines on the same feeds, by number of symbols."""
    table = []
    for symbols in size.symbols:
        rounds = []
        for number in range(size.rounds):
            say(f"{symbols} symbols, round {number + 1} of {size.rounds}")
            rounds.append({name: measure(name, symbols, size.rows) for name in ("ours", "peer")})
        table.append(compared(symbols, rounds))
    return table


def compared(symbols: int, rounds: list[dict[str, Sample]]) -> Sample:
    for pair in rounds:
        for name, sample in pair.items():
            if "error" in sample:
                sys.exit(f"error: {name} on {symbols} symbols: {sample['error']}")
    rates = {name: [r[name]["rows"] / r[name]["cpu_s"] / 1e6 for r in rounds] for name in rounds[0]}
    first = rounds[0]["ours"]
    return {
        "symbols": symbols,
        "ours_mrows_per_cpu_s": median(rates["ours"]),
        "peer_mrows_per_cpu_s": median(rates["peer"]),
        "ratio": median(a / b for a, b in zip(rates["ours"], rates["peer"], strict=True)),
        "same": all(r["ours"][key] == r["peer"][key] for r in rounds for key in COMPARED),
        "differences": {
            key: (first[key], rounds[0]["peer"][key])
            for key in COMPARED
            if first[key] != rounds[0]["peer"][key]
        },
        **{key: first[key] for key in ("rows", "submits", "cancels", "fills")},
        "first_run_s": {name: median(r[name]["first_run_s"] for r in rounds) for name in rates},
        "peer_version": rounds[0]["peer"]["version"],
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
    result["turns"] = {n: measure("turns", n, size.rows // 4) for n in (1, 100)}
    result["memory"] = measure("memory", size.many, size.rows)
    result["kernels"] = measure("rows", 1, size.rows)
    with tempfile.TemporaryDirectory() as empty:
        result["start_cold"] = measure("start", 1, 2_000, NUMBA_CACHE_DIR=empty)
        result["start_warm"] = measure("start", 1, 2_000, NUMBA_CACHE_DIR=empty)
    return result


def show(result: Sample) -> None:
    table = result["throughput"]
    print(f"Python {result['python']}, {result['machine']}, load {result['load']:.1f}")
    print(f"\nReplay, million rows per CPU-second (hftbacktest {table[0]['peer_version']})")
    print(f"{'symbols':>8} {'ours':>8} {'peer':>8} {'ratio':>7}   same orders, fills, position")
    for line in table:
        rates = f"{line['ours_mrows_per_cpu_s']:8.2f} {line['peer_mrows_per_cpu_s']:8.2f}"
        counts = f"{line['submits']} submits, {line['cancels']} cancels, {line['fills']} fills"
        same = f"yes: {counts}" if line["same"] else f"NO: {shortened(line['differences'])}"
        print(f"{line['symbols']:>8} {rates} {line['ratio']:7.2f}   {same}")
    print("\nPartial fills, share of the data done")
    for name in ("ours", "peer"):
        print(f"{name:>8} {told(result[name + '_partial'])}")
    print("\nOne turn of the engine")
    for symbols, sample in result["turns"].items():
        print(f"{symbols:>8} symbols: {told(sample)}")
    first = table[0]["first_run_s"]
    print(f"\nKernels: {told(result['kernels'])}")
    print(f"Memory per symbol: {told(result['memory'])}")
    print(f"Start, cold cache: {told(result['start_cold'])}")
    print(f"Start, warm cache: {told(result['start_warm'])}")
    print(f"First short backtest: ours {first['ours']:.2f} s, peer {first['peer']:.2f} s")


def told(sample: Sample) -> str:
    parts = []
    for name, value in sample.items():
        if name != "position":
            parts.append(f"{name} {value:,.3f}" if isinstance(value, float) else f"{name} {value}")
    return ", ".join(parts)


def shortened(differences: object, length: int = 200) -> str:
    text = str(differences)
    return text if len(text) <= length else text[:length] + "…"


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows, one round")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    result = everything(Size(quick=options.quick))
    print(json.dumps(result, indent=2)) if options.json else show(result)
    return 0 if all(line["same"] for line in result["throughput"]) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Where the nanoseconds of a compiled replay go: `python -m bench kernel`. Linux with perf and
readelf.

The kernel as it runs is optimised as a whole, and nearly all of a step stands in one function. So
it is compiled once more with its parts kept apart, a function each, and that form is watched: perf
samples the process by its clock, and each sample within the machine code is brought to the function
that it is in. Both forms are timed in one process, and what keeping apart costs is printed with the
table. A part that is always put into its caller (`inlined`, `merged`) counts as that caller.
(numba's debugging information names them all, but with it the code is eighty times as slow.)
"""

import argparse
import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

RATE_HZ = 4_999
PARTS = {
    "rows of the book": ("book_kernels",),
    "rows at the venue": ("venue_kernels",),
    "rows received": ("received_kernels", "kernels"),
    "our orders in the queue": ("order_kernels", "queue_position"),
    "answers": ("answer_kernels", "position"),
    "market and volatility": ("market_kernels", "volatility", "fair_price"),
    "estimates": (
        "estimate_kernels", "trade_kernels", "forecast_kernels", "forecast", "least_squares",
        "regression", "horizon_factor", "arrivals", "rolling", "volume_clock", "flow", "depth",
    ),
    "strategy": (
        "target_kernels", "avellaneda_stoikov", "glft", "closed_forms", "lean", "scaling",
        "level_prices",
    ),
    "guards": ("guard_kernels", "guards"),
    "orders: wanted, kept, placed": (
        "reconcile_kernels", "reconcile", "limits", "budget", "share_kernels", "shares",
        "allocation",
    ),
    "the step itself": ("run_kernels", "uptime"),
}  # fmt: skip


def child(folder: Path, rounds: int, symbols: int) -> None:
    """In the process that is watched: runs, then where its machine code lay."""
    from bench import compiled, worker  # noqa: PLC0415
    from market_maker.decision_kernel.run_kernels import run  # noqa: PLC0415
    from market_maker.replay_venue.compiled import compile_here, load  # noqa: PLC0415
    from market_maker.research.kernel_cache import DECISION, prepare_kernel  # noqa: PLC0415

    prepare_kernel(wait=True)
    market = worker.Market(symbols, 2_000_000)
    code = compile_here(DECISION, apart=True)
    whole, outcome = timed(compiled.backtest, market, rounds)
    load(DECISION, code)
    spent, again = timed(compiled.backtest, market, rounds)
    assert again == outcome, "both forms decide the same"
    (folder / "kernel.o").write_bytes(code)
    names = [line.split() for line in symbols_of(folder / "kernel.o")]
    functions = {words[7]: (int(words[1], 16), int(words[2], 0)) for words in names}
    entry: Any = run
    address = ctypes.pythonapi.PyCFunction_GetFunction
    address.restype, address.argtypes = ctypes.c_void_p, [ctypes.py_object]
    base = address(entry.code) - functions[entry.name][0]
    places = {name: (base + place, size) for name, (place, size) in functions.items()}
    report = {
        "places": places,
        "whole_cpu_s": whole,
        "cpu_s": spent,
        "rows": rounds * market.rows,
        "steps": rounds * market.steps * symbols,
    }
    (folder / "report.json").write_text(json.dumps(report))


def timed(backtest: Any, market: Any, rounds: int) -> tuple[float, dict[str, Any]]:
    """CPU seconds of all rounds, and what came out."""
    made = [backtest(market.recordings, market.start, market.steps) for _ in range(rounds)]
    return sum(spent for spent, _ in made), made[-1][1]


def symbols_of(path: Path) -> list[str]:
    """Of an object file, a line each."""
    said = subprocess.run(  # noqa: S603
        [tool("readelf"), "-sW", str(path)], capture_output=True, text=True, check=True
    ).stdout
    return [line for line in said.splitlines() if len(line.split()) >= 8 and " FUNC " in line]


def tool(name: str) -> str:
    """Where a program is. Ends with words where there is none."""
    found = shutil.which(name)
    if found is None:
        sys.exit(f"error: {name} is not installed")
    return found


def samples_of(path: Path) -> Counter[int]:
    """How often each instruction was seen."""
    said = subprocess.run(  # noqa: S603
        [tool("perf"), "script", "-i", str(path), "-F", "ip"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return Counter(int(line, 16) for line in said.split())


def named(symbol: str) -> tuple[str, str]:
    """Module and function of a mangled name: each part stands behind its length."""
    if "_ZN" not in symbol:  # what Python calls
        _, module, function = symbol.rsplit(".", 2)
        return module, function
    parts, at = [], symbol.find("_ZN") + 3
    while symbol[at : at + 1].isdigit():
        digits = len(symbol[at:]) - len(symbol[at:].lstrip("0123456789"))
        length = int(symbol[at : at + digits])
        parts.append(symbol[at + digits : at + digits + length])
        at += digits + length
    return (parts[-2], parts[-1]) if len(parts) > 1 else ("numba", symbol)


def functions_of(
    seen: Counter[int], places: dict[str, tuple[int, int]]
) -> Counter[tuple[str, str]]:
    """Samples in the kernel, by module and function."""
    found: Counter[tuple[str, str]] = Counter()
    for address, count in seen.items():
        for symbol, (first, size) in places.items():
            if first <= address < first + size:
                found[named(symbol)] += count
                break
    # Of numba's own; the code that makes the feed calls them, too, and the kernel does not.
    return Counter({place: count for place, count in found.items() if place[0] != "numba"})


def part_of(module: str, function: str) -> str:
    """The part of the work that a function does."""
    if (module, function) == ("run_kernels", "begin"):  # the loop over rows stands in it
        return "rows at the venue"
    return next((part for part, names in PARTS.items() if module in names), f"other: {module}")


def profiled(folder: Path, rounds: int, symbols: int) -> dict[str, Any]:
    """One watched process."""
    words = [tool("perf"), "record", "-q", "-e", "cpu-clock:u", "-F", f"{RATE_HZ}"]
    words += ["-o", str(folder / "perf.data"), "--", sys.executable, "-m", "bench.kernel_profile"]
    subprocess.run(  # noqa: S603
        [*words, "--child", str(folder), "--rounds", f"{rounds}", "--symbols", f"{symbols}"],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    report: dict[str, Any] = json.loads((folder / "report.json").read_text())
    report["functions"] = functions_of(samples_of(folder / "perf.data"), report["places"])
    return report


def show(report: dict[str, Any], most: int) -> None:
    functions: Counter[tuple[str, str]] = report["functions"]
    total, rows, steps = sum(functions.values()), report["rows"], report["steps"]
    ns = 1e9 * report["cpu_s"] / total / steps
    print(f"load {os.getloadavg()[0]:.1f}; {total:,} samples in the kernel")
    for what, spent in (("as it runs", report["whole_cpu_s"]), ("kept apart", report["cpu_s"])):
        print(f"{what}: {1e9 * spent / rows:.1f} ns a row, {1e9 * spent / steps:.0f} a step")
    print("\nOf the form whose parts are kept apart:\n")
    parts: Counter[str] = Counter()
    for (module, function), count in functions.items():
        parts[part_of(module, function)] += count
    print("| part | share | ns a step |\n|---|---|---|")
    for part, count in parts.most_common():
        print(f"| {part} | {100 * count / total:.1f} % | {ns * count:.0f} |")
    print("\nFunctions, ns a step")
    for (module, function), count in functions.most_common(most):
        print(f"{ns * count:8.1f}  {module}.{function}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench kernel", description=__doc__)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--symbols", type=int, default=1)
    parser.add_argument("--most", type=int, default=30, help="functions and lines printed")
    options = parser.parse_args(arguments)
    if options.child is not None:
        child(options.child, options.rounds, options.symbols)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        report = profiled(Path(folder), options.rounds, options.symbols)
        show(report, options.most)
        print(f"\n{time.perf_counter() - began:.0f} s in all")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

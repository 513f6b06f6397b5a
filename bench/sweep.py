"""Runs a minute of one sweep: ours on one core, on two and on a local cluster of two workers, and
the same points in hftbacktest on one and two, each a command of its own, compile times included.

Ours keeps compiled kernels on disk: the first command here finds none (`cold`), the others do.
hftbacktest compiles in every process. Ours works out PnL by cause, markouts and a report for each
run, and fills partially; the peer's runs end with its balance.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench import feed
from bench.strategy import CONFIG, GAMMA, MIN_SPREAD_BPS
from market_maker.research.sweep_space import dimension
from market_maker.storage.recording import write_recording

Sample = dict[str, Any]
RATE = 200
HOUR_ROWS = 3_600 * RATE
PORT = 18_786
MEMBER = (
    "[[members]]\n"
    'participant_id = "in-house"\ncapital_weight_pct = 100\n'
    "position_limit_usdt = 20000\nmax_loss_usdt = 1000000\n"
)


class Size:
    """How much is measured: an hour of one symbol and 200 points, or a tenth of both."""

    def __init__(self, *, quick: bool) -> None:
        self.rows = HOUR_ROWS // 10 if quick else HOUR_ROWS
        gammas, spreads = (5, 4) if quick else (20, 10)
        self.over = (
            f"gamma={GAMMA / 4}:{GAMMA * 4}:{gammas}:log",
            f"min_spread_bps={MIN_SPREAD_BPS}:{MIN_SPREAD_BPS * 10}:{spreads}",
        )

    def points(self) -> list[tuple[float, float]]:
        gammas, spreads = (dimension(text).values for text in self.over)
        return [(float(g), float(s)) for g in gammas for s in spreads]  # type: ignore[arg-type]


def pool_text() -> str:
    """The configuration of bench/strategy.py as a file."""
    lines = []
    for name in CONFIG.__struct_fields__:
        value = getattr(CONFIG, name)
        if name in {"members", "strategy_params", "symbol", "version"}:
            continue
        words = str(value).lower() if isinstance(value, bool) else value
        lines.append(f'{name} = "{value}"' if isinstance(value, str) else f"{name} = {words}")
    params = ", ".join(f"{name} = {value}" for name, value in CONFIG.strategy_params.items())
    return "\n".join([*lines, f"strategy_params = {{ {params} }}", "", MEMBER])


def ours(folder: Path, size: Size, name: str, *more: str, cores: int) -> Sample:
    """One command, from its start to its files."""
    over = [word for text in size.over for word in ("--over", text)]
    common = ["--config", str(folder / "pool.toml"), "--step-ms", "100", "--latency-ms", "5"]
    output = folder / name
    arguments = ["sweep", str(folder / "feed.mmrec"), *over, *common, "-o", str(output), *more]
    sample = timed([sys.executable, "-m", "market_maker", *arguments], folder, cores)
    if sample.pop("out", None) is not None:
        result = json.loads((output / "sweep.json").read_text())
        sample["runs"], sample["fills"] = result["runs"], sum(r["fills"] for r in result["rows"])
    return sample


def timed(words: list[str], folder: Path, cores: int, given: str = "") -> Sample:
    """A command from its start to its end, all of its processes counted."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(  # noqa: S603  ourselves
        words,
        env={**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")},
        preexec_fn=lambda: os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:cores]),
        input=given,
        capture_output=True,
        text=True,
        check=False,
    )
    wall, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        return {"error": (done.stderr.splitlines() or ["no word"])[-1]}
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sample = {"wall_s": wall, "cpu_s": spent}
    said = [line for line in done.stderr.splitlines() if "MiB" in line]
    if said:
        sample["mib"] = float(said[-1].split("at most ")[1].split()[0])
    return sample | {"out": done.stdout}


def peer(folder: Path, size: Size, jobs: int) -> Sample:
    steps = size.rows // RATE * 10 - 100
    words = [sys.executable, "-W", "ignore", "-m", "bench.peer_sweep", str(folder / "feed.mmrec")]
    sample = timed([*words, f"{jobs}", f"{steps}"], folder, jobs, json.dumps(size.points()))
    return sample | json.loads(sample.pop("out").splitlines()[-1]) if "out" in sample else sample


@contextmanager
def local_cluster(folder: Path) -> Any:
    """A scheduler and two workers of one thread each."""
    dask = str(Path(sys.executable).with_name("dask"))
    address = f"tcp://127.0.0.1:{PORT}"
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "cache")}
    words = [["scheduler", "--host", "127.0.0.1", "--port", f"{PORT}", "--no-dashboard"]]
    words += [["worker", address, "--nthreads", "1", "--no-nanny", "--no-dashboard"]] * 2
    log = (folder / "dask.log").open("wb")
    started = [
        subprocess.Popen([dask, *each], cwd=folder, stdout=log, stderr=log, env=environment)  # noqa: S603  ourselves
        for each in words
    ]
    try:
        while (folder / "dask.log").read_bytes().count(b"Registered to:") < 2:
            if any(process.poll() is not None for process in started):
                raise SystemExit((folder / "dask.log").read_text()[-2_000:])
            time.sleep(0.2)
        yield address
    finally:
        for process in started:
            process.kill()
            process.wait()
        log.close()


def everything(folder: Path, size: Size) -> dict[str, Sample]:
    write_recording(folder / "feed.mmrec", feed.recording(size.rows, RATE, 1_000))
    (folder / "pool.toml").write_text(pool_text())
    found = {}
    for name, measure in (
        ("ours, one core, cold", lambda: ours(folder, size, "cold", "--jobs", "1", cores=1)),
        ("ours, one core", lambda: ours(folder, size, "one", "--jobs", "1", cores=1)),
        ("peer, one core", lambda: peer(folder, size, 1)),
        ("ours, two cores", lambda: ours(folder, size, "two", "--jobs", "2", cores=2)),
        ("peer, two cores", lambda: peer(folder, size, 2)),
    ):
        print(f"{name} …", file=sys.stderr, flush=True)
        found[name] = measure()
    print("ours, cluster of two …", file=sys.stderr, flush=True)
    with local_cluster(folder) as address:
        found["ours, cluster of two"] = ours(folder, size, "cluster", "--cluster", address, cores=2)
    tables = {name: folder / name / "sweep.csv" for name in ("cold", "one", "two", "cluster")}
    same = {path.read_bytes() for path in tables.values() if path.exists()}
    found["same"] = {"tables": len(tables), "different": len(same)}
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench sweep", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the rows and of the runs")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    size = Size(quick=options.quick)
    load = os.getloadavg()
    with tempfile.TemporaryDirectory() as folder:
        found = everything(Path(folder), size)
    if options.json:
        print(json.dumps(found | {"load": {"before": load, "after": os.getloadavg()}}, indent=2))
    else:
        show(found, size, load)
    bad = any("error" in sample for sample in found.values())
    return 1 if bad or found["same"]["different"] != 1 else 0


def show(found: dict[str, Sample], size: Size, load: tuple[float, float, float]) -> None:
    after = os.getloadavg()
    print(f"{size.rows:,} rows of one symbol, {len(size.points())} points and one more of ours")
    print(f"load before {load[0]:.1f}, after {after[0]:.1f}, on {os.cpu_count()} processors\n")
    print("| | runs a minute | CPU ms a run | wall | CPU | MiB in one process | fills |")
    print("|---|---|---|---|---|---|---|")
    for name, sample in found.items():
        if name == "same":
            continue
        if "error" in sample:
            print(f"| {name} | {sample['error']} |")
            continue
        runs, wall, spent = sample["runs"], sample["wall_s"], sample["cpu_s"]
        print(
            f"| {name} | {60 * runs / wall:,.0f} | {1e3 * spent / runs:,.0f} | {wall:.1f} s"
            f" | {spent:.1f} s | {sample.get('mib', 0):,.0f} | {sample['fills']:,} |"
        )
    print("\nThe CPU of the cluster is that of the command alone, without its workers.")
    print(f"tables of ours: {found['same']['tables']}, different: {found['same']['different']}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

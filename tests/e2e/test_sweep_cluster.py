"""A sweep on a local Dask cluster of two workers, one of which is killed in the middle."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.cli.main import run
from market_maker.clocks import WallClock
from market_maker.storage.recording import write_recording
from tests.servers import free_port
from tests.toy_market import toy_recording

DASK = Path(sys.executable).with_name("dask")
PATIENCE_S = 120
LOOKED_EVERY = 20_000_000
"""Nanoseconds: the workers need the machine."""
GRID = ["--over", "gamma=0.01:0.1:6:log", "--over", "min_spread_bps=2,3,4"]


class DaskCluster:
    """A scheduler and two workers on loopback, each a process."""

    def __init__(self, folder):
        port = free_port()
        self.address = f"tcp://127.0.0.1:{port}"
        self.log = folder / "dask.log"
        self.file = self.log.open("wb")
        self.scheduler = self.start(
            "scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard"
        )
        self.workers = [
            self.start(
                *("worker", self.address, "--host", "127.0.0.1", "--nthreads", "1"),
                *("--no-nanny", "--no-dashboard", "--local-directory", str(folder / name)),
            )
            for name in ("one", "two")
        ]

    def start(self, *words):
        return subprocess.Popen([DASK, *words], stdout=self.file, stderr=self.file)

    def __enter__(self):
        wait_until(lambda: self.log.read_bytes().count(b"Registered to:") == 2, self.log)
        return self

    def __exit__(self, *_):
        for process in (*self.workers, self.scheduler):
            process.kill()
            process.wait()
        self.file.close()


def wait_until(holds, log):
    clock = WallClock()
    until = clock.now() + PATIENCE_S * 1_000_000_000
    while not holds():
        assert clock.now() < until, log.read_text()
        clock.sleep(LOOKED_EVERY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("cluster")
    write_recording(path / "toy.mmrec", toy_recording(seconds=20))
    return path


@pytest.fixture(scope="module")
def cluster(folder):
    with DaskCluster(folder) as started:
        yield started


def words(folder, output, *more):
    return ["sweep", str(folder / "toy.mmrec"), *GRID, "-o", str(folder / output), *more]


def table(output):
    return (output / "sweep.csv").read_bytes(), (output / "sweep.json").read_bytes()


@pytest.mark.slow
def test_a_cluster_whose_worker_is_killed_writes_the_bytes_of_one_process(folder, cluster):
    assert run(words(folder, "alone", "--jobs", "1")) == 0
    program = [sys.executable, "-m", "market_maker"]
    # A folder as it is typed in a shell: the workers stand elsewhere.
    arguments = ["sweep", "toy.mmrec", *GRID, "-o", "cluster", "--cluster", cluster.address]
    runs = folder / "cluster" / "runs.jsonl"
    sweep = subprocess.Popen([*program, *arguments], stderr=subprocess.PIPE, cwd=folder)
    wait_until(
        lambda: sweep.poll() is not None or (runs.exists() and runs.read_bytes().count(b"\n") >= 3),
        cluster.log,
    )
    cluster.workers[0].send_signal(signal.SIGKILL)
    _, errors = sweep.communicate(timeout=PATIENCE_S)
    assert sweep.returncode == 0, errors.decode()
    assert table(folder / "cluster") == table(folder / "alone")


@pytest.mark.slow
def test_an_address_where_no_scheduler_answers_is_one_line(folder, capsys):
    arguments = words(folder, "nobody", "--cluster", f"tcp://127.0.0.1:{free_port()}")
    assert run(arguments) == 2
    assert "cluster: 'tcp://127.0.0.1:" in capsys.readouterr().err
    assert run(words(folder, "nobody", "--cluster", "nonsense://x")) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("error: cluster: 'nonsense://x' is not allowed; allowed: the address")

"""`market_maker sweep` as a person calls it, also when it is killed in the middle."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.cli.main import run
from market_maker.clocks import WallClock
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

CONFIG = """
gamma = 0.01
kappa = 20
min_spread_bps = 3
max_spread_bps = 80
order_size_usdt = 1000
vol_lookback_seconds = 10
warmup_samples = 3
"""
GRID = ["--over", "gamma=0.01:0.1:4:log", "--over", "min_spread_bps=2,3,4"]
RUNS = 2 * 2 * 13
PATIENCE_S = 120


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("sweep")
    for seed in (1, 2):
        write_recording(path / f"toy{seed}.mmrec", toy_recording(seconds=24, seed=seed))
    (path / "pool.toml").write_text(CONFIG)
    return path


@pytest.fixture(scope="module")
def whole(folder):
    """The table of a sweep that was not disturbed."""
    assert run(words(folder, "whole", "--jobs", "2")) == 0
    return table(folder / "whole")


def words(folder, output, *more):
    recordings = [str(folder / f"toy{seed}.mmrec") for seed in (1, 2)]
    common = ["--config", str(folder / "pool.toml"), "--splits", "2", *GRID]
    return ["sweep", *recordings, *common, "-o", str(folder / output), *more]


def table(output):
    return (output / "sweep.csv").read_bytes(), (output / "sweep.json").read_bytes()


def refused(capsys, arguments):
    """The one line on standard error."""
    assert run([str(each) for each in arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    return line


def wait_until(holds):
    """A deadline of a test, not a measurement."""
    until = WallClock().now() + PATIENCE_S * 1_000_000_000
    while not holds():
        assert WallClock().now() < until
        os.sched_yield()


class Started:
    """A sweep in a process of its own."""

    def __init__(self, folder, output, *more):
        program = [sys.executable, "-m", "market_maker", *words(folder, output, *more)]
        self.process = subprocess.Popen(program, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.runs = folder / output / "runs.jsonl"

    def wait_for_runs(self, count):
        """Or until all are done."""

        def holds():
            if self.process.poll() is not None:
                assert self.process.returncode == 0, self.process.stderr.read()
                return True
            return self.runs.exists() and self.runs.read_bytes().count(b"\n") >= count

        wait_until(holds)

    def workers(self):
        """Processes that it started and that replay: they have the recordings mapped."""
        try:
            text = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        except FileNotFoundError:
            return []
        return [pid for pid in map(int, text.split()) if "-0/ticks.npy" in maps_of(pid)]

    def ended(self):
        _, errors = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, errors.decode()


def maps_of(pid):
    try:
        return Path(f"/proc/{pid}/maps").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def gone(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return "Z" in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:1]


@pytest.mark.slow
def test_one_table_one_object_and_one_page_say_the_same(folder, whole):
    rows = list(csv.DictReader(whole[0].decode().splitlines()))
    result = json.loads(whole[1])
    page = (folder / "whole" / "sweep.html").read_text()
    assert len(rows) == len(result["rows"]) == 13
    assert result["runs"] == RUNS
    for row, other in zip(rows, result["rows"], strict=True):
        assert row["net_pnl"] == other["net_pnl"]
        assert row["gamma"] == other["values"].get("gamma", "")
        assert other["label"] in page
    assert not re.search(r"https?://", page)
    assert len(result["walk_forward"]["folds"]) == 1
    assert not (folder / "whole" / "columns").exists()


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_the_number_of_processes_changes_no_byte(folder, whole, jobs):
    assert run(words(folder, f"jobs{jobs}", "--jobs", jobs)) == 0
    assert table(folder / f"jobs{jobs}") == whole


def killed_twice(folder, output):
    """What two sweeps left that were killed, the second one with 20 runs done. One that came to its
    end before the signal did is begun again."""
    runs = folder / output / "runs.jsonl"
    while True:
        for count in (3, 20):
            started = Started(folder, output, "--jobs", "2")
            started.wait_for_runs(count)
            workers = started.workers()
            started.process.kill()
            started.ended()
            wait_until(lambda workers=workers: all(map(gone, workers)))
        if runs.read_bytes().count(b"\n") < RUNS:
            return runs
        shutil.rmtree(folder / output)


@pytest.mark.slow
def test_a_killed_sweep_leaves_no_process_and_goes_on_to_the_same_bytes(folder, whole):
    runs = killed_twice(folder, "killed")
    done = runs.read_bytes()
    lines = done.count(b"\n")
    assert lines >= 20
    whole_lines = done[: done.rindex(b"\n") + 1]
    runs.write_bytes(whole_lines + whole_lines[:100])  # a line that was cut short
    code, errors = Started(folder, "killed", "--jobs", "2").ended()
    assert code == 0, errors
    assert f"{RUNS} runs, {lines} of them done earlier" in errors
    assert table(folder / "killed") == whole


def killed_worker(started):
    """Whether one was killed before the sweep came to its end."""
    started.wait_for_runs(2)
    wait_until(lambda: started.workers() or started.process.poll() is not None)
    for worker in started.workers()[:1]:
        os.kill(worker, signal.SIGKILL)
        return True
    return False


@pytest.mark.slow
def test_a_killed_worker_changes_no_byte(folder, whole):
    started = Started(folder, "worker", "--jobs", "2")
    while not killed_worker(started):
        started.ended()
        shutil.rmtree(folder / "worker")
        started = Started(folder, "worker", "--jobs", "2")
    code, errors = started.ended()
    assert code == 0, errors
    assert table(folder / "worker") == whole


@pytest.mark.slow
def test_a_finished_sweep_is_printed_again_without_a_run(folder, whole, capsys):
    before = (folder / "whole" / "runs.jsonl").read_bytes()
    assert run(words(folder, "whole", "--json")) == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out) == json.loads(whole[1])
    assert f"{RUNS} runs, {RUNS} of them done earlier" in shown.err
    assert (folder / "whole" / "runs.jsonl").read_bytes() == before


@pytest.mark.slow
def test_halving_runs_few_for_long_and_the_best_of_them_as_a_grid_would(folder, whole):
    assert run(words(folder, "halving", "--method", "halving", "--rungs", "2")) == 0
    result = json.loads((folder / "halving" / "sweep.json").read_text())
    full = {row["label"]: row for row in json.loads(whole[1])["rows"]}
    ran = [row for row in result["rows"] if row["of_time"] == 1.0]
    assert len(ran) == 1 + 4
    assert result["runs"] == 2 * 13 + 4 * 5
    for row in ran:
        assert row["net_pnl"] == full[row["label"]]["net_pnl"]
    assert all(row["of_time"] == 1 / 3 for row in result["rows"][5:])


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("options", "words_of_it"),
    [
        ([], "over: missing"),
        (["--over", "gama=1,2"], "over: 'gama' is not allowed; allowed: gamma is the nearest"),
        (["--over", "gamma=2:1:3"], "over: 'gamma=2:1:3' is not allowed; allowed: low below high"),
        (["--over", "gamma=1:2"], "low:high:count in a grid"),
        (["--over", "gamma=-1,1"], "gamma: -1 is not allowed; allowed: a number above 0"),
        (["--over", "gamma=1,2", "--over", "gamma=3,4"], "each field once"),
        (
            ["--over", "gamma=1:2:1000", "--over", "kappa=1:2:1000"],
            "1,000,000 runs' is not allowed; allowed: up to 2,000 runs; --yes for more, --samples",
        ),
        (
            ["--yes", "--over", "gamma=1:2:1001", "--over", "kappa=1:2:1000"],
            "at most 1,000,000 runs",
        ),
        (["--over", "gamma=1,2", "--method", "best"], "method: 'best' is not allowed"),
        (["--over", "gamma=1,2", "--method", "random"], "samples: missing"),
        (["--over", "gamma=1,2", "--samples", "0"], "samples: 0 is not allowed"),
        (["--over", "gamma=1,2", "--splits", "0"], "splits: 0 is not allowed"),
        (["--over", "gamma=1,2", "--rungs", "3"], "rungs: 3 is not allowed"),
        (["--over", "gamma=1,2", "--method", "halving", "--rungs", "9"], "rungs: 9"),
        (["--over", "gamma=1,2", "--score", "luck"], "score: 'luck' is not allowed"),
        (["--over", "gamma=1,2", "--jobs", "0"], "jobs: 0 is not allowed"),
        (["--over", "gamma=1,2", "--seed", "-1"], "seed: -1 is not allowed"),
    ],
)
def test_bad_input_is_one_line_with_the_field_the_value_and_what_is_allowed(
    capsys, folder, tmp_path, options, words_of_it
):
    line = refused(capsys, ["sweep", folder / "toy1.mmrec", "-o", tmp_path / "none", *options])
    assert words_of_it in line
    assert not (tmp_path / "none").exists()


def test_a_recording_that_is_missing_or_damaged_is_named(capsys, folder, tmp_path):
    rest = ["-o", tmp_path / "none", "--over", "gamma=1,2"]
    assert "there is no such file" in refused(capsys, ["sweep", tmp_path / "no.mmrec", *rest])
    cut = tmp_path / "cut.mmrec"
    cut.write_bytes((folder / "toy1.mmrec").read_bytes()[:-50])
    line = refused(capsys, ["sweep", folder / "toy1.mmrec", cut, *rest])
    assert "cut.mmrec: the file is truncated" in line


def test_an_output_that_cannot_be_written_to_is_named(capsys, folder, tmp_path):
    over = ["--over", "gamma=1,2"]
    file = tmp_path / "file"
    file.write_text("mine")
    full = tmp_path / "full"
    full.mkdir()
    (full / "thesis.txt").write_text("mine")
    for output, said in (
        (file, "a folder, not a file"),
        (tmp_path / "no" / "such", "in a folder that exists"),
        (full, "a new or an empty folder"),
        (Path("/proc/sweep"), "can be made and written to"),
    ):
        line = refused(capsys, ["sweep", folder / "toy1.mmrec", "-o", output, *over])
        assert line.startswith(f"error: output: '{output}'"[:60])
        assert said in line
    assert [path.name for path in full.iterdir()] == ["thesis.txt"]


@pytest.mark.slow
def test_another_sweep_in_the_same_folder_is_refused_by_the_field_that_differs(
    capsys, folder, whole
):
    capsys.readouterr()
    for more, said in (
        (["--over", "kappa=10,20"], "over: "),
        (["--seed", "5"], "seed: '5' is not allowed; allowed: 0, with which the sweep in"),
        (["--latency-ms", "7"], "terms: "),
        (["--score", "pnl_per_turnover_bps"], "score: "),
    ):
        assert said in refused(capsys, words(folder, "whole", *more))
    assert table(folder / "whole") == whole


@pytest.mark.slow
def test_two_sweeps_at_once_in_one_folder_are_one_too_many(capsys, folder):
    started = Started(folder, "twice", "--jobs", "1")
    started.wait_for_runs(1)
    assert "no other sweep is running" in refused(capsys, words(folder, "twice"))
    started.process.kill()
    started.ended()

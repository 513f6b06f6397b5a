"""Commands that write files, on a disk without space: one line that names the file, and no file."""

import subprocess
import sys
from pathlib import Path

import pytest

from market_maker.storage.recording import write_recording
from tests.support.machine import not_run
from tests.support.small_disk import small_disk
from tests.toy_market import toy_recording

pytestmark = pytest.mark.slow
POOL = str(Path(__file__).parents[2] / "docs" / "replay-example.toml")
SHAPE = ("--mid", "61000", "--sigma", "60")
COMMANDS = [
    ("record-sandbox", "--minutes", "1", "-o", "{disk}/x"),
    ("estimates", "{recording}", "--html", "{disk}/x"),
    ("replay", "{recording}", "--engine", "python", "--report", "{disk}/x"),
    ("compare", "{recording}", "--strategies", "glft,symmetric", "--report", "{disk}/x"),
    ("preview", "--config", POOL, *SHAPE, "--html", "{disk}/x"),
    ("generate-config", "--output", "{disk}/x"),
    ("sweep", "{recording}", "--over", "min_spread_bps=3,6", "-o", "{disk}/x"),
]


def said(words):
    return subprocess.run(
        [sys.executable, "-m", "market_maker", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_a_full_disk_is_one_line_that_names_the_file_and_nothing_half_written(tmp_path, words):
    recording = tmp_path / "toy.mmrec"
    write_recording(recording, toy_recording(seconds=20))
    with small_disk(tmp_path / "disk") as disk:
        if not disk.mounted:
            not_run("no file system of its own can be mounted here")
        disk.fill(0)
        places = {"disk": disk.folder, "recording": recording}
        done = said([word.format(**places) for word in words])
        assert done.returncode == 2, done.stderr
        assert f"error: {disk.folder}/x: cannot be written: no space left" in done.stderr
        assert done.stderr.splitlines()[-1].startswith("error: ")
        assert "Traceback" not in done.stderr
        left = {path.name for path in disk.folder.rglob("*") if path.is_file()}
        assert left <= {"filler", "lock"}

"""A command whose output is read no more ends in silence, and as a shell expects it."""

import os
import subprocess
import sys

import pytest

from market_maker.cli.main import UNREAD


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.setenv("MM_DATA_DIR", str(tmp_path))


def unread():
    """The end of a pipe that has no reader."""
    read, write = os.pipe()
    os.close(read)
    return write


def ended(words, tmp_path, *, errors=subprocess.PIPE):
    output = unread()
    try:
        return subprocess.run(
            [sys.executable, "-m", "market_maker", *words],
            stdout=output,
            stderr=errors,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    finally:
        os.close(output)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "words",
    [
        ["--help"],
        ["openapi"],
        ["generate-config", "--output", "-"],
        ["validate-config"],
        ["db", "upgrade"],
        ["simulate", "avellaneda-stoikov", "--paths", "1000"],
    ],
)
def test_a_command_whose_reader_left_says_nothing_and_ends_as_by_the_signal(words, tmp_path):
    done = ended(words, tmp_path)
    assert (done.returncode, done.stderr) == (UNREAD, "")


@pytest.mark.thorough
def test_what_was_done_before_the_reader_left_stays_done(tmp_path):
    assert ended(["db", "upgrade"], tmp_path).returncode == UNREAD
    done = ended(["ledger", "check"], tmp_path)
    assert (done.returncode, done.stderr) == (UNREAD, "")
    again = subprocess.run(
        [sys.executable, "-m", "market_maker", "ledger", "check"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert again.returncode == 0
    assert again.stdout.endswith(
        "right: it balances, and follows from the fills to the last digit\n"
    )


@pytest.mark.thorough
@pytest.mark.parametrize("words", [["dmeo"], ["--bogus"], ["ledger", "check", "--month", "x"]])
def test_an_error_that_no_one_reads_ends_the_same_way(words, tmp_path):
    assert ended(words, tmp_path, errors=subprocess.STDOUT).returncode == UNREAD

"""Ctrl-C in the first moment of the program."""

import subprocess
import sys

import pytest

INTERRUPTED_AT_ITS_START = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.{before})

class Finder:
    def find_spec(self, name, path, target=None):
        if name == "market_maker.cli.main":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
sys.argv = ["market_maker", "--version"]
import market_maker.__main__
"""


@pytest.mark.parametrize(
    ("before", "code", "said"),
    [("default_int_handler", 130, ""), ("SIG_IGN", 0, "market_maker ")],
)
def test_an_interrupt_while_modules_are_read_ends_in_silence_or_is_ignored_as_before(
    before, code, said
):
    program = INTERRUPTED_AT_ITS_START.format(before=before)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (code, "")
    assert done.stdout.startswith(said)

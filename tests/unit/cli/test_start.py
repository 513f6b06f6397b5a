"""Ctrl-C in the first moment of the program."""

import gc
import subprocess
import sys

import pytest

from market_maker.cli.start import lasting

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


@pytest.mark.parametrize(("asked", "found"), [(None, "1"), ("2", "2")])
def test_numpy_begins_no_threads_that_were_not_asked_for(monkeypatch, asked, found):
    """Its algebra begins one for each processor as it is loaded."""
    program = (
        "import os, sys\n"
        "sys.argv = ['market_maker', '--version']\n"
        "from market_maker.cli.start import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    import numpy\n"
        "    print(os.environ['OPENBLAS_NUM_THREADS'], len(os.listdir('/proc/self/task')))\n"
    )
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    if asked is not None:
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", asked)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    threads, running = done.stdout.split()[-2:]
    assert threads == found
    assert int(running) <= int(found)


@lasting()
def _makes(kept, fails):
    kept.append([kept])
    if fails:
        raise KeyError


def test_what_is_made_to_stay_is_not_walked_through_afterwards():
    kept = []
    _makes(kept, fails=False)
    try:
        assert gc.isenabled()
        assert all(each is not kept[0] for each in gc.get_objects())
    finally:
        gc.unfreeze()


def test_what_was_not_made_is_walked_through_as_before():
    kept = []
    with pytest.raises(KeyError):
        _makes(kept, fails=True)
    assert gc.isenabled()
    assert any(each is kept[0] for each in gc.get_objects())


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_a_terminal_that_lacks_a_character_gets_another_one(monkeypatch, encoding):
    """`preview` ended in a traceback at the first square root."""
    program = (
        "import sys\n"
        "sys.argv = ['market_maker', '--version']\n"
        "from market_maker.cli.start import main\n"
        "try:\n"
        "    main()\n"
        "except SystemExit:\n"
        "    print('60 bps/\u221ah')\n"
        "    print('60 bps/\u221ah', file=sys.stderr)\n"
    )
    monkeypatch.setenv("PYTHONIOENCODING", encoding)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, timeout=60, check=True
    )
    shown = "60 bps/\u221ah".encode(encoding, "replace")
    assert done.stdout.splitlines()[-1] == done.stderr.splitlines()[-1] == shown

"""What replays run on is compiled before the first of them, and then only read."""

import os
import subprocess
import sys

import pytest

from market_maker.cli import main
from market_maker.storage.recording import write_recording
from tests.toy_market import toy_recording

LOADED = (
    "import sys\n"
    "from market_maker.cli.main import run\n"
    "assert run(sys.argv[1:]) == 0\n"
    "print('numba' in sys.modules, file=sys.stderr)\n"
)


def python(code, *words, **environment):
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, **environment},  # noqa: TID251 - numba's own setting
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_the_session_has_compiled_is_there_already(capsys):
    for arguments in (["kernels"], ["kernels", "--no-wait"]):
        assert main.run(arguments) == 0
        venue, decision, kept = capsys.readouterr().out.splitlines()
        assert venue == "replay venue: there already"
        assert decision == "decision kernel: there already"
        assert kept.startswith("kept in /")


@pytest.mark.thorough
def test_a_replay_compiles_nothing_where_everything_is_kept(tmp_path):
    """Nor does it say that it does."""
    write_recording(tmp_path / "toy.mmrec", toy_recording(seconds=10))
    ran = python(LOADED, "replay", str(tmp_path / "toy.mmrec"), "--json")
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr == "False\n"
    assert '"engine":"compiled"' in ran.stdout

"""A worker settles the form of its engine before it reads one, as the command line does."""

import os
import subprocess
import sys

import pytest

from market_maker.cli.commands import COMMANDS
from market_maker.cli.worker import BY_HAND
from market_maker.cli.worker_start import REFUSED
from market_maker.serving.worker_process import EXIT_REFUSED
from scripts.native_engine import MODULES

BUILT = ["market_maker." + name.removesuffix(".py").replace("/", ".") for name in MODULES]
LOADED = "import sys, {module}; print(sorted(set({names}) & set(sys.modules)))"


def python(*words, **environment):
    return subprocess.run(
        [sys.executable, *words],
        env=os.environ | environment,  # noqa: TID251  for a child
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("module", ["market_maker.cli.main", "market_maker.cli.worker_start"])
def test_nothing_of_a_build_is_imported_before_its_form_is_settled(module):
    done = python("-c", LOADED.format(module=module, names=BUILT))
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("compiled", "error: MM_ENGINE: 'compiled' is not allowed; allowed: interpreted or native"),
        ("interpreted", f"error: {BY_HAND}"),
    ],
)
def test_a_worker_that_is_refused_says_why_in_one_line(setting, said):
    done = python("-m", "market_maker.cli.worker_start", MM_ENGINE=setting)
    assert (done.returncode, done.stderr) == (REFUSED, said + "\n")
    assert REFUSED == EXIT_REFUSED


def test_what_trades_takes_a_native_engine_and_nothing_else_does():
    assert {name for name, each in COMMANDS.items() if each.trades} == {
        "demo",
        "run",
        "serve",
        "walk",
    }

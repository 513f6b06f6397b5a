"""The first screen of `make run`: where the panel is, and a checkout without Node."""

import os
import shutil
import subprocess

import msgspec
import pytest

from market_maker.cli.walk import engine_words, panel_words
from market_maker.native_engine import EngineForm
from market_maker.serving.banner import banner_of
from market_maker.serving.panel_port import PORT_TAKEN
from market_maker.settings import Settings
from tests.tidy.tree import ROOT

LONGEST = "http://127.0.0.1:65535/market-maker/pools"
REST = "  API http://127.0.0.1:65535/docs  metrics :65535"
SCREEN = 80


@pytest.mark.parametrize(
    ("address", "built", "words"),
    [
        (LONGEST, True, "panel http://127.0.0.1:65535/"),
        (LONGEST, False, "panel: not built"),
        (PORT_TAKEN, True, "panel: none, port 3001 is taken"),
    ],
)
def test_the_first_line_says_where_the_panel_is_or_why_not(address, built, words):
    assert panel_words(address, built=built) == words
    assert len(words + REST) <= SCREEN


@pytest.mark.parametrize(
    ("form", "why", "words"),
    [
        ("native", "", "engine native"),
        ("interpreted", "none built", "engine interpreted: none built"),
    ],
)
def test_the_walk_says_how_its_engine_runs(form, why, words):
    banner = banner_of(Settings(), "http://a:1", "http://a:2", "")
    shown = msgspec.structs.replace(banner, engine=EngineForm(form), engine_why=why)
    assert engine_words(shown) == words


def test_make_run_goes_on_without_node_and_says_so(tmp_path):
    (tmp_path / "panel" / "src").mkdir(parents=True)
    for name in ("Makefile", "panel/package-lock.json", "panel/index.html", "panel/vite.config.ts"):
        shutil.copy(ROOT / name, tmp_path / name)
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "node").write_text("#!/bin/sh\nexit 1\n")
    (shims / "node").chmod(0o755)
    path = f"{shims}:{os.environ['PATH']}"  # noqa: TID251  for a child
    made = subprocess.run(
        ["make", "panel-if-possible", "PYTHON=no-such-python"],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},  # noqa: TID251  for a child
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert "Node 20.19 or newer is not on the path" in made.stdout
    assert "The panel is not built" in made.stdout
    assert "Python 3.11 to 3.14 is needed" in made.stderr

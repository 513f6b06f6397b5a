"""scripts/test_hip3.sh: a short session on a builder's market, and its events counted."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.test_hyperliquid_dead_man import MAKER, Emulator

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "test_hip3.sh"


def ran(folder, *arguments):
    environment = {
        "MARKET_MAKER": str(Path(sys.executable).parent / "market_maker"),
        "HYPERLIQUID_PRIVATE_KEY": MAKER,
        "HYPERLIQUID_STATE_DIR": str(folder / "state"),
        "HYPERLIQUID_METRICS_PORT": "0",
    }
    return subprocess.run(
        [SCRIPT, *arguments],
        env=os.environ | environment,  # noqa: TID251  for a child
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("arguments", [("BTC", "hyna", "0"), ("BTC", "hyna", "60", "nowhere")])
def test_what_cannot_be_meant_is_refused(arguments, tmp_path):
    done = ran(tmp_path, *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")


@pytest.mark.slow
def test_a_session_leaves_a_log_of_its_own_and_counts(tmp_path):
    with Emulator(tmp_path) as venue:
        done = ran(tmp_path, "BTC", "hyna", "8", venue.url)
        assert done.returncode == 0, done.stdout + done.stderr
        assert venue.open_count() == 0
    (log,) = [path for path in (tmp_path / "logs").iterdir() if path.suffix == ".log"]
    assert re.fullmatch(r"mm_hyna_BTC_\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.log", log.name)
    counts = dict(re.findall(r"^(\w[\w ]*\w) {2,}(\d+)$", done.stdout, re.MULTILINE))
    assert int(counts["lines"]) > 5
    assert int(counts["Trades processed"]) > 0
    assert counts["ended with"] == "0"
    assert MAKER not in log.read_text()

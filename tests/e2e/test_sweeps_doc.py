"""The commands of docs/sweeps.md, in its order, on the recordings that it has the reader make."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = (Path(__file__).parents[2] / "docs" / "sweeps.md").read_text("utf-8")
OUTPUTS = ("grid", "random", "halving")


def commands():
    """Of plain blocks: the cluster's, which need a cluster, are marked as a shell's."""
    blocks = re.findall(r"^```\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.splitlines()]


@pytest.mark.slow
def test_every_command_of_the_page_runs_and_leaves_what_it_says(tmp_path):
    program = Path(sys.executable).with_name("market_maker")
    assert {words[0] for words in commands()} == {"market_maker"}
    for words in commands():
        ran = subprocess.run(
            [program, *words[1:]],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=600,
        )
        assert ran.returncode == 0, f"{shlex.join(words)}: {ran.stderr}"
    for name in OUTPUTS:
        left = sorted(path.name for path in (tmp_path / name).iterdir())
        assert left == ["lock", "plan.json", "runs.jsonl", "sweep.csv", "sweep.html", "sweep.json"]

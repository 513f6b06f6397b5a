"""README's research commands, in its order, on the recording that it has the reader make."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
PROGRAM = ".venv/bin/market_maker"
RESEARCH = ("record-sandbox", "replay", "preview", "estimates", "compare", "sweep")
SHORTER = {"record-sandbox": ["--minutes", "3"]}
"""So that a test does not record half an hour."""


def commands():
    blocks = re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    return [
        words[1:]
        for words in (shlex.split(line, comments=True) for line in lines)
        if words[:1] == [PROGRAM] and words[1] in RESEARCH
    ]


def test_each_research_command_is_shown() -> None:
    assert sorted({words[0] for words in commands()}) == sorted(RESEARCH)


@pytest.mark.slow
def test_every_research_command_of_the_readme_runs(tmp_path) -> None:
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    program = Path(sys.executable).with_name("market_maker")
    for words in commands():
        ran = subprocess.run(
            [program, *words, *SHORTER.get(words[0], [])],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, f"{shlex.join(words)}: {ran.stderr}"

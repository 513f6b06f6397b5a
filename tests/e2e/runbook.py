"""Reading a document's `sh` blocks as steps, and running them in one shell.

A step is a command and what is expected of its output; a line that begins with `curl`, or that
follows an expectation, begins a new one. Expectations stand under a command as `# -> ...`: JSON,
which the output's JSON must contain, or words, which the output must contain. In both … stands for
any text, and as a whole JSON value for any value; [] for an empty list.
"""

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct

from market_maker.clocks import WallClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos

ANY = "…"
EXPECTED = "# -> "
PATIENCE = Nanos(60 * NANOS_PER_SECOND)
PAUSE = Nanos(NANOS_PER_SECOND // 5)
REFUSED_MIN = 400


class Step(Struct, frozen=True):
    """line: of the document, where the command ends."""

    line: int
    command: str
    expected: tuple[str, ...]

    @property
    def asks_only(self) -> bool:
        """Whether it may be run again until its answer fits."""
        return self.command.startswith("curl ") and " -X " not in self.command


def steps_of(document: str) -> list[Step]:
    """Every step of every `sh` block, in order."""
    steps: list[Step] = []
    for language, number, block in blocks_of(document):
        if language == "sh":
            steps += _steps(number, block)
    return steps


def blocks_of(document: str) -> Iterator[tuple[str, int, list[str]]]:
    """Every fenced block: its language, the line where it begins, its lines."""
    block: list[str] | None = None
    language, begun = "", 0
    for number, line in enumerate(document.splitlines(), 1):
        if block is None and line.startswith("```"):
            block, language, begun = [], line.removeprefix("```"), number + 1
        elif block is not None and line.startswith("```"):
            yield language, begun, block
            block = None
        elif block is not None:
            block.append(line)
    assert block is None, f"a block that begins at line {begun} has no end"


def _steps(begun: int, block: list[str]) -> Iterator[Step]:
    command: list[str] = []
    expected: list[str] = []
    for number, line in enumerate(block, begun):
        if line.startswith(EXPECTED):
            expected.append(line.removeprefix(EXPECTED))
            continue
        if expected or (line.startswith("curl ") and any(map(_does, command))):
            yield Step(number - len(expected) - 1, "\n".join(command), tuple(expected))
            command, expected = [], []
        command.append(line)
    if any(map(_does, command)):
        yield Step(begun + len(block) - len(expected) - 1, "\n".join(command), tuple(expected))


def _does(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


class Shell:
    """One shell for a whole document, so that variables and functions carry on. replaced: parts of
    commands that are other on this machine (ports)."""

    def __init__(self, environment: dict[str, str], folder: Path, replaced: dict[str, str]) -> None:
        self._replaced = replaced
        self._errors = (folder / "stderr.txt").open("w+b")
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=folder,
            env=os.environ | environment,  # noqa: TID251
            text=True,
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[str, int]:
        """Its output and its exit code."""
        for here, there in self._replaced.items():
            command = command.replace(here, there)
        mark = "=== end of step"
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\necho; echo '{mark}' $?\n")
        self._process.stdin.flush()
        lines: list[str] = []
        while line := self._process.stdout.readline():
            if line.startswith(mark):
                return "".join(lines).removesuffix("\n"), int(line.removeprefix(mark))
            lines.append(line)
        raise AssertionError(f"the shell ended: {self.errors()}")

    def errors(self) -> str:
        """What went to standard error so far, the service's log included."""
        self._errors.flush()
        return Path(self._errors.name).read_text("utf-8", "replace")

    def close(self) -> None:
        """End the shell and whatever the document left running."""
        assert self._process.stdin is not None
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(60)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._process.stdin.close()
        self._errors.close()


def carry_out(shell: Shell, step: Step) -> None:
    """Run a step; AssertionError, with the document's line, when it answers something else."""
    clock = WallClock()
    until = clock.now() + PATIENCE
    while True:
        output, code = shell.run(step.command)
        problem = _problem(step, output, code)
        if problem is None:
            return
        if not step.asks_only or clock.now() > until:
            raise AssertionError(f"line {step.line}: {step.command}\n{problem}\ngot: {output}")
        clock.sleep(PAUSE)


def _problem(step: Step, output: str, code: int) -> str | None:
    if step.expected:
        missing = [text for text in step.expected if not fits(text, output)]
        return f"expected: {missing[0]}" if missing else None
    if code != 0:
        return f"ended with {code}"
    answer = _json(output)
    status = answer.get("status") if isinstance(answer, dict) else None
    if isinstance(status, int) and status >= REFUSED_MIN:
        return "refused, which the document does not say"
    return None


def fits(expected: str, output: str) -> bool:
    """Whether `output` contains what is expected."""
    if not expected.startswith("{"):
        return _pattern(expected).search(output) is not None
    answers = [_json(output), *map(_json, output.splitlines())]
    wanted = json.loads(expected)
    return any(answer is not None and contains(answer, wanted) for answer in answers)


def contains(answer: Any, wanted: Any) -> bool:
    """Whether `answer` has everything that `wanted` has."""
    if wanted == ANY:
        return True
    if isinstance(wanted, dict):
        return isinstance(answer, dict) and all(
            name in answer and contains(answer[name], value) for name, value in wanted.items()
        )
    if isinstance(wanted, list):
        if not isinstance(answer, list) or (not wanted and answer):
            return False
        return all(any(contains(item, each) for item in answer) for each in wanted)
    if isinstance(wanted, str) and ANY in wanted:
        return isinstance(answer, str) and _pattern(wanted).fullmatch(answer) is not None
    return type(answer) is type(wanted) and answer == wanted


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in text.split(ANY)), re.DOTALL)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None

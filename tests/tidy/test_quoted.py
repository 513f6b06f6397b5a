"""Documents agree with the constants that they quote. Each test's name is the rule."""

from decimal import Decimal
from pathlib import Path

import pytest

from tests.tidy.quoted import quoted_constants
from tests.tidy.tree import tracked_files

MARKED_AT_LEAST = 100
"""Marks of today: the number may only grow."""


def test_every_number_that_is_marked_as_a_constant_is_its_value() -> None:
    paths = [path for path in tracked_files() if path.suffix == ".md"]
    marks = [mark for path in paths for mark in quoted_constants(path)]
    assert [mark for mark in marks if mark.quoted != mark.value] == []
    assert len(marks) >= MARKED_AT_LEAST


@pytest.mark.parametrize(
    ("text", "agrees"),
    [
        ("every 2 ms <!-- constant execution.engine_host:TICK -->", True),
        ("every 10 ms <!-- constant execution.engine_host:TICK -->", False),
        ("five seconds <!-- constant execution.engine_host:ALARM_AFTER -->", True),
        ("for 30 s <!-- constant execution.reconciliation:INTERVAL_S -->", True),
        ("stop at 2 % <!-- constant venues.hyperliquid.budgets:QUOTA_KEPT -->", True),
        ("1,200 <!-- constant venues.hyperliquid.budgets:WEIGHT_PER_MINUTE -->", True),
        ("often <!-- constant execution.engine_host:TICK -->", False),
    ],
)
def test_a_mark_compares_the_number_before_it(text: str, agrees: bool, tmp_path: Path) -> None:
    (mark,) = quoted_constants(written(tmp_path, text))
    assert (mark.quoted == mark.value) is agrees


def test_a_mark_of_an_unknown_constant_is_an_error(tmp_path: Path) -> None:
    path = written(tmp_path, "5 <!-- constant execution.engine_host:NONE -->")
    with pytest.raises(AttributeError):
        list(quoted_constants(path))


def test_a_number_is_read_in_the_unit_of_its_constant(tmp_path: Path) -> None:
    path = written(tmp_path, "3 s <!-- constant venues.hyperliquid.identity:CLOCK_OFF_MAX_MS -->")
    assert [mark.quoted for mark in quoted_constants(path)] == [Decimal(3_000)]


def written(folder: Path, text: str) -> Path:
    path = folder / "one.md"
    path.write_text(text, encoding="utf-8")
    return path

"""The runbooks of docs/operations.md, executed as they stand."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from market_maker.engine.engine import UNKNOWN_FILL, UNWOUND
from market_maker.engine.orders import OVERFILLED, WORSE_PRICE
from market_maker.engine.risk_monitor import MEMBER_LOSS
from market_maker.execution.recovery import RESTARTED, STOPPED
from market_maker.model.quotes import Reason
from market_maker.risk import guards
from market_maker.settings import VARIABLES
from market_maker.telemetry.names import METRICS
from tests.e2e.runbook import Shell, blocks_of, carry_out, contains, fits, steps_of
from tests.servers import free_port
from tests.support.machine import need_program

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "operations.md").read_text("utf-8")
SOP_SECTIONS = 18


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Shell]:
    for program in ("bash", "curl", "sed"):
        need_program(program)
    api, metrics = free_port(), free_port()
    environment = {
        "PATH": f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin",
        "HTTP_PORT": str(api),
        "METRICS_PORT": str(metrics),
        "MM_DATA_DIR": str(tmp_path / "data"),
    }
    replaced = {"localhost:8095": f"localhost:{api}", "localhost:9090": f"localhost:{metrics}"}
    practice, its_metrics = free_port(), free_port()
    replaced |= {
        "localhost:8195": f"localhost:{practice}",
        "HTTP_PORT=8195": f"HTTP_PORT={practice}",
    }
    replaced["METRICS_PORT=9190"] = f"METRICS_PORT={its_metrics}"
    made = Shell(environment, tmp_path, replaced)
    try:
        yield made
    finally:
        made.close()


@pytest.mark.slow
def test_every_command_of_the_runbooks_answers_what_the_document_says(shell: Shell) -> None:
    steps = steps_of(DOCUMENT)
    assert len(steps) > 80
    for step in steps:
        try:
            carry_out(shell, step)
        except AssertionError as error:
            pytest.fail(f"docs/operations.md, {error}\n--- log:\n{shell.errors()[-4_000:]}")


def test_every_section_of_the_procedure_is_there_in_its_order() -> None:
    numbers = [int(n) for n in re.findall(r"^## (\d+)\.", DOCUMENT, re.MULTILINE)]
    assert numbers == list(range(len(numbers)))
    assert len(numbers) > SOP_SECTIONS


def test_every_reason_that_a_status_can_give_is_explained() -> None:
    halts = (guards.POSITION, guards.LOSS, guards.REJECTS, guards.EXCHANGE_HALT, guards.MARKET_DATA)
    reasons = [*(reason.value for reason in Reason), *halts, MEMBER_LOSS, UNWOUND]
    reasons += [RESTARTED.strip(), STOPPED.strip(), UNKNOWN_FILL.partition(":")[0]]
    reasons += [OVERFILLED.partition(":")[0], WORSE_PRICE.partition(" than")[0]]
    assert [reason for reason in reasons if f"`{reason}" not in DOCUMENT] == []


def test_every_metric_is_in_the_table_and_the_table_has_no_other() -> None:
    rows = re.findall(r"^\| `(mm_\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \|$", DOCUMENT, re.MULTILINE)
    expected = [(m.name, m.kind, ", ".join(m.labels) or "–", m.help) for m in METRICS]
    assert rows == expected


def test_every_setting_is_in_the_table() -> None:
    assert [name for name in VARIABLES if f"`{name}`" not in DOCUMENT] == []


def test_only_a_block_that_is_executed_shows_a_request() -> None:
    shown = [
        begun
        for language, begun, block in blocks_of(DOCUMENT)
        if language != "sh" and any("curl " in line for line in block)
    ]
    assert shown == []


def test_a_document_is_read_as_commands_with_what_is_expected_of_each() -> None:
    text = (
        "x\n```sh\na=1\ncurl -s \\\n  u\n# -> {}\n# note\nb\n```\n```text\nc\n```\n```sh\nd\n```\n"
    )
    steps = [(step.line, step.command, step.expected) for step in steps_of(text)]
    assert steps == [
        (3, "a=1", ()),
        (5, "curl -s \\\n  u", ("{}",)),
        (8, "# note\nb", ()),
        (14, "d", ()),
    ]


@pytest.mark.parametrize(
    ("expected", "output", "holds"),
    [
        ('{"a":1}', '{"a":1,"b":2}', True),
        ('{"a":1}', '{"a":2}', False),
        ('{"a":1}', '{"a":true}', False),
        ('{"a":"x…z"}', '{"a":"xyz"}', True),
        ('{"a":"…"}', '{"a":[1,2]}', True),
        ('{"a":[]}', '{"a":[1]}', False),
        ('{"a":[{"b":1}]}', '{"a":[{"c":0},{"b":1,"c":2}]}', True),
        ("ended with 0", "ended with 0\n", True),
        ("a…c", "x abc y", True),
        ("abd", "abc", False),
    ],
)
def test_an_expectation_holds_only_for_what_it_says(
    expected: str, output: str, holds: bool
) -> None:
    assert fits(expected, output) is holds


def test_an_expected_value_that_is_missing_is_not_contained() -> None:
    assert not contains({"a": {"b": 1}}, {"a": {"c": "…"}})

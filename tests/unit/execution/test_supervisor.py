"""What breaks is said and contained."""

import pytest

from market_maker.execution.supervisor import Failure, attempted, guarded

pytestmark = pytest.mark.anyio


async def test_a_bug_in_a_part_of_the_process_is_said_with_its_place() -> None:
    said = []

    async def bad() -> None:
        raise KeyError("x")

    await guarded(bad(), lambda failure, trace: said.append((failure, trace)))
    ((failure, trace),) = said
    assert failure == "KeyError: 'x'"
    assert "in bad" in trace


def test_an_attempt_returns_what_it_made_or_how_it_broke() -> None:
    assert attempted(lambda: 5) == 5
    failure = attempted(lambda: 1 // 0)
    assert isinstance(failure, Failure)
    assert failure.line == "ZeroDivisionError: integer division or modulo by zero"
    assert "test_supervisor" in failure.trace

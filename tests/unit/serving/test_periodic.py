"""An outage is one line when it begins and one when it ends, and a duty outlives it."""

import asyncio

import pytest

from market_maker.model.errors import StoreUnavailableError
from market_maker.serving.periodic import REASONS_SAID, RETRY_S, Outage, Periodic, carry_out


class Lines:
    def __init__(self):
        self.written = []

    def warning(self, event, **fields):
        self.written.append((event, fields))

    info = warning


def test_an_outage_is_said_when_it_begins_changes_and_ends():
    log = Lines()
    outage = Outage(log, "relay")
    outage.worked()
    for problem in ("away", "away", "away", "full"):
        outage.failed(problem)
    outage.worked()
    outage.worked()
    assert log.written == [
        ("background work failed", {"work": "relay", "problem": "away"}),
        ("background work failed", {"work": "relay", "problem": "full"}),
        ("background work resumed", {"work": "relay", "failures": 4}),
    ]


def test_reasons_that_take_turns_or_never_repeat_do_not_fill_the_log():
    log = Lines()
    outage = Outage(log, "relay")
    for number in range(1_000):
        outage.failed("refused" if number % 2 else "timed out")
    assert len(log.written) == 2
    for number in range(1_000):
        outage.failed(f"no answer for {number} ms")
    assert len(log.written) == REASONS_SAID
    outage.worked()
    outage.failed("refused")
    assert [event for event, _ in log.written[REASONS_SAID:]] == [
        "background work resumed",
        "background work failed",
    ]


class EndError(Exception):
    """The test has seen enough."""


async def carried_out(outcomes):
    """What is done and logged when the steps of a duty end so, one after the other."""
    waited, lines, left = [], Lines(), list(outcomes)

    async def step():
        if not left:
            raise EndError
        outcome = left.pop(0)
        if outcome is not None:
            raise outcome

    async def sleep(seconds):
        waited.append(seconds)
        await asyncio.sleep(0)

    with pytest.raises(EndError):
        await carry_out(Periodic("marking", 7.0, step), lines, sleep)
    return waited, lines.written


@pytest.mark.anyio
async def test_a_duty_is_done_every_so_often():
    assert await carried_out([None, None]) == ([7.0, 7.0], [])


@pytest.mark.anyio
async def test_one_that_fails_is_named_and_tried_again_after_a_while():
    away = StoreUnavailableError("the database does not answer")
    waited, written = await carried_out([away, OSError("disk full"), None])
    assert waited == [RETRY_S, 7.0, RETRY_S, 7.0, 7.0]
    assert [(event, fields.get("problem")) for event, fields in written] == [
        ("background work failed", "the database does not answer"),
        ("background work failed", "disk full"),
        ("background work resumed", None),
    ]
    assert {fields["work"] for _, fields in written} == {"marking"}

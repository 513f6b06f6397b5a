"""Work beside the service: its result, its refusal, and its end."""

import os
import signal

import pytest

from market_maker.model.errors import NotFoundError, ProcessLostError
from market_maker.serving.helper_process import NICE, HelperProcess
from tests.unit.telemetry.lines import NO_LOG, Lines

pytestmark = pytest.mark.anyio


@pytest.fixture
async def helper():
    made = HelperProcess(NO_LOG)
    yield made
    made.close()


def refuse():
    raise NotFoundError("journal", "nothing-there")


def niceness():
    return os.getpid(), os.nice(0)


async def test_work_is_done_in_another_process_that_yields_to_this_one(helper):
    process, nice = await helper.run(niceness)
    assert process != os.getpid()
    assert nice == min(19, os.nice(0) + NICE)


def ignores_ctrl_c():
    return signal.getsignal(signal.SIGINT) is signal.SIG_IGN


async def test_ctrl_c_of_a_terminal_is_left_to_the_service(helper):
    assert await helper.run(ignores_ctrl_c)


async def test_a_refusal_arrives_as_it_was_raised(helper):
    with pytest.raises(NotFoundError, match="nothing-there"):
        await helper.run(refuse)


@pytest.mark.thorough
async def test_work_that_takes_too_long_is_given_up_and_the_next_is_done():
    lines = Lines()
    helper = HelperProcess(lines)
    process, _ = await helper.run(niceness)
    helper._within_s = 0.05
    with pytest.raises(ProcessLostError, match="was given up"):
        await helper.run(signal.pause)
    helper._within_s = 20.0
    another, _ = await helper.run(niceness)
    helper.close()
    assert another != process
    problem = "the work took longer than 0.05 s and was given up"
    said = ("warning", "helper process lost", {"work": "pause", "problem": problem})
    assert lines.written == [said]


async def test_a_process_that_dies_is_logged_and_replaced():
    lines = Lines()
    helper = HelperProcess(lines)
    with pytest.raises(ProcessLostError, match="ended before"):
        await helper.run(os._exit, 1)
    process, _ = await helper.run(niceness)
    helper.close()
    assert process != os.getpid()
    ((level, event, fields),) = lines.written
    assert (level, event, fields["work"]) == ("warning", "helper process lost", "_exit")

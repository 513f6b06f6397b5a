"""The loop that asynchronous tests run on: what its time leaves out."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tests.support.patient_loop import BUSY_MAX_S, SLOWLY, PatientSelector, patient


def selector(*moments):
    """One whose machine's time is these, asked one after the other."""
    times = iter(moments)
    return PatientSelector(lambda: next(times))


def test_a_stall_between_two_rounds_is_short():
    with selector(0.0, 5.0, 5.0, 5.0) as known:
        known.select(0)
        assert known.time() == pytest.approx(BUSY_MAX_S)


def test_a_stall_within_a_round_is_short():
    with selector(0.0, 5.0) as known:
        assert known.time() == pytest.approx(BUSY_MAX_S)


def test_a_wait_that_ends_late_was_as_long_as_it_was_to_be():
    with selector(0.0, 0.0, 5.0, 5.0) as known:
        known.select(0.01)
        assert known.time() == pytest.approx(0.01)


def test_what_has_arrived_was_there_before_a_limit_ran_out():
    ours, theirs = socket.socketpair()
    with ours, theirs, selector(0.0, 0.0, 5.0, 5.0) as known:
        known.register(ours, 1)
        theirs.send(b".")
        known.select(0.5)
        assert known.time() < 0.5


def test_while_a_thread_works_time_goes_slowly():
    with selector(0.0, 0.0, 0.02, 0.02) as known:
        known.working = 1
        known.select(0.001)
        assert known.time() == pytest.approx(0.02 / SLOWLY)


@pytest.mark.parametrize(("name", "working"), [("sqlite", 1), ("kafka-consumer", 0)])
def test_a_thread_that_waits_for_a_broker_does_not_work_for_the_loop(name, working):
    async def run():
        loop, go_on = asyncio.get_running_loop(), Event()
        with ThreadPoolExecutor(1, name) as thread:
            done = loop.run_in_executor(thread, go_on.wait)
            known = loop._known.working
            go_on.set()
            await done
        return known

    assert patient(run()) == working

"""The request to end, and the lock on the data."""

import asyncio

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.serving.life import Ending, Stopping, locked
from tests.support.patient_loop import patient


def test_the_first_request_to_end_acts_at_once_and_others_are_harmless() -> None:
    async def play() -> None:
        stopping, done = Stopping(), []
        stopping.on_ask(lambda: done.append("stopped"))
        stopping.ask()
        assert done == ["stopped"]
        stopping.ask()
        await stopping.wait()
        assert done == ["stopped"]

    patient(play())


def test_an_earlier_request_is_acted_on_when_there_is_something_to_stop() -> None:
    async def play() -> None:
        stopping, done = Stopping(), []
        stopping.ask()
        stopping.on_ask(lambda: done.append("stopped"))
        assert done == ["stopped"]
        await stopping.wait()

    patient(play())


def test_what_fails_at_the_request_keeps_nothing_else_from_stopping() -> None:
    """A loaded machine may have no thread for the deadline: the signal must not be lost with it."""

    def no_thread() -> None:
        raise RuntimeError("can't start new thread")

    async def play() -> None:
        stopping, done = Stopping(), []
        stopping.on_ask(no_thread)
        stopping.on_ask(lambda: done.append("stopped"))
        with pytest.raises(RuntimeError, match="new thread"):
            stopping.ask()
        assert done == ["stopped"]
        async with asyncio.timeout(60):
            await stopping.wait()

    patient(play())


def test_data_are_one_service_s_alone(tmp_path) -> None:
    first = locked(tmp_path)
    with pytest.raises(InvalidDataError, match="in use by another"):
        locked(tmp_path)
    first.close()
    locked(tmp_path).close()


@pytest.mark.parametrize(
    ("ending", "clean"),
    [
        (Ending((), True, ""), True),
        (Ending(("BTCUSDT-PERP",), True, ""), False),
        (Ending((), False, ""), False),
        (Ending((), True, "KeyError: 'x'"), False),
    ],
)
def test_an_end_is_clean_with_proof_records_and_nothing_broken(ending, clean) -> None:
    assert ending.clean is clean

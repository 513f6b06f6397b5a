"""What can wait is done one piece at a time while engines rest, and is not put off for ever."""

import asyncio

import pytest

from market_maker.clocks import SimClock
from market_maker.execution.alarms import Alarms
from market_maker.execution.engine_host import EngineHost
from market_maker.execution.spare_time import AT_WORK, PIECE, SpareTime
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.support.office import START, Office, Watched

pytestmark = pytest.mark.anyio

LATER = Nanos(START + NANOS_PER_SECOND)
ROUNDS = 10


@pytest.fixture
def clock() -> SimClock:
    return SimClock(Nanos(START))


@pytest.fixture
def spare(clock: SimClock) -> SpareTime:
    return SpareTime(clock)


async def rounds(count: int = ROUNDS) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


def asked(spare: SpareTime, by: Nanos = LATER) -> asyncio.Task[None]:
    return asyncio.get_running_loop().create_task(spare.turn(by))


async def test_where_no_engine_is_stepped_all_time_is_spare(spare: SpareTime) -> None:
    turn = asked(spare)
    await rounds()
    assert turn.done()


async def test_no_turn_comes_while_engines_work_and_it_comes_when_they_rest(
    spare: SpareTime,
) -> None:
    spare.rest(AT_WORK)
    turn = asked(spare)
    await rounds()
    assert not turn.done()
    spare.rest(Nanos(START + PIECE))
    await rounds()
    assert turn.done()


async def test_no_turn_begins_that_the_rest_is_too_short_for(spare: SpareTime) -> None:
    spare.rest(Nanos(START + PIECE - 1))
    turn = asked(spare)
    await rounds()
    assert not turn.done()
    turn.cancel()


async def test_a_turn_comes_by_its_moment_where_engines_never_rest(
    spare: SpareTime, clock: SimClock
) -> None:
    spare.rest(AT_WORK)
    first, second = asked(spare), asked(spare, Nanos(LATER + 1))
    await rounds()
    clock.advance_to(LATER)
    spare.rest(AT_WORK)
    await rounds()
    assert (first.done(), second.done()) == (True, False)
    second.cancel()


async def test_the_most_urgent_turn_comes_first(spare: SpareTime) -> None:
    order: list[str] = []

    async def piece(name: str, by: int) -> None:
        await spare.turn(Nanos(by))
        order.append(name)

    spare.rest(AT_WORK)
    async with asyncio.TaskGroup() as group:
        for name, by in (("late", LATER + 2), ("early", LATER), ("between", LATER + 1)):
            group.create_task(piece(name, by))
        await rounds()
        spare.rest(LATER)
    assert order == ["early", "between", "late"]


async def test_everything_else_that_is_ready_comes_between_two_turns(spare: SpareTime) -> None:
    order: list[str] = []

    async def pieces() -> None:
        for _ in range(3):
            await spare.turn(LATER)
            order.append("piece")

    async def others() -> None:
        while order.count("piece") < 6:
            await asyncio.sleep(0)
            order.append("other")

    async with asyncio.TaskGroup() as group:
        for work in (pieces(), pieces(), others()):
            group.create_task(work)
    assert "piece piece" not in " ".join(order)


async def test_a_reader_that_has_gone_takes_no_turn(spare: SpareTime) -> None:
    spare.rest(AT_WORK)
    gone, turn = asked(spare), asked(spare)
    await rounds()
    gone.cancel()
    await rounds()
    spare.rest(LATER)
    await rounds()
    assert turn.done()


class PacedHost(EngineHost):
    """Notes when its engines are stepped, in passes that let everything else have turns."""

    def __init__(self, office: Office, order: list[str]) -> None:
        parts = (SimClock(Nanos(START)), office.recorder, office._connect, Watched(), Alarms())
        super().__init__(*parts, shadow=False)
        self._order = order

    async def one_pass(self) -> None:
        self._order.append("engines")
        await rounds(3)
        self._order.append("rest")


async def test_turns_come_between_the_passes_of_the_engines(office: Office) -> None:
    order: list[str] = []
    host = PacedHost(office, order)
    running = asyncio.get_running_loop().create_task(host.run())
    await rounds(2)
    for _ in range(3):
        await host.spare.turn(Nanos(2**62))
        order.append("reader")
    running.cancel()
    before = [order[place - 1] for place, each in enumerate(order) if each == "reader"]
    assert "engines" not in before


async def test_all_time_is_spare_once_engines_are_stepped_no_more(office: Office) -> None:
    host = PacedHost(office, [])
    running = asyncio.get_running_loop().create_task(host.run())
    await rounds(2)
    turn = asked(host.spare, Nanos(2**62))
    running.cancel()
    await rounds()
    assert turn.done()

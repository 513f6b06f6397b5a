"""One suite, every bus: each test that asks for `bus` runs on each of them."""

from collections.abc import Awaitable, Callable

import pytest
from msgspec import Struct

from market_maker.bus.memory import MemoryBus
from market_maker.model.records import OutboxRecord
from market_maker.ports import Bus


class Tapped(Struct):
    """A bus, and a reader of everything on it. take: what is new, at least one event."""

    bus: Bus
    take: Callable[[], Awaitable[list[OutboxRecord]]]


def _memory() -> Tapped:
    bus = MemoryBus()
    reader = bus.subscribe()

    async def take() -> list[OutboxRecord]:
        return list((await reader.take()).events)

    return Tapped(bus, take)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=[_memory], ids=["memory"])
def tapped(request: pytest.FixtureRequest) -> Tapped:
    made: Tapped = request.param()
    return made

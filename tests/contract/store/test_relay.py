"""The relay, on both databases: nothing is lost, each key keeps its order, poison stays alone."""

import asyncio
import random

import pytest

from market_maker.bus.memory import MemoryBus
from market_maker.clocks import SimClock
from market_maker.journaling.relay import BATCH, LEASE, Relay, RelayCounts
from market_maker.model.errors import BusRefusedError, BusUnavailableError
from market_maker.model.records import OutboxBacklog, OutboxRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store
from tests.builders import NOW, event
from tests.unit.telemetry.lines import NO_LOG, Lines

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]


class Diary:
    """A bus that fails as it is set. down: takes nothing; poison: ids that it never takes; loses:
    ids that it takes and then dies over, as if the process did."""

    def __init__(self) -> None:
        self.published: list[str] = []
        self.down = False
        self.poison: set[str] = set()
        self.dies_after: set[str] = set()

    async def publish(self, event: OutboxRecord) -> None:
        await asyncio.sleep(0)
        if self.down:
            raise BusUnavailableError("the broker does not answer")
        if event.event_id in self.poison:
            raise BusRefusedError("the schema does not fit")
        self.published.append(event.event_id)
        if event.event_id in self.dies_after:
            raise asyncio.CancelledError


class Post:
    """An outbox with a relay."""

    def __init__(self, store: Store) -> None:
        self.store, self.clock, self.bus, self.lines = store, SimClock(NOW), Diary(), Lines()
        self.relay = self.another()

    def another(self) -> Relay:
        return Relay(self.store, self.bus, self.clock, self.lines)

    async def add(self, *numbers: int, key: str = "K") -> None:
        async with self.store.transaction() as unit:
            await unit.outbox.add([event(number, key) for number in numbers])

    async def backlog(self) -> OutboxBacklog:
        async with self.store.reading() as unit:
            return await unit.outbox.backlog()


@pytest.fixture
def post(store: Store) -> Post:
    return Post(store)


async def test_what_waits_is_published_once_and_in_order(post: Post) -> None:
    await post.add(1, 2, 3)
    assert not await post.relay.step()
    assert not await post.relay.step()
    assert post.bus.published == ["event-1", "event-2", "event-3"]
    assert await post.backlog() == OutboxBacklog(0, 0, None)
    assert post.relay.tally == RelayCounts(published=3)


async def test_more_than_a_batch_waits_and_the_relay_says_so(post: Post) -> None:
    await post.add(*range(1, BATCH + 2))
    assert await post.relay.step()
    assert not await post.relay.step()
    assert len(post.bus.published) == BATCH + 1


async def test_a_bus_that_is_down_loses_nothing_and_is_not_hammered(post: Post) -> None:
    await post.add(1, 2)
    await post.add(3, key="L")
    post.bus.down = True
    assert not await post.relay.step()
    post.clock.advance_to(Nanos(NOW + LEASE))
    assert not await post.relay.step()
    assert (await post.backlog()).waiting == 3
    # One line for the outage, not one for each event and try.
    assert [event for _, event, _ in post.lines.written] == ["events not published"]
    post.bus.down = False
    await post.relay.step()
    assert sorted(post.bus.published) == ["event-1", "event-2", "event-3"]
    assert [event for _, event, _ in post.lines.written[1:]] == ["events published again"]


async def test_poison_parks_its_own_key_and_no_other(post: Post) -> None:
    await post.add(1, 2, 3, key="A")
    await post.add(4, 5, key="B")
    post.bus.poison = {"event-2"}
    await post.relay.step()
    await post.add(6, key="A")
    await post.add(7, key="B")
    await post.relay.step()
    assert sorted(post.bus.published) == ["event-1", "event-4", "event-5", "event-7"]
    assert await post.backlog() == OutboxBacklog(3, 1, Nanos(NOW + 2))
    assert post.relay.tally == RelayCounts(published=4, held=1, parked=1)


async def test_a_parked_key_goes_on_in_order_once_it_is_released(post: Post) -> None:
    await post.add(1, 2, 3)
    post.bus.poison = {"event-2"}
    await post.relay.step()
    post.bus.poison = set()
    async with post.store.transaction() as unit:
        assert await unit.outbox.unpark("K") == 1
    await post.relay.step()
    assert post.bus.published == ["event-1", "event-2", "event-3"]


async def test_what_a_relay_published_as_it_died_is_published_again_under_the_same_id(
    post: Post,
) -> None:
    await post.add(1, 2)
    post.bus.dies_after = {"event-1"}
    with pytest.raises(asyncio.CancelledError):
        await post.relay.step()
    post.bus.dies_after = set()
    successor = post.another()
    await successor.step()
    assert post.bus.published == ["event-1"]
    post.clock.sleep(LEASE)
    await successor.step()
    assert post.bus.published == ["event-1", "event-1", "event-2"]


async def test_lag_is_how_long_the_oldest_event_waits(post: Post) -> None:
    await post.add(1)
    post.bus.down = True
    post.clock.advance_to(Nanos(NOW + 5_001))
    await post.relay.step()
    await post.relay.step()
    assert (post.relay.lag, post.relay.backlog.waiting) == (5_000, 1)
    post.bus.down = False
    await post.relay.step()
    await post.relay.step()
    assert (post.relay.lag, post.relay.backlog.waiting) == (0, 0)


async def test_published_events_are_forgotten_after_a_week(post: Post) -> None:
    await post.add(1)
    await post.relay.step()
    assert await post.relay.purge() == 0
    post.clock.sleep(Nanos(8 * 24 * 3_600 * 10**9))
    assert await post.relay.purge() == 1


async def test_through_faults_and_several_relays_nothing_is_lost_and_each_key_keeps_its_order(
    post: Post,
) -> None:
    chance = random.Random(5)
    keys = ["A", "B", "C"]
    numbers = iter(range(1, 10_000))
    written: dict[str, list[str]] = {key: [] for key in keys}
    for _ in range(30):
        key = chance.choice(keys)
        fresh = [next(numbers) for _ in range(chance.randrange(1, 5))]
        await post.add(*fresh, key=key)
        written[key] += [f"event-{number}" for number in fresh]
        post.bus.down = chance.random() < 0.4
        await asyncio.gather(post.relay.step(), post.another().step())
    post.bus.down = False
    while (await post.backlog()).waiting:
        await asyncio.gather(post.relay.step(), post.another().step())
    for key in keys:
        own = [event_id for event_id in post.bus.published if event_id in written[key]]
        assert own == written[key]


async def test_it_works_with_the_bus_within_the_process(store: Store) -> None:
    post, bus = Post(store), MemoryBus()
    reader = bus.subscribe()
    await post.add(1, 2)
    await Relay(store, bus, post.clock, NO_LOG).step()
    assert (await reader.take()).events == (event(1, "K"), event(2, "K"))

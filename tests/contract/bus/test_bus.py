import pytest
from msgspec import structs

from market_maker.bus.topics import TOPICS
from market_maker.model.errors import BusRefusedError
from market_maker.model.records import OutboxRecord
from market_maker.model.units import Nanos
from tests.contract.bus.conftest import Tapped

pytestmark = pytest.mark.anyio


def event(number: int, key: str = "BTCUSDT-PERP", topic: str = TOPICS[0]) -> OutboxRecord:
    return OutboxRecord(
        event_id=f"event-{number}",
        topic=topic,
        key=key,
        payload=b'{"n":%d}' % number,
        created_at=Nanos(number),
    )


async def taken(tapped: Tapped, count: int) -> list[OutboxRecord]:
    events: list[OutboxRecord] = []
    while len(events) < count:
        events += await tapped.take()
    return events


async def test_what_is_published_arrives_whole(tapped: Tapped) -> None:
    await tapped.bus.publish(event(1))
    assert await taken(tapped, 1) == [event(1)]


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_documented_topic_can_be_published_to(tapped: Tapped, topic: str) -> None:
    await tapped.bus.publish(event(1, topic=topic))
    assert await taken(tapped, 1) == [event(1, topic=topic)]


async def test_events_of_one_key_arrive_in_their_order(tapped: Tapped) -> None:
    events = [event(n, key=f"KEY{n % 3}") for n in range(60)]
    for each in events:
        await tapped.bus.publish(each)
    arrived = await taken(tapped, 60)
    for key in ("KEY0", "KEY1", "KEY2"):
        assert [e for e in arrived if e.key == key] == [e for e in events if e.key == key]


async def test_the_same_event_may_be_published_twice_and_is_known_by_its_id(
    tapped: Tapped,
) -> None:
    await tapped.bus.publish(event(1))
    await tapped.bus.publish(event(1))
    assert [e.event_id for e in await taken(tapped, 2)] == ["event-1", "event-1"]


async def test_an_unknown_topic_is_refused_for_ever(tapped: Tapped) -> None:
    with pytest.raises(BusRefusedError, match=r"mm\.nothing\.v1"):
        await tapped.bus.publish(event(1, topic="mm.nothing.v1"))


async def test_an_event_that_is_too_large_is_refused_for_ever(tapped: Tapped) -> None:
    with pytest.raises(BusRefusedError, match="bytes"):
        await tapped.bus.publish(structs.replace(event(1), payload=bytes(1_000_001)))

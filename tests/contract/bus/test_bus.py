import msgspec
import pytest
from msgspec import structs

from market_maker.bus.topics import QUOTE_SIMULATED, RISK_TRIGGERED, STATE_CHANGED, TOPICS
from market_maker.model.errors import BusRefusedError
from market_maker.model.records import OutboxRecord
from market_maker.model.units import Nanos
from tests.contract.bus.conftest import Seen, Tapped

pytestmark = pytest.mark.anyio

MOVE = {"by": "ada", "reason": "a drill", "config_version": 3}
ORDER = {
    "participant_id": "alpha",
    "side": "BUY",
    "level": 1,
    "price": "65000.1",
    "size": "0.250",
    "config_version": 3,
}
PAYLOADS = {
    STATE_CHANGED: {"previous": None, "state": "PAUSED", **MOVE},
    RISK_TRIGGERED: MOVE,
    QUOTE_SIMULATED: ORDER,
}


def event(number: int, key: str = "BTCUSDT-PERP", topic: str = TOPICS[0]) -> OutboxRecord:
    return OutboxRecord(
        event_id=f"event-{number}",
        topic=topic,
        key=key,
        payload=msgspec.json.encode({"symbol": key, "ts": number, **PAYLOADS[topic]}),
        created_at=Nanos(number),
    )


def known(event: OutboxRecord) -> tuple[str, str, str, int]:
    return event.event_id, event.topic, event.key, int(event.created_at)


async def taken(tapped: Tapped, count: int) -> list[Seen]:
    events: list[Seen] = []
    while len(events) < count:
        events += await tapped.take()
    return events


def read(events: list[Seen]) -> list[tuple[str, str, str, int]]:
    return [(seen.event_id, seen.topic, seen.key, seen.ts) for seen in events]


async def test_what_is_published_arrives_whole(tapped: Tapped) -> None:
    await tapped.bus.publish(event(1))
    assert read(await taken(tapped, 1)) == [known(event(1))]


@pytest.mark.parametrize("topic", TOPICS)
async def test_every_documented_topic_can_be_published_to(tapped: Tapped, topic: str) -> None:
    await tapped.bus.publish(event(1, topic=topic))
    assert read(await taken(tapped, 1)) == [known(event(1, topic=topic))]


async def test_events_of_one_key_arrive_in_their_order(tapped: Tapped) -> None:
    events = [event(n, key=f"KEY{n % 3}") for n in range(60)]
    for each in events:
        await tapped.bus.publish(each)
    arrived = read(await taken(tapped, 60))
    for key in ("KEY0", "KEY1", "KEY2"):
        assert [a for a in arrived if a[2] == key] == [known(e) for e in events if e.key == key]


async def test_the_same_event_may_be_published_twice_and_is_known_by_its_id(
    tapped: Tapped,
) -> None:
    await tapped.bus.publish(event(1))
    await tapped.bus.publish(event(1))
    assert [e.event_id for e in await taken(tapped, 2)] == ["event-1", "event-1"]


async def test_an_unknown_topic_is_refused_for_ever(tapped: Tapped) -> None:
    unknown = structs.replace(event(1), topic="mm.nothing.v1")
    with pytest.raises(BusRefusedError, match=r"mm\.nothing\.v1"):
        await tapped.bus.publish(unknown)


async def test_an_event_that_is_too_large_is_refused_for_ever(tapped: Tapped) -> None:
    with pytest.raises(BusRefusedError, match="bytes"):
        await tapped.bus.publish(structs.replace(event(1), payload=bytes(1_000_001)))

import asyncio
import queue
import threading
from base64 import b64decode
from pathlib import Path
from types import SimpleNamespace

import msgspec
import pytest
from confluent_kafka import KafkaError

from market_maker.clocks import SimClock, WallClock
from market_maker.model.events import BookDelta, BookLost, BookSnapshot
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.topics.broker import Brokers
from market_maker.topics.schema_files import CONSUMED, DELTAS, SNAPSHOTS, schema_text
from market_maker.venues.exchange.parking import ParkedMessage, ParkingLot
from market_maker.venues.exchange.reader import BATCH, WAIT_S, Clients, ExchangeReader, next_batch
from tests.servers import free_port
from tests.support.connections import Counted
from tests.support.exchange_messages import INSTRUMENT, SYMBOL, T, delta, level, message, snapshot
from tests.unit.telemetry.lines import Lines
from tests.unit.venues.exchange.test_decoding import Schemas

pytestmark = pytest.mark.anyio

NUMBERS = {topic: number for number, topic in enumerate(CONSUMED, 1)}
NOW = Nanos(T + 5_000 * NANOS_PER_MS)


class Read:
    """As librdkafka hands a message over."""

    def __init__(
        self, topic: str, value: bytes | None, key: str | None = SYMBOL, at_ms: int = 0
    ) -> None:
        self.topic, self.value = lambda: topic, lambda: value
        self.key = lambda: None if key is None else key.encode()
        self.partition, self.offset = lambda: 3, lambda: 17
        self.error = lambda: None
        self.timestamp = lambda: (1, at_ms or NOW // NANOS_PER_MS)


def written(topic: str, fields, **more) -> Read:
    return Read(topic, message(topic, fields, NUMBERS[topic]), **more)


class Refusal:
    """Instead of a message: what the broker says about a topic."""

    def __init__(self, topic: str, code: int) -> None:
        self.topic, self.error = lambda: topic, lambda: KafkaError(code)


class Desk:
    def __init__(self, folder: Path) -> None:
        self.path, self.log = folder / "parked", Lines()
        schemas = Schemas(*map(schema_text, CONSUMED))
        lot = ParkingLot(self.path)
        self.reader = ExchangeReader(
            Brokers(addresses="127.0.0.1:9"), schemas, lot, SimClock(NOW), self.log
        )
        self.heard = []
        self.reader.follow(INSTRUMENT, self.heard.append)

    async def take(self, *messages: Read):
        self.heard.clear()
        for each in messages:
            await self.reader.take(each)
        return [type(fact) for fact in self.heard]

    def parked(self) -> list[ParkedMessage]:
        lines = self.path.read_bytes().splitlines() if self.path.exists() else []
        return [msgspec.json.decode(line, type=ParkedMessage) for line in lines]


async def test_a_poison_delta_is_parked_with_its_place_and_costs_the_book_alone(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    assert await desk.take(written(SNAPSHOTS, snapshot(5)), written(DELTAS, delta(6))) == [
        BookSnapshot,
        BookDelta,
    ]
    poison = written(DELTAS, delta(7, bids=[level("0.05", "1")]))
    assert await desk.take(poison, written(DELTAS, delta(8))) == [BookLost]
    (parked,) = desk.parked()
    assert (parked.topic, parked.partition, parked.offset) == (DELTAS, 3, 17)
    assert (parked.key, parked.at) == (SYMBOL, NOW)
    assert "0.05" in parked.reason
    assert b64decode(parked.value) == poison.value()
    assert await desk.take(written(SNAPSHOTS, snapshot(8))) == [BookSnapshot]


async def test_a_message_that_only_its_number_makes_wrong_is_said_once_it_is_found_out(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    await desk.take(written(DELTAS, delta(5, 9)), written(SNAPSHOTS, snapshot(5)))
    assert desk.log.written == []
    await desk.take(*(written(DELTAS, delta(seq)) for seq in (6, 7, 8)))
    fields = {"topic": DELTAS, "symbol": SYMBOL}
    assert desk.log.written == [("warning", "a message was wrong in its number", fields)]
    assert await desk.take(written(SNAPSHOTS, snapshot(8))) == [BookSnapshot]


@pytest.mark.parametrize("value", [None, b"", b"{}", b"\0\0\0\0\x09whatever"], ids=str)
async def test_what_is_no_message_at_all_is_parked_too(tmp_path: Path, value: bytes | None) -> None:
    desk = Desk(tmp_path)
    assert await desk.take(Read(SNAPSHOTS, value)) == []
    assert len(desk.parked()) == 1


async def test_a_symbol_under_another_symbols_key_is_parked(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert await desk.take(written(SNAPSHOTS, snapshot(5, symbol="ETHUSDT-PERP"))) == []
    assert "under the key of BTCUSDT-PERP" in desk.parked()[0].reason


async def test_a_message_without_a_key_is_parked_for_whose_it_is_cannot_be_known(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    await desk.take(written(SNAPSHOTS, snapshot(10)))
    assert await desk.take(written(DELTAS, delta(11), key=None)) == []
    assert [(each.key, each.reason) for each in desk.parked()] == [
        ("", "has no key, which names its symbol")
    ]
    # Its symbol finds out by the number that is missing.
    assert await desk.take(written(DELTAS, delta(12))) == [BookLost]


async def test_of_a_message_that_is_too_long_the_beginning_is_kept(tmp_path: Path) -> None:
    desk, long = Desk(tmp_path), message(SNAPSHOTS, snapshot(10), NUMBERS[SNAPSHOTS])
    long += bytes(5_000_000 - len(long))
    assert await desk.take(Read(SNAPSHOTS, long)) == []
    (kept,) = desk.parked()
    assert kept.reason == "message: has 5000000 bytes, more than 1000000"
    assert (kept.size, b64decode(kept.value)) == (5_000_000, long[:65_536])


async def test_how_late_what_is_wanted_is_read_is_known(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.take(written(SNAPSHOTS, snapshot(10), at_ms=NOW // NANOS_PER_MS - 700))
    assert desk.reader.lag == 700 * NANOS_PER_MS


async def test_an_end_does_not_wait_until_a_broker_that_is_away_has_had_its_time(
    tmp_path: Path,
) -> None:
    schemas, lot = Schemas(*map(schema_text, CONSUMED)), ParkingLot(tmp_path / "parked")
    nowhere, day = Brokers(addresses=f"127.0.0.1:{free_port()}"), 86_400.0
    reader = ExchangeReader(nowhere, schemas, lot, WallClock(), Lines(), look_s=day)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        await asyncio.sleep(0)
        running.cancel()


async def test_symbols_without_a_pool_are_passed_over_unread(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.take(Read(DELTAS, b"poison", key="ETHUSDT-PERP"))
    desk.reader.leave(SYMBOL)
    await desk.take(Read(DELTAS, b"poison"))
    assert desk.parked() == []


async def test_the_time_that_a_message_lay_in_kafka_counts_as_ours(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    late = NOW // NANOS_PER_MS - 750
    await desk.take(written(SNAPSHOTS, snapshot(5), at_ms=late))
    assert NOW - desk.heard[0].ts_recv == 750 * NANOS_PER_MS


async def test_a_broker_whose_clock_is_ahead_hands_over_nothing_from_the_future(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    await desk.take(written(SNAPSHOTS, snapshot(5), at_ms=NOW // NANOS_PER_MS + 750))
    assert desk.heard[0].ts_recv == NOW


async def test_a_flood_of_poison_does_not_flood_the_log(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    await desk.take(*[Read(DELTAS, b"poison")] * 100)
    assert desk.reader.parking.parked == 100
    said = [event for _, event, _ in desk.log.written]
    assert said == ["message parked"] * 7


async def test_a_topic_that_may_be_seen_and_not_read_is_named_until_something_of_it_comes(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    refused = Refusal(DELTAS, KafkaError.TOPIC_AUTHORIZATION_FAILED)
    other = written(SNAPSHOTS, snapshot(seq=5))
    await desk.reader._take_all([other])
    for batch in ([refused, refused], [other], [other]):
        await desk.reader._take_all(batch)
        said = (
            "KAFKA_BROKERS 127.0.0.1:9: md.orderbook.delta.v1: Broker: Topic authorization failed"
        )
        assert desk.reader.problem == said
    assert [event for _, event, _ in desk.log.written] == ["exchange topics not read"]
    assert BookLost in [type(fact) for fact in desk.heard]
    await desk.reader._take_all([written(DELTAS, delta(6))])
    assert desk.reader.problem == ""


async def test_other_troubles_with_a_partition_are_no_trouble_while_a_broker_is_left(
    tmp_path: Path,
) -> None:
    desk = Desk(tmp_path)
    desk.reader.problem = ""
    await desk.reader._take_all([Refusal(DELTAS, KafkaError._TRANSPORT)])
    await desk.reader._take_all([])
    assert desk.reader.problem == ""
    await desk.reader._take_all([Refusal(DELTAS, KafkaError._ALL_BROKERS_DOWN)])
    await desk.reader._take_all([])
    assert desk.reader.problem.startswith("KAFKA_BROKERS 127.0.0.1:9: ")


class Brokered:
    """Both clients of one broker, which answers no question about topics until `answers` is set.
    came: what there is to read. asked: a question is open."""

    def __init__(self) -> None:
        self.came: queue.Queue[Read] = queue.Queue()
        self.asked, self.answers = threading.Event(), threading.Event()
        self.found = {
            topic: SimpleNamespace(error=None, partitions={0: None}) for topic in CONSUMED
        }

    def clients(self) -> Clients:
        asking = SimpleNamespace(list_topics=self._answer)
        return Clients(reading=lambda _options: self, asking=lambda _options: asking)

    def _answer(self, topic: str, timeout: float) -> SimpleNamespace:
        assert topic in self.found
        self.asked.set()
        assert self.answers.wait(60), timeout
        return SimpleNamespace(topics=self.found)

    def list_topics(self, timeout: float) -> SimpleNamespace:
        assert timeout > 0
        return SimpleNamespace(topics=self.found)

    def assign(self, partitions: list[object]) -> None:
        assert len(partitions) == len(CONSUMED)

    def consume(self, count: int, seconds: float) -> list[Read]:
        assert count > 0
        try:
            return [self.came.get(timeout=seconds or None) if seconds else self.came.get_nowait()]
        except queue.Empty:
            return []

    def close(self) -> None:
        pass


async def test_reading_does_not_wait_for_an_answer_about_topics(tmp_path: Path) -> None:
    broker, heard, watch = Brokered(), asyncio.Event(), Counted()
    schemas, lot = Schemas(*map(schema_text, CONSUMED)), ParkingLot(tmp_path / "parked")
    reader = ExchangeReader(
        Brokers(addresses="127.0.0.1:9"),
        schemas,
        lot,
        SimClock(NOW),
        Lines(),
        clients=broker.clients(),
        watch=watch,
    )
    reader.follow(INSTRUMENT, lambda _fact: heard.set())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        assert await asyncio.to_thread(broker.asked.wait, 60)
        try:
            async with asyncio.timeout(60):
                broker.came.put(written(SNAPSHOTS, snapshot(5)))
                await heard.wait()
        finally:
            broker.answers.set()
            running.cancel()
    assert (watch.made_to, watch.lost) == (["kafka_topics"], [])


async def test_an_outage_is_known_after_the_messages_that_came_before_it(tmp_path: Path) -> None:
    desk, broker = Desk(tmp_path), Brokered()
    desk.reader.problem = ""
    broker.came.put(written(SNAPSHOTS, snapshot(5)))
    before = desk.reader._fetched(broker)
    desk.reader._noted.append(KafkaError(KafkaError._ALL_BROKERS_DOWN))
    after = desk.reader._fetched(broker)
    for each in (before, after):
        await desk.reader._take_all(each.messages, each.errors)
    assert [type(fact) for fact in desk.heard] == [BookSnapshot, BookLost]
    assert desk.reader.problem.startswith("KAFKA_BROKERS 127.0.0.1:9: ")


class Queue:
    """A consumer. asked: how many messages were asked for, and for how long they are waited for."""

    def __init__(self, *messages: str) -> None:
        self.messages, self.asked = list(messages), []

    def consume(self, count: int, seconds: float) -> list[str]:
        self.asked.append((count, seconds))
        taken, self.messages = self.messages[:count], self.messages[count:]
        return taken


def test_what_has_come_is_not_kept_waiting_for_a_full_batch() -> None:
    made = Queue("a", "b", "c")
    assert next_batch(made) == ["a", "b", "c"]
    assert made.asked == [(1, WAIT_S), (BATCH, 0)]
    assert next_batch(made) == []
    assert made.asked[2:] == [(1, WAIT_S)]

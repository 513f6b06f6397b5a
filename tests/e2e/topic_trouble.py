"""What a broker may do to messages, done to a running service: written again, out of order, and as
bytes that no one can read."""

from random import Random

from confluent_kafka import Consumer, Message, Producer, TopicPartition

from market_maker.topics.schema_files import CONSUMED, ENGINE_EVENTS
from tests.java_servers import JavaServer

LAST = 60
"""Messages of each partition, the newest."""
SPOILT = 5
"""Of each of a symbol's partitions."""
WITHIN_S = 60.0


def trouble(broker: JavaServer, symbols: tuple[str, ...], chance: Random) -> int:
    """The newest messages of the symbols once more, shuffled within their partition; and, of the
    market's topics, some of them spoilt. Returns how many were written. The matching engine's are
    not spoilt: who judges reads them."""
    producer = Producer({"bootstrap.servers": broker.address})
    count = 0
    for message in _newest(broker, symbols, chance):
        _write(producer, message, message.value())
        count += 1
        if message.topic() != ENGINE_EVENTS and chance.random() < SPOILT / LAST:
            _write(producer, message, _spoilt(message.value(), chance))
            count += 1
    assert producer.flush(WITHIN_S) == 0
    return count


def _newest(broker: JavaServer, symbols: tuple[str, ...], chance: Random) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "a broker's fault"})
    left: dict[tuple[str, int], int] = {}
    begins = []
    there = consumer.list_topics(timeout=WITHIN_S).topics
    for topic in CONSUMED:
        for number in there[topic].partitions:
            place = TopicPartition(topic, number)
            low, high = consumer.get_watermark_offsets(place, timeout=WITHIN_S)
            if high > low:
                left[topic, number] = high
                begins.append(TopicPartition(topic, number, max(low, high - LAST)))
    consumer.assign(begins)
    found = []
    while left:
        for message in consumer.consume(1_000, 0.2):
            assert message.error() is None, message.error()
            place = message.topic(), message.partition()
            if message.offset() + 1 >= left.get(place, 0):
                left.pop(place, None)
            if message.key().decode() in symbols:
                found.append(message)
    consumer.close()
    chance.shuffle(found)
    return found


def _write(producer: Producer, message: Message, value: bytes) -> None:
    producer.produce(message.topic(), value, message.key(), message.partition())


def _spoilt(value: bytes, chance: Random) -> bytes:
    """Cut off, of a schema that no one has, or empty."""
    return chance.choice((value[: len(value) // 2], b"\0\x7f\xff\xff\xff" + value[5:], b""))

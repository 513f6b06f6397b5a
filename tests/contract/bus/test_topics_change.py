"""Topics that change while they are read: a broker says so only where it is asked."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from market_maker.clocks import WallClock
from market_maker.model.events import BookSnapshot
from market_maker.topics.broker import Brokers
from market_maker.topics.schema_files import CONSUMED, SNAPSHOTS, TRADES, schema_text
from market_maker.venues.exchange.parking import ParkingLot
from market_maker.venues.exchange.reader import ExchangeReader
from tests.contract.bus.conftest import PARTITIONS, create_topics
from tests.java_servers import JavaServer, running_kafka
from tests.support.exchange_messages import INSTRUMENT, SYMBOL, message, snapshot
from tests.unit.telemetry.lines import Lines
from tests.unit.venues.exchange.test_decoding import Schemas

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

PATIENCE_S = 60.0


async def until(happened) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not happened():  # noqa: ASYNC110  the reader's own thread
            await asyncio.sleep(0.05)


@asynccontextmanager
async def reading(broker: JavaServer, folder: Path) -> AsyncIterator[ExchangeReader]:
    schemas, lot = Schemas(*map(schema_text, CONSUMED)), ParkingLot(folder / "parked")
    reached = Brokers(addresses=broker.address)
    reader = ExchangeReader(reached, schemas, lot, WallClock(), Lines())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        await until(lambda: reader.reading.is_set() and not reader.problem)
        yield reader
        running.cancel()


async def test_partitions_that_are_added_are_read_and_a_topic_that_is_gone_is_named(
    tmp_path: Path,
) -> None:
    with running_kafka() as broker:
        create_topics(broker, CONSUMED)
        admin = AdminClient({"bootstrap.servers": broker.address, "log_level": 0})
        heard, numbers = [], count(1)
        async with reading(broker, tmp_path) as reader:
            reader.follow(INSTRUMENT, heard.append)
            wider = admin.create_partitions([NewPartitions(SNAPSHOTS, PARTITIONS + 1)])
            await asyncio.to_thread(wider[SNAPSHOTS].result)
            await until(
                lambda: PARTITIONS in admin.list_topics(SNAPSHOTS).topics[SNAPSHOTS].partitions
            )
            producer = Producer({"bootstrap.servers": broker.address, "log_level": 0})

            def is_heard() -> bool:
                number = next(numbers)
                value = message(SNAPSHOTS, snapshot(number), 1 + CONSUMED.index(SNAPSHOTS))
                producer.produce(SNAPSHOTS, value, SYMBOL.encode(), PARTITIONS)
                producer.poll(0)
                return any(isinstance(each, BookSnapshot) for each in heard)

            await until(is_heard)
            gone = admin.delete_topics([TRADES])
            await asyncio.to_thread(gone[TRADES].result)
            await until(lambda: f"there is no topic {TRADES}" in reader.problem)
            create_topics(broker, [TRADES])
            await until(lambda: reader.reading.is_set() and not reader.problem)

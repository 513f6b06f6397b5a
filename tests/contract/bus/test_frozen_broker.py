"""A broker that neither answers nor hangs up: /health must not call the exchange's topics read."""

import asyncio
import signal
from pathlib import Path

import pytest

from market_maker.clocks import WallClock
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from market_maker.topics.schema_files import CONSUMED
from market_maker.venues.exchange.parking import ParkingLot
from market_maker.venues.exchange.reader import ExchangeReader
from tests.contract.bus.conftest import create_topics
from tests.java_servers import JavaServer
from tests.unit.telemetry.lines import Lines

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

SAID_WITHIN_S = 60.0
"""After three seconds of silence, on a machine that is not busy."""


async def until(happened, within_s: float) -> None:
    async with asyncio.timeout(within_s):
        while not happened():  # noqa: ASYNC110  the reader's own thread
            await asyncio.sleep(0.05)


async def test_a_broker_that_is_frozen_is_named(kafka: JavaServer, tmp_path: Path) -> None:
    create_topics(kafka, CONSUMED)
    schemas, parking = SchemaRegistry("http://127.0.0.1:9"), ParkingLot(tmp_path / "parked")
    reached = Brokers(addresses=kafka.address)
    reader = ExchangeReader(reached, schemas, parking, WallClock(), Lines())
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(reader.run())
        await until(lambda: reader.reading.is_set() and not reader.problem, 60)
        assert kafka.process is not None
        kafka.process.send_signal(signal.SIGSTOP)
        try:
            await until(lambda: reader.problem, SAID_WITHIN_S)
        finally:
            kafka.process.send_signal(signal.SIGCONT)
        assert kafka.address in reader.problem
        running.cancel()

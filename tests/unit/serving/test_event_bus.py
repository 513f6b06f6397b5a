import sys

import pytest

from market_maker.bus.memory import MemoryBus
from market_maker.model.errors import BusUnavailableError, InvalidFieldError
from market_maker.serving.event_bus import brokers_of, event_bus_of
from market_maker.settings import Settings
from tests.servers import free_port

pytestmark = pytest.mark.anyio


def kafka(address: str = "127.0.0.1:9", **more: str) -> Settings:
    url = f"http://{address}"
    return Settings(kafka_brokers=address, schema_registry_url=url, **more)  # type: ignore[arg-type]


async def test_without_brokers_events_stay_in_the_process_and_nothing_is_wrong() -> None:
    events = event_bus_of(Settings())
    await events.check()
    assert isinstance(events.bus, MemoryBus)
    assert await events.probe() == await event_bus_of(Settings()).probe()
    assert not (await events.probe()).detail


async def test_brokers_that_do_not_answer_are_named_and_leave_the_service_ready() -> None:
    address = f"127.0.0.1:{free_port()}"
    events = event_bus_of(kafka(address))
    with pytest.raises(BusUnavailableError, match=f"KAFKA_BROKERS {address}: no answer"):
        await events.check()
    told = await events.probe()
    assert told.ready
    assert told.detail.startswith(f"events wait in the outbox: KAFKA_BROKERS {address}: no answer")
    assert "confluent_kafka" in sys.modules


def test_brokers_want_a_registry() -> None:
    with pytest.raises(InvalidFieldError, match="SCHEMA_REGISTRY_URL: missing"):
        brokers_of(Settings(kafka_brokers="a:9092"))


def test_a_protocol_with_credentials_wants_them() -> None:
    with pytest.raises(InvalidFieldError, match="KAFKA_SASL_USERNAME: missing"):
        brokers_of(kafka(kafka_security_protocol="SASL_SSL"))

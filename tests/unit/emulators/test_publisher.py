import pytest

from market_maker.clocks import SimClock
from market_maker.emulators import publisher
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.publisher import Publisher
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.units import Nanos
from market_maker.sandbox.listings import LISTINGS
from market_maker.topics.broker import Brokers
from market_maker.topics.registry import SchemaRegistry
from tests.servers import free_port

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_brokers_that_do_not_answer_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 0.2)
    address = f"127.0.0.1:{free_port()}"
    clock = SimClock(Nanos(1_700_000_000_000_000_000))
    exchange = Exchange(LISTINGS[:1], 1, clock.now())
    schemas = SchemaRegistry(f"http://{address}")
    made = Publisher(exchange, Brokers(addresses=address), schemas, clock, epoch=1)
    with pytest.raises(VenueUnavailableError, match=f"brokers {address}: "):
        await made.prepare()

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
from market_maker.topics.schema_files import SNAPSHOTS
from tests.servers import free_port

pytestmark = pytest.mark.anyio


async def test_brokers_that_do_not_answer_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "PATIENCE_S", 0.2)
    address = f"127.0.0.1:{free_port()}"
    clock = SimClock(Nanos(1_700_000_000_000_000_000))
    exchange = Exchange(LISTINGS[:1], 1, clock.now())
    schemas = SchemaRegistry(f"http://{address}")
    made = Publisher(exchange, Brokers(addresses=address), schemas, clock, epoch=1)
    with pytest.raises(VenueUnavailableError, match=f"brokers {address}: "):
        await made.prepare()


def test_a_new_epoch_shows_no_book_until_it_is_asked_to() -> None:
    clock = SimClock(Nanos(1_700_000_000_000_000_000))
    exchange = Exchange(LISTINGS[:1], 1, clock.now())
    brokers = Brokers(addresses="127.0.0.1:9")
    made = Publisher(exchange, brokers, SchemaRegistry("http://127.0.0.1:9"), clock, epoch=5)
    (line,) = made._lines.values()

    def second() -> list[tuple[str, int]]:
        """Topics and epochs of what is written in one."""
        clock.advance_to(Nanos(clock.now() + publisher.SNAPSHOT_EVERY))
        news = line.market.advance(clock.now())
        return [(topic, fields["epoch"]) for topic, fields in line.messages(clock.now(), news)]

    second()
    assert (SNAPSHOTS, 5) in second()
    assert made.begin_epoch() == 6
    silent = second()
    assert {epoch for _, epoch in silent} == {6}
    assert SNAPSHOTS not in {topic for topic, _ in silent}
    made.show_books()
    assert (SNAPSHOTS, 6) in second()

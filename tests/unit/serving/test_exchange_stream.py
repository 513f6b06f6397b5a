import asyncio
from pathlib import Path

import pytest

from market_maker.clocks import SimClock
from market_maker.model.events import BookLost, BookSnapshot, Filled
from market_maker.model.units import Nanos
from market_maker.serving.exchange_stream import ExchangeStream
from market_maker.topics.schema_files import ENGINE_EVENTS, SNAPSHOTS
from market_maker.venues.order_service.wire import Listen, News, Opened, Snap, WireMarket
from tests.support.exchange_messages import INSTRUMENT, SYMBOL, fill, snapshot
from tests.unit.venues.exchange.test_reader import NOW, Desk, written

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def test_the_topics_are_news_of_our_accounts_and_a_market_with_the_time_of_arrival(
    tmp_path: Path,
) -> None:
    reader = Desk(tmp_path).reader
    stream = ExchangeStream(reader, INSTRUMENT, SimClock(NOW))
    heard: list[tuple[object, Nanos]] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(stream.run(lambda *each: heard.append(each)))
        await asyncio.sleep(0)
        await reader.take(written(ENGINE_EVENTS, fill(1)))
        await stream.send(Listen(("a",)))
        stream.accounts.append("a")
        await reader.take(written(ENGINE_EVENTS, fill(2)))
        await reader.take(written(SNAPSHOTS, snapshot(5)))
        await stream.send(Snap())
        await stream.send(Snap())
        running.cancel()
    opened, news, market, lost = (message for message, _ in heard)
    assert opened == Opened(SYMBOL, "0.1", "0.001", 0)
    assert isinstance(news, News)
    assert (news.account_id, news.client_order_id) == ("a", "mm-1")
    assert isinstance(news.event, Filled)
    assert isinstance(market, WireMarket)
    assert isinstance(market.event, BookSnapshot)
    assert isinstance(lost, WireMarket)
    assert lost.event == BookLost(NOW, "waiting for the exchange's next snapshot")
    assert {at for _, at in heard} == {NOW}
    await reader.take(written(SNAPSHOTS, snapshot(6)))
    assert len(heard) == 4

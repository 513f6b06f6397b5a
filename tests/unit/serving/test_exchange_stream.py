import asyncio
from pathlib import Path

import pytest

from market_maker.clocks import SimClock
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import BookLost, BookSnapshot, Filled
from market_maker.model.units import Nanos
from market_maker.serving import exchange_stream
from market_maker.serving.exchange_stream import ExchangeStream
from market_maker.topics.schema_files import ENGINE_EVENTS, SNAPSHOTS
from market_maker.venues.order_service.wire import News, Opened, WireMarket
from tests.support.exchange_messages import INSTRUMENT, SYMBOL, fill, snapshot
from tests.unit.venues.exchange.test_reader import NOW, Desk, written

pytestmark = pytest.mark.anyio


OPENED = Opened(SYMBOL, "0.1", "0.001", 41)


async def opening() -> Opened:
    return OPENED


async def test_the_topics_are_news_of_our_accounts_and_a_market_with_the_time_of_arrival(
    tmp_path: Path,
) -> None:
    reader = Desk(tmp_path).reader
    stream = ExchangeStream(reader, INSTRUMENT, SimClock(NOW), opening)
    heard: list[tuple[object, Nanos]] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(stream.run(lambda *each: heard.append(each)))
        await asyncio.sleep(0)
        await reader.take(written(ENGINE_EVENTS, fill(1)))
        stream.listen("a")
        await reader.take(written(ENGINE_EVENTS, fill(2)))
        await reader.take(written(SNAPSHOTS, snapshot(5)))
        stream.snap()
        stream.snap()
        running.cancel()
    opened, news, market, lost = (message for message, _ in heard)
    assert opened == OPENED
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


async def test_no_market_arrives_until_the_order_service_has_our_grid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_stream, "RETRY_S", 0.0)
    reader, answers, followed = Desk(tmp_path).reader, 0, asyncio.Event()

    async def late() -> Opened:
        nonlocal answers
        answers += 1
        await reader.take(written(SNAPSHOTS, snapshot(answers)))
        if answers == 1:
            raise VenueUnavailableError("no answer")
        if answers == 3:
            followed.set()
        return OPENED if answers == 3 else Opened(SYMBOL, "0.5", "0.001", 7)

    stream = ExchangeStream(reader, INSTRUMENT, SimClock(NOW), late)
    heard: list[object] = []
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(stream.run(lambda message, _at: heard.append(message)))
        await followed.wait()
        await asyncio.sleep(0)
        await reader.take(written(SNAPSHOTS, snapshot(9)))
        running.cancel()
    assert heard[0] == Opened(SYMBOL, "0.5", "0.001", 7)
    assert [each.event.seq for each in heard[1:]] == [9]

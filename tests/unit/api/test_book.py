"""The book over REST and as an event of the stream."""

from decimal import Decimal

import pytest

from market_maker.api.live_feed import LiveFeed, Wanted
from market_maker.api.stream import StreamQuery, events
from tests.support.office import SYMBOL
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio


async def test_the_book_of_a_pool_and_of_a_symbol_without_an_engine(office):
    await office.quoting()
    async with client_of(office) as client:
        found = (await client.get(f"/v1/pools/{SYMBOL}/book?levels=5")).json()
        assert found["bids"][0]["size"] is not None
        collar, mid = found["collar"], Decimal(found["mid"])
        assert Decimal(collar["low"]) < mid < Decimal(collar["high"])
        assert "seq" in found
        assert sum(level["own_orders"] for level in found["bids"] + found["asks"]) > 0
        assert (await client.get(f"/v1/pools/{SYMBOL}/book?levels=0")).status_code == 422
        assert (await client.get("/v1/pools/NOPE-PERP/book")).status_code == 404


async def test_the_stream_sends_the_books_that_were_asked_for_and_no_others(office):
    await office.quoting()
    feed = LiveFeed(office.application, office.clock)
    query = StreamQuery(hz=1, seconds=0)
    wanted = Wanted(books=(SYMBOL, "NOPE-PERP"))
    asked = b"".join([each async for each in events(feed, query, wanted)])
    assert asked.count(b"event: book\n") == 1
    plain = b"".join([each async for each in events(feed, query, Wanted())])
    assert b"event: book\n" not in plain

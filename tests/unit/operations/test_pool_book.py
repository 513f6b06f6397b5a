"""The market's levels with our own part of each, and every own order somewhere in them."""

from decimal import Decimal

import pytest

from market_maker.operations.pool_book import pool_book
from tests.support.office import SYMBOL

pytestmark = pytest.mark.anyio


async def test_every_own_order_stands_in_the_book_with_its_member(office):
    await office.quoting()
    runner = office.engine_host.get(SYMBOL)
    book, orders = pool_book(runner, 20), runner.open_orders()
    sides = (*book.bids, *book.asks)
    assert sum(level.own_orders for level in sides) == len(orders) > 0
    lots = sum(order.leaves for order in orders)
    assert sum((level.own for level in sides), Decimal(0)) == runner.instrument.quantity(lots)
    owners = {name for level in sides for name in level.members}
    assert owners == {order.member for order in orders}


async def test_bids_fall_and_asks_rise_and_no_level_stands_twice(office):
    await office.quoting()
    book = pool_book(office.engine_host.get(SYMBOL), 20)
    bids, asks = ([level.price for level in side] for side in (book.bids, book.asks))
    assert bids == sorted(set(bids), reverse=True)
    assert asks == sorted(set(asks))
    assert bids[0] < asks[0]


async def test_an_own_price_beyond_the_levels_asked_for_has_no_size(office):
    await office.quoting()
    book = pool_book(office.engine_host.get(SYMBOL), 1)
    known = [level for level in (*book.bids, *book.asks) if level.size is not None]
    assert len(known) == 2
    assert all(level.own_orders for level in (*book.bids, *book.asks) if level.size is None)

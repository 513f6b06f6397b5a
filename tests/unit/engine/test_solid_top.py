"""Levels worth less than a stated value make no price; a quote never crosses them all the same."""

import pytest

from market_maker.engine.book import Book
from market_maker.engine.solid_top import SolidTop
from market_maker.model.events import NO_SEQ, BookSnapshot, BookTop
from tests.unit.engine.desk import FAIR, Desk

DUST = 10  # USDT: a lot of a thousandth at 10,000 is worth ten


def book(desk, bids, asks):
    return BookSnapshot(desk.now, desk.now, NO_SEQ, tuple(bids), tuple(asks))


BIDS = ((FAIR - 100, 900), (FAIR - 110, 900))
ASKS = ((FAIR + 100, 900), (FAIR + 110, 900))
SMALL = (FAIR + 40, 4)


def quoted(desk, bids, asks, seconds=6):
    for _ in range(10 * seconds):
        desk.turn(book(desk, bids, asks))
    return desk.engine.market


def test_one_small_order_in_front_moves_the_mid_where_dust_counts():
    market = quoted(Desk(), ((FAIR + 40, 4), *BIDS), ASKS)
    assert market.fair == FAIR + 70


@pytest.mark.parametrize("fair_price", ["mid", "weighted_mid", "microprice", "regression"])
def test_and_moves_nothing_where_it_does_not(fair_price):
    still = quoted(Desk(fair_price=fair_price, dust_usdt=100), BIDS, ASKS)
    market = quoted(Desk(fair_price=fair_price, dust_usdt=100), (SMALL, *BIDS), ASKS)
    assert market.fair == still.fair == FAIR
    assert market.mid_x2 == 2 * FAIR


def test_an_order_worth_just_as_much_is_no_dust():
    lots = 10  # worth 100.04 USDT
    market = quoted(Desk(dust_usdt=100), ((FAIR + 40, lots), *BIDS), ASKS)
    assert market.fair == FAIR + 70


def test_a_quote_stays_behind_the_dust_that_it_would_cross():
    desk = Desk(dust_usdt=100, strategy_params={"half_spread_bps": 0.5})
    desk.started()
    for _ in range(30):
        desk.turn(book(desk, BIDS, ((FAIR - 40, 4), *ASKS)))
    bids, asks = desk.engine.ladder.prices
    assert bids[0] < FAIR - 40
    assert asks[0] > FAIR - 100


def test_where_every_level_is_dust_the_best_one_counts():
    alone = Book()
    alone.top(BookTop(1, 1, 99, 1, 101, 1))
    top = SolidTop(alone).refresh(alone, 10**9)
    assert (top.bid, top.ask) == (99, 101)
    market = quoted(Desk(dust_usdt=1_000_000), BIDS, ASKS)
    assert market.fair == FAIR


def test_a_level_behind_the_dust_is_the_best_one_and_sums_hold_all():
    deep = Book()
    deep.snapshot(BookSnapshot(1, 1, NO_SEQ, ((100, 1), (99, 1), (98, 50)), ((101, 60),)))
    top = SolidTop(deep).refresh(deep, 1_000)
    assert (top.bid, top.bid_size, top.ask, top.ask_size) == (98, 50, 101, 60)
    assert top.depth(2)[0] == ((100, 1), (99, 1))
    assert top.displayed(0, 100) == 1
    assert top.ts_recv == 1

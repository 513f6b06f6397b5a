"""Orders on paper queue behind what is displayed, and nothing fills for free."""

from decimal import Decimal

import pytest

from market_maker.model.actions import Place
from market_maker.model.events import BookSnapshot, RejectReason, Trade
from market_maker.model.orders import Side
from market_maker.standalone.paper_book import PaperBook
from market_maker.venues.hyperliquid.universe import ListedMarket

BTC = ListedMarket("BTC", 0, 5).instrument(Decimal("1.5"))


def order(number, side, price, size=10, *, reduce_only=False):
    return Place(number, "maker", side, 0, price, size, reduce_only, f"mm-{number}", "0xab")


def book_of(bid=100, ask=110, size=5):
    return BookSnapshot(1, 1, 1, ((bid, size), (bid - 1, size)), ((ask, size), (ask + 1, size)))


def sold(price, size):
    return Trade(2, 2, price, size, Side.SELL)


@pytest.fixture
def book():
    made = PaperBook(BTC, 100)
    made.hear(book_of())
    return made


def test_what_was_ahead_in_the_queue_fills_first(book):
    book.place(order(1, Side.BUY, 100))
    assert book.hear(sold(100, 5)) == []
    (fill,) = book.hear(sold(100, 4))
    assert (fill.price, fill.size, book.position) == (100, 4, 4)
    assert book.open_orders()[0].leaves == 6
    assert fill.fee == round(100 * 4 * 100_000_000 * 0.00015)


def test_a_trade_beyond_our_price_fills_us_at_our_price(book):
    book.place(order(1, Side.BUY, 101))
    (fill,) = book.hear(sold(100, 50))
    assert (fill.price, fill.size) == (101, 10)
    assert book.open_orders() == ()


def test_a_trade_never_fills_more_than_it_was(book):
    book.place(order(1, Side.BUY, 102))
    book.place(order(2, Side.BUY, 101))
    assert sum(fill.size for fill in book.hear(sold(100, 15))) == 15


def test_a_book_that_has_crossed_our_order_fills_it(book):
    book.place(order(1, Side.SELL, 108))
    (fill,) = book.hear(book_of(bid=109, ask=112))
    assert (fill.price, book.position) == (108, -10)


def test_trades_of_the_other_side_and_further_away_fill_nothing(book):
    book.place(order(1, Side.BUY, 99))
    assert book.hear(Trade(2, 2, 99, 50, Side.BUY)) == []
    assert book.hear(sold(100, 50)) == []


def test_what_would_take_is_refused_and_so_is_reduce_only_without_a_position(book):
    assert book.refusal(order(1, Side.BUY, 110)) is RejectReason.POST_ONLY
    assert book.refusal(order(1, Side.SELL, 100)) is RejectReason.POST_ONLY
    assert book.refusal(order(1, Side.BUY, 100, reduce_only=True)) is RejectReason.REDUCE_ONLY
    assert book.refusal(order(1, Side.BUY, 100)) is None
    assert PaperBook(BTC, 1).refusal(order(1, Side.BUY, 1)) is RejectReason.PAUSED


def test_a_cancelled_order_is_gone(book):
    book.place(order(1, Side.BUY, 100))
    assert book.cancel(1)
    assert not book.cancel(1)
    assert book.hear(sold(90, 50)) == []

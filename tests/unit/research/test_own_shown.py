"""The book without our orders."""

import pytest

from market_maker.model.actions import Place
from market_maker.model.events import Accepted, Canceled, CancelRejected, Filled, FillFound
from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.research.own_shown import OwnShown
from tests.captures import make_recording

BID, ASK = RowKind.BID, RowKind.ASK
BEST_BID, BEST_ASK = RowKind.BEST_BID, RowKind.BEST_ASK


def sizes(own, *rows):
    """Ticks and lots that are left; rows: kind, ticks, lots, the venue's stamp."""
    made = make_recording([(*row, row[3] + 1) for row in rows])
    left = own.taken_out(made)
    return list(zip(left.ticks.tolist(), left.lots.tolist(), strict=True))


def placed(price=100, size=5, side=Side.BUY, order_id=1):
    own = OwnShown()
    own.note((), (Place(order_id, "acme", side, 0, price, size),))
    own.note((Accepted(10, 12, order_id),), ())
    return own


def test_an_order_is_in_the_book_from_its_acknowledgement_to_its_end():
    own = placed()
    own.note((Canceled(20, 22, 1),), ())
    assert sizes(
        own, (BID, 100, 8, 9), (BID, 100, 8, 10), (BID, 100, 8, 19), (BID, 100, 8, 20)
    ) == [
        (100, 8),
        (100, 3),
        (100, 3),
        (100, 8),
    ]


def test_other_prices_and_the_other_side_stay():
    assert sizes(placed(), (BID, 99, 8, 15), (ASK, 100, 8, 15)) == [(99, 8), (100, 8)]


@pytest.mark.parametrize(
    "fill",
    [
        Filled(15, 16, 1, 7, 100, 2, 0),
        FillFound(15, 16, 1, 7, "acme", Side.BUY, 0, 100, 2, 0),
    ],
)
def test_a_fill_takes_its_part(fill):
    own = placed()
    own.note((fill,), ())
    assert sizes(own, (BID, 100, 8, 14), (BID, 100, 8, 15)) == [(100, 3), (100, 5)]


def test_an_order_that_is_gone_without_a_word_is_gone():
    own = placed()
    own.note((CancelRejected(20, 22, 1, gone=False),), ())
    assert sizes(own, (BID, 100, 8, 30)) == [(100, 3)]
    own.note((CancelRejected(25, 26, 1, gone=True),), ())
    assert sizes(own, (BID, 100, 8, 30)) == [(100, 8)]


def test_never_less_than_nothing():
    assert sizes(placed(), (BID, 100, 4, 15)) == [(100, 0)]


def test_a_best_price_of_ours_alone_is_the_last_one_of_others_or_worse():
    own = placed()
    assert sizes(own, (BEST_BID, 99, 4, 5), (BEST_ASK, 102, 1, 5)) == [(99, 4), (102, 1)]
    rows = ((BEST_BID, 99, 4, 5), (BEST_ASK, 102, 1, 5), (BEST_BID, 100, 5, 15))
    assert sizes(own, *rows, (BEST_ASK, 102, 1, 15))[2:] == [(99, 4), (102, 1)]


def test_what_was_never_acknowledged_is_not_in_the_book():
    own = OwnShown()
    own.note((), (Place(1, "acme", Side.BUY, 0, 100, 5),))
    own.note((Filled(15, 16, 9, 7, 100, 2, 0),), ())
    assert sizes(own, (BID, 100, 8, 15)) == [(100, 8)]

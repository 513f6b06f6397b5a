"""A strategy may want one side only: infinitely far is silent, and so is a size of nothing."""

from math import inf

import msgspec
import pytest

from market_maker.engine.ladder import Ladder
from market_maker.engine.terms import terms_of
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.quoting.view import Distances
from tests.unit.engine.desk import FAIR, INSTRUMENT, THREE, Desk, cancels, pool


class Wishing(Desk):
    """A desk whose strategy wants what the test says."""

    def __init__(self, wish, **fields):
        super().__init__(**fields)
        self.wish = wish
        terms = terms_of(INSTRUMENT, pool(**fields))
        self.engine.terms = msgspec.structs.replace(terms, strategy=lambda _: self.wish)
        self.engine.quoter.configure(self.engine.terms)
        self.engine.cache.invalidate()

    def sides(self):
        return sorted({order.side for order in self.orders})


ONLY_ASK = Distances(inf, 5.0)
ONLY_BID = Distances(5.0, inf)


@pytest.mark.parametrize("wish", [ONLY_ASK, Distances(5.0, 5.0, 0.0, 1.0)])
def test_a_silent_bid_says_so_and_the_ask_quotes_where_it_was_wanted(wish):
    desk = Wishing(wish, num_levels=2).started()
    assert desk.reasons == (Reason.SILENT, Reason.QUOTING)
    assert desk.sides() == [Side.SELL]
    assert desk.order(Side.SELL).price == FAIR + 50
    assert desk.order(Side.SELL, 1).price == FAIR + 100


@pytest.mark.parametrize("wish", [ONLY_BID, Distances(5.0, 5.0, 1.0, 0.0)])
def test_a_silent_ask_says_so_and_the_bid_quotes_where_it_was_wanted(wish):
    desk = Wishing(wish, num_levels=2).started()
    assert desk.reasons == (Reason.QUOTING, Reason.SILENT)
    assert desk.sides() == [Side.BUY]
    assert desk.order(Side.BUY).price == FAIR - 50


def test_both_silent_nothing_is_out():
    desk = Wishing(Distances(inf, inf), members=THREE).started()
    assert desk.orders == ()
    assert desk.reasons == (Reason.SILENT, Reason.SILENT)


def test_a_side_without_quotes_is_cancelled_and_one_that_quotes_again_is_placed():
    desk = Wishing(Distances(5.0, 5.0), members=THREE).started()
    bids = sorted(o.order_id for o in desk.orders if o.side is Side.BUY)
    desk.wish = ONLY_ASK
    assert sorted(cancels(desk.step(ms=1000))) == bids
    desk.step()
    assert desk.sides() == [Side.SELL]
    desk.wish = Distances(5.0, 5.0)
    for _ in range(3):
        desk.step(ms=1000)
    assert len(desk.orders) == 6
    assert desk.reasons == (Reason.QUOTING, Reason.QUOTING)


def test_a_silent_pool_is_at_rest():
    desk = Wishing(ONLY_ASK).started()
    assert [desk.step(ms=1000) for _ in range(20)] == [[]] * 20


def test_a_side_alone_is_kept_within_half_the_ceiling():
    desk = Wishing(Distances(inf, 70.0)).started()
    assert desk.order(Side.SELL).price == FAIR + 400
    assert desk.reasons == (Reason.SILENT, Reason.SPREAD_CEILING)


def strong(fair_bps, one_sided_bps=2, **fields):
    """A ladder around a fair price so far above the mid."""
    made = Ladder()
    made.aim(Distances(5.0, 5.0), terms_of(INSTRUMENT, pool(one_sided_bps=one_sided_bps, **fields)))
    book = (FAIR - 10, FAIR + 10)
    made.update(FAIR * (1 + fair_bps / 10_000), book)
    return made


@pytest.mark.parametrize(
    ("fair_bps", "silent"),
    [
        (0.0, (False, False)),
        (1.9, (False, False)),
        (2.1, (False, True)),
        (-1.9, (False, False)),
        (-2.1, (True, False)),
    ],
)
def test_the_side_that_a_strong_forecast_goes_against_is_silent(fair_bps, silent):
    assert strong(fair_bps).silent == silent


def test_without_the_term_no_forecast_silences_a_side():
    assert strong(50.0, one_sided_bps=0).silent == (False, False)


def test_a_side_that_falls_silent_is_a_new_version_and_no_fair_price_is_held_over():
    made = strong(0.0)
    before = made.version
    made.update(FAIR * 1.0001, (FAIR - 10, FAIR + 10))
    assert made.silent == (False, False)
    made.update(FAIR * 1.0005, (FAIR - 10, FAIR + 10))
    assert made.silent == (False, True)
    assert made.version > before
    assert made.zone() == (FAIR * 1.0005, FAIR * 1.0005)


def test_a_strategys_own_silence_stays_beside_a_forecasts():
    made = Ladder()
    made.aim(ONLY_ASK, terms_of(INSTRUMENT, pool(one_sided_bps=2)))
    made.update(FAIR * 1.0005, (FAIR - 10, FAIR + 10))
    assert made.silent == (True, True)
    made.update(float(FAIR), (FAIR - 10, FAIR + 10))
    assert made.silent == (True, False)

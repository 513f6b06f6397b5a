"""The figures of a parity run, and what they do not know, in words."""

from fractions import Fraction

import pytest

from market_maker.model.events import BookLost
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.live_stretch import lived
from market_maker.research.parity import parity
from market_maker.research.parity_result import result_of, verdict
from tests.support.lived import TRUE, Lived, other
from tests.toy_market import INSTRUMENT, START

SECOND = 1_000_000_000


def result(home, assumed=TRUE, **span):
    found = lived(home, INSTRUMENT.symbol, span.get("since"), span.get("until"))
    return result_of(found, parity(found.longest, assumed, lambda _done: None))


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return Lived(tmp_path_factory.mktemp("data")).go().done()


def test_money_adds_up_to_the_last_digit(home):
    made = result(home, ReplaySettings())
    assert sum(Fraction(part.pnl) for part in made.parts) == Fraction(made.gap)
    for side in (made.live, made.simulated, made.as_seen):
        causes = (side.spread, side.inventory, side.fees, side.funding)
        assert sum(map(Fraction, causes)) == Fraction(side.net_pnl)
    assert made.live.fee_bps == pytest.approx(0.2)
    assert made.latency.median_ms == 7


def test_the_verdict_names_the_largest_part(home):
    made = result(home, other(maker_rate=0))
    assert f"a gap of {made.gap}. The largest part of it is fees: {made.gap}." in verdict(made)
    assert made.decided


def test_few_fills_decide_nothing(home):
    made = result(home, until=START + 12 * SECOND)
    assert not made.decided
    assert "Fewer than 20 fills decide nothing." in verdict(made)
    assert any("chance alone" in text for text in made.limits)


def test_a_position_of_the_beginning_and_a_lost_book_are_said(tmp_path):
    made = Lived(tmp_path).go(START + 15 * SECOND)
    home = made.go(more=[BookLost(made.now, "cut off")]).done()
    words = " ".join(result(home, since=START + 12 * SECOND).limits)
    assert "Live began with a position of" in words
    assert "The book was lost for" in words

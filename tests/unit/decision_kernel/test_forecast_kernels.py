"""The best prices that forecasts are fed, and what they forget when the book is lost."""

import numpy as np
import pytest

from market_maker.decision_kernel import forecast_kernels as kernels
from market_maker.decision_kernel.decision_layout import DECISION, MARKET
from market_maker.decision_kernel.estimate_layout import SHOWN
from market_maker.decision_kernel.estimate_state import FlowState
from market_maker.decision_kernel.forecast_state import RegressionState
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.forecast import SAMPLE_EVERY
from market_maker.estimators.regression import RegressionMicroprice
from market_maker.replay_venue.recorded_rows import TickWindow
from market_maker.replay_venue.replay_state import book_of
from tests.support.kernels import alone

pytestmark = pytest.mark.thorough

foreseen, go_blind = alone(kernels.foreseen), alone(kernels.go_blind)
show_top = alone(kernels.show_top)

LOW, WIDTH = 9_900, 200
START = 1_700_000_000_000_000_000


class Fed:
    """A regression in records, and the market that it is fed from."""

    def __init__(self, *, deep=False):
        self.own = RegressionMicroprice(deep=deep)
        self.state = RegressionState(self.own)
        self._flow = FlowState(TradeFlow(60.0))
        self._shown = np.zeros(1, SHOWN)
        self.root, self.market = np.zeros(1, DECISION)[0], np.zeros(1, MARKET)[0]
        self.root["regression"], self.root["flow"] = self.state.address, self._flow.address
        self.root["shown"] = self._shown.ctypes.data
        self._ladders = np.zeros((2, WIDTH), np.int64)
        self.book = book_of(TickWindow(LOW, WIDTH, 0), *self._ladders)

    def hold(self, bids, asks):
        """Levels of the book, (ticks, lots); best first."""
        book = self.book
        for ladder, side in zip(self._ladders, (bids, asks), strict=True):
            ladder[:] = 0
            for ticks, lots in side:
                ladder[ticks - LOW if side is bids else book["high"] - ticks] = lots
        book["lowest"] = 0
        book["bid"], book["ask"] = bids[0][0] - LOW, book["high"] - asks[0][0]

    def show(self, now, bid, ask, *lots):
        market = self.market
        market["ts_recv"], market["bid"], market["ask"] = now, bid, ask
        market["mid_x2"], (market["bid_lots"], market["ask_lots"]) = bid + ask, lots
        show_top(self.root, market, self.book)

    def waiting(self):
        self.state.give()
        return [len(each.noted) for each in (*self.own._forecasts, *self.own._factors)]


def test_fair_is_the_mid_until_something_is_foreseen():
    fed = Fed()
    fed.show(START, 9_999, 10_001, 5, 3)
    assert foreseen(fed.root) == 10_000.0
    fed.show(START + 1, 10_000, 10_001, 5, 3)
    assert foreseen(fed.root) == 10_000.5


def test_the_same_top_is_taken_once_and_another_of_the_same_moment_again():
    fed = Fed()
    for _ in range(3):
        fed.show(START, 9_999, 10_001, 5, 3)
    assert fed.waiting()[0] == 1
    fed.show(START + SAMPLE_EVERY, 9_999, 10_001, 5, 3)
    assert fed.waiting()[0] == 2
    fed.show(START + SAMPLE_EVERY, 9_999, 10_001, 5, 4)
    assert fed.own._forecasts[0].last_mid_x2 == 20_000
    assert fed.waiting()[0] == 2, "no later than the last one"


BIDS = [(9_999, 5), (9_998, 1), (9_996, 1), (9_995, 1), (9_994, 1), (9_993, 90)]
ASKS = [(10_001, 3), (10_002, 6), (10_005, 6), (10_006, 6), (10_007, 6), (10_008, 7)]
"""The best sizes say buy, five levels say sell, and what stands behind them is not asked."""


@pytest.mark.parametrize("deep", [False, True])
def test_five_levels_are_a_term_only_where_they_are_to_be(deep):
    fed = Fed(deep=deep)
    fed.hold(BIDS, ASKS)
    fed.show(START, 9_999, 10_001, 5, 3)
    fed.state.give()
    _, _, imbalances, _ = fed.own._forecasts[0].noted[0]
    assert imbalances == (0.25, (9 - 27) / 36 if deep else 0.25)


def test_what_waits_never_fills_its_ring_and_a_lost_book_forgets_it():
    fed = Fed()
    for number in range(400):
        fed.show(START + number * SAMPLE_EVERY, 9_999 + number % 3, 10_003, 5, 3 + number % 7)
    assert fed.waiting() == [11, 11, 6, 51]
    assert max(fed.waiting()) < kernels.RING
    go_blind(fed.root)
    assert fed.waiting() == [0, 0, 0, 0]
    assert fed.own.count > 0, "what was learned stays"

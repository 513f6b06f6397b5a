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
from tests.support.kernels import alone

pytestmark = pytest.mark.thorough

foreseen, go_blind = alone(kernels.foreseen), alone(kernels.go_blind)
show_top = alone(kernels.show_top)

START = 1_700_000_000_000_000_000


class Fed:
    """A regression in records, and the market that it is fed from."""

    def __init__(self):
        self.own = RegressionMicroprice()
        self.state = RegressionState(self.own)
        self._flow = FlowState(TradeFlow(60.0))
        self._shown = np.zeros(1, SHOWN)
        self.root, self.market = np.zeros(1, DECISION)[0], np.zeros(1, MARKET)[0]
        self.root["regression"], self.root["flow"] = self.state.address, self._flow.address
        self.root["shown"] = self._shown.ctypes.data

    def show(self, now, bid, ask, *lots):
        market = self.market
        market["ts_recv"], market["bid"], market["ask"] = now, bid, ask
        market["mid_x2"], (market["bid_lots"], market["ask_lots"]) = bid + ask, lots
        show_top(self.root, market)

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


def test_what_waits_never_fills_its_ring_and_a_lost_book_forgets_it():
    fed = Fed()
    for number in range(400):
        fed.show(START + number * SAMPLE_EVERY, 9_999 + number % 3, 10_003, 5, 3 + number % 7)
    assert fed.waiting() == [11, 11, 6, 51]
    assert max(fed.waiting()) < kernels.RING
    go_blind(fed.root)
    assert fed.waiting() == [0, 0, 0, 0]
    assert fed.own.count > 0, "what was learned stays"

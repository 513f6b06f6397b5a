"""What every estimator has in common: it survives whatever arrives, and stays finite."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.estimators.adverse_selection import AdverseSelection
from market_maker.estimators.cascade import CascadeSeverity
from market_maker.estimators.depth import DepthMonitor
from market_maker.estimators.fair_price import Microprice
from market_maker.estimators.flow import OrderFlowImbalance, TradeFlow, Vpin
from market_maker.estimators.funding import FundingForecast
from market_maker.estimators.hawkes import HawkesIntensity
from market_maker.estimators.intensity import FillIntensity
from market_maker.estimators.kalman import KalmanPrice
from market_maker.estimators.queue_tracker import QueueTracker, TrackedOrder
from market_maker.estimators.regimes import Spread
from market_maker.estimators.regression import RegressionMicroprice
from market_maker.estimators.volatility import EwmaVolatility, RealisedVolatility
from market_maker.estimators.volume_clock import VolumeClock, VolumeVolatility
from tests.examples import examples

NOW = 10**18
HUGE = 10**12


class Event:
    """ts goes anywhere; sizes from nothing to enormous; prices to the ends of what is possible."""

    def __init__(self, ts, bid, spread, sizes, side):
        self.ts, self.bid, self.ask = ts, bid, bid + spread
        self.bid_size, self.ask_size = sizes
        self.side, self.mid_x2 = side, 2 * bid + spread
        self.imbalances = (1.0, -1.0) if side else (0.5, 0.0)

    def __repr__(self):
        return f"Event({vars(self)})"


def queue(tracker, e):
    tracker.sample([TrackedOrder(1, e.side, e.bid, 1)], lambda _side, _price: e.bid_size)
    tracker.trade(1 - e.side, e.bid, e.ask_size)


def clocked(both, e):
    clock, volatility = both
    volatility.closed(e.ts, clock.trade(e.ts, e.bid_size), e.mid_x2)


def _fill(adverse, e):
    adverse.fill(e.ts, 1 - 2 * e.side, e.bid, e.mid_x2)
    adverse.update(e.ts, e.mid_x2)


def _cascade(cascade, e):
    cascade.trade(e.ts, (e.ts, e.side), e.bid_size)
    cascade.at(e.ts)


def _intensity(intensity, e):
    intensity.trade(e.ts, (e.ts, e.side), e.ask if e.side else e.bid, e.mid_x2)
    intensity.refit(e.ts)


def _regression(regression, e):
    regression.update(e.ts, e.mid_x2, (*e.imbalances, 0.5))


ESTIMATORS = {
    "adverse": (AdverseSelection, _fill),
    "cascade": (CascadeSeverity, _cascade),
    "depth": (
        DepthMonitor,
        lambda d, e: d.sample(e.ts, [(e.bid, e.bid_size)], [(e.ask, e.ask_size)], e.mid_x2 / 2),
    ),
    "microprice": (
        Microprice,
        lambda m, e: m.update(e.bid, e.bid_size + 1, e.ask, e.ask_size),
    ),
    "order flow": (
        lambda: OrderFlowImbalance(60),
        lambda o, e: o.update(e.ts, (e.bid, e.bid_size, e.ask, e.ask_size)),
    ),
    "trade flow": (lambda: TradeFlow(60), lambda f, e: f.trade(e.ts, e.side, e.bid_size)),
    "vpin": (lambda: Vpin(7), lambda v, e: v.trade(e.side, e.bid_size)),
    "funding": (lambda: FundingForecast(1.0), lambda f, e: f.paid(e.ts, e.bid - e.ask_size)),
    "hawkes": (HawkesIntensity, lambda h, e: h.arrive(e.ts)),
    "intensity": (lambda: FillIntensity(300, 0.2), _intensity),
    "kalman": (
        KalmanPrice,
        lambda k, e: k.update(
            e.ts, (e.bid, e.bid_size, e.ask, e.ask_size), e.bid_size / HUGE * 1e4
        ),
    ),
    "queue": (QueueTracker, queue),
    "spread": (Spread, lambda s, e: s.update(e.ts, e.bid, e.ask)),
    "regression": (RegressionMicroprice, _regression),
    "realised": (lambda: RealisedVolatility(60), lambda v, e: v.update(e.ts, e.mid_x2)),
    "ewma": (lambda: EwmaVolatility(60.0), lambda v, e: v.update(e.ts, e.mid_x2)),
    "volume clock": (VolumeClock, lambda c, e: c.trade(e.ts, e.bid_size)),
}


moments = st.integers(NOW, NOW + 10**11) | st.sampled_from((1, NOW, 4 * 10**18))
events = st.builds(
    Event,
    moments,
    st.integers(1, 10**9) | st.just(1),
    st.integers(1, 1000) | st.just(10**9),
    st.tuples(st.sampled_from((0, 1, HUGE)), st.integers(0, HUGE)),
    st.sampled_from((0, 1)),
)


@pytest.mark.parametrize("name", ESTIMATORS)
@settings(max_examples=examples(25), deadline=None)
@given(drawn=st.lists(events, min_size=1, max_size=40))
def test_it_is_finite_whatever_arrives(name, drawn):
    make, feed = ESTIMATORS[name]
    estimator = make()
    assert (estimator.value, estimator.count, estimator.ready) == (None, 0, False)
    for event in drawn:
        feed(estimator, event)
        assert estimator.value is None or math.isfinite(estimator.value)
        assert estimator.count >= 0
        assert estimator.unit
        assert not (estimator.ready and estimator.value is None)


@settings(max_examples=examples(25), deadline=None)
@given(drawn=st.lists(events, min_size=1, max_size=40))
def test_volatility_on_the_volume_clock_is_finite_too(drawn):
    both = VolumeClock(5), VolumeVolatility()
    for event in drawn:
        clocked(both, event)
        value = both[1].value
        assert value is None or math.isfinite(value)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_one_event_and_many_at_one_moment_are_no_trouble(name):
    make, feed = ESTIMATORS[name]
    estimator = make()
    for _ in range(200):
        feed(estimator, Event(NOW, 1_000, 1, (5, 6), 0))
        value = estimator.value
        assert value is None or math.isfinite(value)

"""What the kernel learned goes on in an engine's own regression, to the last bit."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.decision_kernel.forecast_kernels import regress as part
from market_maker.decision_kernel.forecast_kernels import regressions_at
from market_maker.decision_kernel.forecast_state import RegressionState
from market_maker.estimators.forecast import READY_MOVES
from market_maker.estimators.lead import LeadDistance
from market_maker.estimators.regression import RegressionMicroprice
from tests.support.kernels import alone

pytestmark = pytest.mark.thorough

regress = alone(part)

START = 1_700_000_000_000_000_000
FIT = ("beta", "count", "uncertainty")
OF_FORECAST = (
    *("bps", "raw_bps", "judged", "moments", "weight", "promised", "product", "seen"),
    *("last_mid_x2", "next_sample"),
)
OF_FACTOR = ("judged", "promised", "product", "seen", "last_mid_x2", "next_sample")


def books(seed, count):
    """Moments, mids and imbalances that foretell something of them."""
    chance, now, mid, trend = random.Random(seed), START, 20_000, 1
    for _ in range(count):
        now += chance.choice([0, 1, 20_000_000, 90_000_000, 100_000_000, 150_000_000])
        trend = -trend if chance.random() < 0.03 else trend
        lean = trend * chance.uniform(0.2, 1.0)
        mid += trend + chance.choice([-1, 0, 1])
        yield now, mid, (lean, lean, chance.uniform(-1.0, 1.0))


def compiled(state, now, mid_x2, imbalances):
    regress(regressions_at(state.address, 1)[0], np.array(imbalances), now, mid_x2)


def picture(own):
    """All that a regression holds; NaN is not a number."""
    forecasts = [
        [
            *(getattr(each, name) for name in OF_FORECAST),
            *(getattr(each.fit, name) for name in FIT),
            *each.noted,
        ]
        for each in own._forecasts
    ]
    factors = [[*(getattr(f, name) for name in OF_FACTOR), *f.noted] for f in own._factors]
    chosen = own._forecasts.index(own._chosen)
    return repr((forecasts, factors, chosen, own._chosen_at, own.deviation_bps, own.value))


@given(st.integers(0, 10**6), st.integers(0, 1_200), st.integers(0, 60))
def test_a_regression_of_the_kernel_is_that_of_an_engine_and_goes_on_as_it(seed, count, more):
    told, going_on = RegressionMicroprice(), RegressionMicroprice()
    state = RegressionState(going_on)
    for number, (now, mid_x2, imbalances) in enumerate(books(seed, count + more)):
        told.update(now, mid_x2, imbalances)
        if number < count:
            compiled(state, now, mid_x2, imbalances)
        elif number == count:
            state.give()
        if number >= count:
            going_on.update(now, mid_x2, imbalances)
    if not more:
        state.give()
    assert picture(going_on) == picture(told)


def test_these_books_foretell_something():
    own = RegressionMicroprice()
    for book in books(1, 1_200):
        own.update(*book)
    assert own.count > READY_MOVES
    assert own.deviation_bps != 0.0


def test_a_regression_that_learned_or_is_led_is_none_to_begin_with():
    learned = RegressionMicroprice()
    for book in books(1, 100):
        learned.update(*book)
    for own, words in ((learned, "fresh"), (RegressionMicroprice(lead=LeadDistance()), "leading")):
        with pytest.raises(AssertionError, match=words):
            RegressionState(own)

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.estimators.minimise import minimise
from tests.examples import examples

places = st.tuples(*[st.floats(-5.0, 5.0)] * 3)


@settings(max_examples=examples(25))
@given(places, places)
def test_it_finds_the_bottom_of_a_bowl_from_anywhere(bottom, start):
    def bowl(point):
        return sum(
            (i + 1) * (x - b) ** 2 for i, (x, b) in enumerate(zip(point, bottom, strict=True))
        )

    value, where = minimise(bowl, start)
    assert value == pytest.approx(0.0, abs=1e-6)
    assert where == pytest.approx(bottom, abs=1e-3)


def test_it_follows_a_bent_valley():
    def rosenbrock(point):
        x, y = point
        return (1 - x) ** 2 + 100 * (y - x * x) ** 2

    _, where = minimise(rosenbrock, (-1.2, 1.0))
    assert where == pytest.approx((1.0, 1.0), abs=1e-3)


def test_it_keeps_out_of_where_it_must_not_go():
    def fenced(point):
        return math.inf if point[0] < 2.0 else point[0] ** 2

    value, where = minimise(fenced, (5.0,))
    assert where[0] == pytest.approx(2.0, abs=1e-3)
    assert value >= 4.0


def test_it_ends_after_the_steps_it_was_given():
    calls = []

    def endless(point):
        calls.append(point)
        return -sum(point)

    minimise(endless, (0.0, 0.0), steps=10)
    assert len(calls) <= 3 + 10 * 4

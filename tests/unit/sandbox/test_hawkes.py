"""Arrivals excite one another and keep their mean rate."""

from random import Random

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.sandbox.hawkes import HawkesArrivals


@pytest.mark.parametrize("branching", [0.0, 0.5, 0.8])
def test_the_mean_rate_is_the_stationary_one(branching):
    arrivals, rng = HawkesArrivals(4.0, branching, 2.0), Random(1)
    count = 20_000
    seconds = sum(arrivals.wait_s(rng) for _ in range(count))
    assert count / seconds == pytest.approx(4.0, rel=0.1)


def test_arrivals_that_excite_come_in_bursts():
    def squared(branching):
        arrivals, rng = HawkesArrivals(1.0, branching, 5.0), Random(2)
        waits = [arrivals.wait_s(rng) for _ in range(5_000)]
        mean = sum(waits) / len(waits)
        return sum((wait - mean) ** 2 for wait in waits) / len(waits) / mean**2

    assert squared(0.0) == pytest.approx(1.0, rel=0.1)
    assert squared(0.8) > 1.5


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ((0.0, 0.5, 1.0), "rate_per_s"),
        ((1.0, 1.0, 1.0), "branching"),
        ((1.0, 0.5, float("nan")), "decay_per_s"),
    ],
)
def test_a_process_that_explodes_or_stands_is_refused_by_its_field(terms, field):
    with pytest.raises(InvalidFieldError, match=field):
        HawkesArrivals(*terms)

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.hawkes import (
    BRANCHING,
    DECAY_GAPS,
    READY_EVENTS,
    Hawkes,
    HawkesIntensity,
    fit_hawkes,
    intensities,
    log_likelihood,
)
from market_maker.sandbox.hawkes import HawkesArrivals

pytestmark = pytest.mark.thorough

NOW = 10**18
MODEL = Hawkes(0.5, 0.8, 2.0)
waits = st.lists(st.floats(0.0, 10.0), min_size=1, max_size=30)


def times_of(drawn):
    now, times = 0.0, []
    for wait in drawn:
        now += wait
        times.append(now)
    return times


def slow_intensity(model, times, at, before):
    past = [time for time in times[:before] if time < at]
    return model.base + sum(model.jump * math.exp(-model.decay * (at - t)) for t in past)


@given(waits, st.floats(0.0, 5.0))
def test_the_recursion_equals_the_sum_over_all_of_the_past(drawn, rest):
    times = times_of(drawn)
    before, end = intensities(MODEL, times, times[-1] + rest)
    for i, time in enumerate(times):
        assert before[i] == pytest.approx(slow_intensity(MODEL, times, time, i))
    last = times[-1] + rest
    past = sum(math.exp(-MODEL.decay * (last - t)) for t in times)
    assert end == pytest.approx(MODEL.base + MODEL.jump * past)


@given(waits)
def test_the_likelihood_is_that_of_its_definition(drawn):
    times = times_of(drawn)
    end = times[-1] + 1.0
    grown = sum(MODEL.branching * (1 - math.exp(-MODEL.decay * (end - t))) for t in times)
    seen = sum(math.log(slow_intensity(MODEL, times, t, i)) for i, t in enumerate(times))
    expected = seen - MODEL.base * end - grown
    assert log_likelihood(MODEL, times, end) == pytest.approx(expected)


def simulated(count, seed):
    arrivals, rng, now, times = HawkesArrivals(1.0, 0.6, 2.0), random.Random(seed), 0.0, []
    while len(times) < count:
        now += arrivals.wait_s(rng)
        times.append(now)
    return times


def test_the_fit_finds_the_model_that_made_the_arrivals():
    times = simulated(1_500, seed=4)
    fit = fit_hawkes(times, times[-1])
    assert fit.model.branching == pytest.approx(0.6, abs=0.1)
    assert fit.model.decay == pytest.approx(2.0, rel=0.3)
    assert fit.model.rate == pytest.approx(len(times) / times[-1], rel=0.05)
    assert fit.log_likelihood > fit.steady + 50
    assert fit.log_likelihood >= log_likelihood(Hawkes(0.4, 1.2, 2.0), times, times[-1])


def test_steady_arrivals_are_hardly_better_explained_by_excitement():
    rng = random.Random(1)
    times = times_of([rng.expovariate(1.0) for _ in range(400)])
    fit = fit_hawkes(times, times[-1])
    assert fit.log_likelihood - fit.steady < 8.0
    assert fit.model.rate == pytest.approx(1.0, rel=0.15)


@pytest.mark.parametrize("times", [[], [1.0] * 50, [float(i) for i in range(9)]])
def test_too_little_is_no_fit(times):
    assert fit_hawkes(times, 10.0) is None


@given(waits)
def test_the_running_intensity_with_a_model_is_that_of_the_definition(drawn):
    times, running = times_of(drawn), HawkesIntensity(MODEL)
    for time in times:
        running.arrive(NOW + round(time * 1e9))
    running.at(NOW + round((times[-1] + 0.5) * 1e9))
    _, expected = intensities(MODEL, times, times[-1] + 0.5)
    assert running.value == pytest.approx(expected, rel=1e-6)
    assert running.count == len(times)
    assert running.ready == (len(times) >= READY_EVENTS)


def test_without_a_model_it_settles_at_the_rate_of_what_arrives():
    running = HawkesIntensity()
    assert running.value is None
    for number in range(5_000):
        running.arrive(NOW + number * 200_000_000)
    assert running.rate == pytest.approx(5.0, rel=0.01)
    # Evenly spaced: just after an arrival the excited half stands above its mean by half a jump.
    assert running.value == pytest.approx(5.0, rel=0.1)
    running.at(NOW + 5_000 * 200_000_000 + 60 * 10**9)
    assert running.value == pytest.approx(running.rate * (1.0 - BRANCHING), rel=1e-6)


def test_time_that_goes_back_counts_as_the_last_moment():
    running = HawkesIntensity(MODEL)
    running.arrive(NOW)
    running.arrive(NOW - 10**9)
    assert running.value == pytest.approx(MODEL.base + 2 * MODEL.jump)


TIED = ([0, 1, 1, 2, 3, 3, 4, 5, 5, 6, 7, 8], 9)


def rounded_to_a_tenth():
    rng = random.Random(3)
    return sorted(round(rng.uniform(0.0, 300.0), 1) for _ in range(1_000)), 300.0


@pytest.mark.parametrize(("times", "end"), [TIED, rounded_to_a_tenth()])
def test_tied_times_have_a_decay_that_their_waits_can_show(times, end):
    fit = fit_hawkes(times, end)
    shortest = min(b - a for a, b in itertools.pairwise(times) if b > a)
    assert fit.model.decay <= 1.001 * DECAY_GAPS / shortest
    assert 0.0 <= fit.model.branching < 1.0
    assert fit.log_likelihood - fit.steady < 8.0  # they were steady
    assert math.isfinite(fit.log_likelihood)


def test_arrivals_of_one_moment_do_not_excite_one_another():
    before, end = intensities(MODEL, [1.0, 1.0, 1.0, 2.0], 2.0)
    assert before[:3] == [MODEL.base] * 3
    assert before[3] == pytest.approx(MODEL.base + 3 * MODEL.jump * math.exp(-MODEL.decay))
    assert end == pytest.approx(before[3] + MODEL.jump)

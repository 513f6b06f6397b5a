import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.cascade import (
    BASE_MIN_PER_S,
    BRANCHING,
    DECAY_PER_S,
    LARGE,
    MARK_MAX,
    READY_ORDERS,
    CascadeSeverity,
    MarkedHawkes,
    severity_of,
)

NOW = 10**18
SECOND = 10**9
SWEEP = 20 * int(LARGE)
"""Of ordinary orders of 10 lots: twice what counts as large."""


@pytest.mark.parametrize(
    ("ratio", "severity"), [(2.5, 0.3059), (4.5, 0.5021), (11.0, 0.8004), (17.2, 0.9496)]
)
def test_the_bands_begin_where_the_specification_says(ratio, severity):
    assert severity_of(ratio) == pytest.approx(severity, abs=1e-4)


@given(st.floats(1e-9, 1e9))
def test_severity_lies_between_zero_and_one(ratio):
    assert 0.0 <= severity_of(ratio) <= 1.0


@given(st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 10.0)), max_size=30))
def test_the_intensity_is_the_sum_over_all_events(drawn):
    model, now, past = MarkedHawkes(0.05, 0.3, 0.1), 0.0, []
    for wait, mark in drawn:
        now += wait
        model.event(now, mark)
        past.append((now, mark))
    expected = 0.05 + sum(0.3 * m * math.exp(-0.1 * (now + 1.0 - t)) for t, m in past)
    assert model.intensity(now + 1.0) == pytest.approx(expected)


def quiet(seconds=150):
    """Orders of 10 lots, two a second."""
    severity, now = CascadeSeverity(), NOW
    for number in range(2 * seconds):
        now = NOW + number * SECOND // 2
        severity.trade(now, (now, 0), 10)
    severity.at(now)
    return severity, now


def test_a_quiet_market_is_no_cascade():
    severity, _ = quiet()
    assert severity.ready
    assert severity.value == 0.0


def test_one_large_order_is_no_cascade_and_a_row_of_them_is():
    severity, now = quiet()
    seen = []
    for _ in range(60):
        now += SECOND // 10
        severity.trade(now, (now, 1), SWEEP)
        severity.at(now)
        seen.append(severity.value)
    assert seen[0] == pytest.approx(
        severity_of(1 + 2 * BRANCHING * DECAY_PER_S / BASE_MIN_PER_S), 0.1
    )
    assert seen[0] < 0.31
    assert seen == sorted(seen)
    assert seen[-1] > 0.95


def test_it_calms_down():
    severity, now = quiet()
    for number in range(60):
        severity.trade(now + number, (now + number, 1), SWEEP)
    severity.at(now + SECOND)
    assert severity.value > 0.9
    severity.at(now + 60 * SECOND)
    assert severity.value < 0.3


def test_one_enormous_order_alone_never_kills():
    severity, now = quiet()
    severity.trade(now, (now, 1), 10**15)
    severity.at(now)
    limit = severity_of(1 + MARK_MAX * BRANCHING * DECAY_PER_S / BASE_MIN_PER_S)
    assert severity.value <= limit + 1e-9 < 0.95


def test_trades_of_one_order_are_one_order():
    severity, now = quiet()
    before = severity.count
    for _ in range(6):
        severity.trade(now + 1, (now + 1, 0), 10)
    severity.at(now + 1)
    assert severity.count == before + 1
    assert severity.large == 1


def test_many_large_orders_are_usual_where_they_always_come():
    severity, now = CascadeSeverity(), NOW
    worst = []
    for number in range(6_000):
        now += SECOND // 10
        severity.trade(now, (now, 0), 200 if number % 20 == 0 else 10)
        severity.at(now)
        if severity.ready:
            worst.append(severity.value)
    assert severity.large > 200
    assert max(worst) < 0.3


def test_it_is_not_ready_before_it_knows_what_is_usual():
    severity = CascadeSeverity()
    for number in range(4 * READY_ORDERS):
        severity.trade(NOW + number, (NOW + number, 0), 10)
    severity.at(NOW + SECOND)
    assert not severity.ready


def test_time_that_goes_back_counts_as_the_last_moment():
    severity, now = quiet()
    severity.at(now - 100 * SECOND)
    assert severity.value == 0.0
    severity.trade(now - SECOND, (1, 1), 10 * int(LARGE))
    severity.at(now)
    assert severity.large == 1


def test_after_a_long_silence_large_orders_are_unusual_again():
    def severity_after(hours):
        severity, now = CascadeSeverity(), NOW
        for number in range(3_000):
            now += SECOND // 10
            severity.trade(now, (now, 0), 200 if number % 20 == 0 else 10)
        now += hours * 3_600 * SECOND
        for number in range(20):
            severity.trade(now + number, (now + number, 0), 200)
        severity.at(now + 20)
        return severity.value

    assert severity_after(10) > 2 * severity_after(0)

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.funding import (
    PERIOD_HOURS,
    PERIOD_HOURS_MAX,
    REVERSION_PER_HOUR,
    FundingForecast,
    average_rate,
    expected_rate,
)
from market_maker.model.units import NANOS_PER_HOUR, RATE_SCALE
from tests.reference.formulas import CLAMP, INTEREST, rate_8h

NOW = 10**18
rates = st.floats(-0.01, 0.01)


@given(rates)
def test_the_rate_is_pulled_towards_the_interest_and_no_further_than_the_clamp(premium):
    rate = rate_8h(premium)
    assert abs(rate - premium) <= CLAMP * (1 + 1e-9)
    if abs(premium - INTEREST) <= CLAMP:
        assert rate == pytest.approx(INTEREST, abs=1e-12)


@given(rates, rates, st.floats(0.0, 2.0), st.floats(0.01, 100.0))
def test_the_average_is_the_mean_of_what_is_expected_on_the_way(rate, mean, reversion, hours):
    steps = 2_000
    path = [expected_rate(rate, mean, reversion, hours * (i + 0.5) / steps) for i in range(steps)]
    assert average_rate(rate, mean, reversion, hours) == pytest.approx(
        sum(path) / steps, rel=1e-3, abs=1e-6
    )


def test_the_first_payment_is_spread_over_the_usual_period():
    forecast = FundingForecast(1.0)
    assert forecast.value is None
    assert not forecast.ready
    forecast.paid(NOW, 8 * RATE_SCALE // 10_000)  # 8 bps
    assert forecast.value == pytest.approx(8.0 / PERIOD_HOURS)
    assert forecast.ready


def test_later_payments_show_the_period_themselves():
    forecast = FundingForecast(1.0)
    for hour in range(40):
        forecast.paid(NOW + hour * NANOS_PER_HOUR, 3 * RATE_SCALE // 10_000)
    assert forecast.value == pytest.approx(3.0, rel=0.05)


def test_a_payment_missed_for_a_week_is_spread_over_a_day():
    forecast = FundingForecast(1.0)
    for day in (0, 7):
        forecast.paid(NOW + day * 24 * NANOS_PER_HOUR, 24 * RATE_SCALE // 10_000)
    mean = (24.0 / PERIOD_HOURS + 24.0 / PERIOD_HOURS_MAX) / 2
    assert forecast.value == pytest.approx(average_rate(1.0, mean, REVERSION_PER_HOUR, 1.0))


def test_an_unusual_rate_goes_back_to_the_mean():
    forecast = FundingForecast(1.0)
    for hour in range(60):
        forecast.paid(NOW + hour * NANOS_PER_HOUR, RATE_SCALE // 10_000)
    last = NOW + 60 * NANOS_PER_HOUR
    forecast.paid(last, 20 * RATE_SCALE // 10_000)
    at_once = forecast.value
    forecast.at(last + 10 * NANOS_PER_HOUR)
    mean = 1.0 + 19.0 / 21.0
    shown = average_rate(20.0, mean, REVERSION_PER_HOUR, 1.0)
    assert at_once == pytest.approx(shown, rel=0.02)
    assert mean < forecast.value < at_once


@pytest.mark.thorough
@given(st.lists(st.tuples(st.integers(1, 10**15), st.integers(-(10**7), 10**7)), max_size=20))
def test_the_forecast_lies_between_the_lowest_and_highest_rate_seen(drawn):
    forecast, now, seen, last = FundingForecast(4.0), NOW, [], 0
    for step, rate in drawn:
        now += step
        hours = (now - last) / NANOS_PER_HOUR if last else PERIOD_HOURS
        seen.append(rate / RATE_SCALE / min(max(hours, 1 / 60), PERIOD_HOURS_MAX) * 1e4)
        last = now
        forecast.paid(now, rate)
        assert min(seen) - 1e-9 <= forecast.value <= max(seen) + 1e-9


def test_a_payment_reported_again_counts_once():
    forecast = FundingForecast(1.0)
    forecast.paid(NOW, 100)
    forecast.paid(NOW, 100)
    forecast.paid(NOW - 1, 999)
    assert forecast.count == 1

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.volume_clock import (
    CALIBRATION_TRADES,
    READY_TICKS,
    TICKS_PER_CALIBRATION,
    TRADES_PER_BUCKET,
    WINDOW_TICKS,
    VolumeClock,
    VolumeVolatility,
)
from market_maker.model.units import NANOS_PER_HOUR

NOW = 10**18
trades = st.lists(
    st.tuples(st.integers(0, 10**10), st.integers(0, 5_000), st.integers(900, 1_100)), max_size=120
)


@given(st.integers(1, 1_000), trades)
def test_it_ticks_whenever_a_bucket_has_traded(bucket, drawn):
    clock, now, volume = VolumeClock(bucket), NOW, 0
    for step, lots, _ in drawn:
        now += step
        closed = clock.trade(now, lots)
        assert closed == (volume + lots) // bucket - volume // bucket
        volume += lots
        assert clock.count == volume // bucket


def test_its_value_is_the_time_between_the_last_two_closings():
    clock = VolumeClock(10)
    clock.trade(NOW, 10)
    assert clock.value is None
    clock.trade(NOW + 2 * 10**9, 9)
    clock.trade(NOW + 3 * 10**9, 21)
    assert clock.value == 3.0
    assert clock.count == 4


def test_without_a_size_it_is_taken_from_the_first_trades_and_then_renewed():
    clock, now = VolumeClock(), NOW
    for _ in range(CALIBRATION_TRADES - 1):
        now += 1
        assert clock.trade(now, 7) == 0
    clock.trade(now, 7)
    assert clock.bucket == 7 * TRADES_PER_BUCKET
    while clock.count < TICKS_PER_CALIBRATION:
        now += 1
        clock.trade(now, 70)
    clock.trade(now, 70)
    assert clock.bucket == 70 * TRADES_PER_BUCKET


def test_it_is_ready_after_the_documented_twenty_ticks():
    clock = VolumeClock(1)
    clock.trade(NOW, READY_TICKS - 1)
    assert not clock.ready
    clock.trade(NOW, 1)
    assert clock.ready


def test_time_that_goes_back_is_ignored():
    clock = VolumeClock(10)
    clock.trade(NOW, 9)
    assert clock.trade(NOW - 1, 9) == 0
    assert clock.trade(NOW, 1) == 1


@given(st.integers(1, 50), trades)
def test_volatility_on_the_volume_clock_equals_its_definition(bucket, drawn):
    clock, volatility, now = VolumeClock(bucket), VolumeVolatility(), NOW
    returns, since, price_before = [], [], None
    for step, lots, price in drawn:
        now += step
        closed = clock.trade(now, lots)
        volatility.closed(now, closed, float(price))
        if closed and price_before is None:
            price_before = price
            since.append(now)
        elif closed:
            returns += [math.log(price / price_before), *[0.0] * min(closed - 1, WINDOW_TICKS)]
            since += [now] * min(closed, WINDOW_TICKS + 1)
            price_before = price
    recent = returns[-WINDOW_TICKS:]
    assert volatility.count == len(recent)
    if not recent:
        assert volatility.value is None
        return
    squares = math.fsum(r * r for r in recent)
    assert volatility.per_tick == pytest.approx(1e4 * math.sqrt(squares / len(recent)), abs=1e-9)
    elapsed = since[-1] - since[-len(recent) - 1]
    if elapsed:
        expected = 1e4 * math.sqrt(squares / elapsed * NANOS_PER_HOUR)
        assert volatility.value == pytest.approx(expected, rel=1e-9, abs=1e-9)

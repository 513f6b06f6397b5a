import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.regimes import (
    SPREAD_HALF_LIFE_SECONDS,
    Regime,
    Spread,
    SpreadRegime,
    VolatilityLevel,
    level_of,
    regime_of,
)

NOW = 10**18


@pytest.mark.parametrize(
    ("sigma", "level"),
    [
        (0.0, VolatilityLevel.LOW),
        (99.9, VolatilityLevel.LOW),
        (100.0, VolatilityLevel.MEDIUM),
        (299.9, VolatilityLevel.MEDIUM),
        (300.0, VolatilityLevel.HIGH),
    ],
)
def test_the_smart_engines_levels_are_in_bps_per_sqrt_hour(sigma, level):
    assert level_of(sigma) is level


@pytest.mark.parametrize(
    ("ratio", "regime"),
    [
        (0.0, Regime.NORMAL),
        (1.999, Regime.NORMAL),
        (2.0, Regime.HIGH),
        (3.999, Regime.HIGH),
        (4.0, Regime.EXTREME),
    ],
)
def test_a_regime_is_found_by_the_multiple_of_the_long_run(ratio, regime):
    assert regime_of(50.0 * ratio, 50.0) is regime


def test_without_a_long_run_everything_is_normal():
    assert regime_of(1e6, 0.0) is Regime.NORMAL


books = st.lists(st.tuples(st.integers(0, 5 * 10**9), st.integers(1, 50)), min_size=1, max_size=40)


@given(books)
def test_the_recent_spread_is_the_average_weighted_by_age(drawn):
    spread, now, stood = Spread(), NOW, []
    for step, ticks in drawn:
        if stood and step:
            stood[-1][1] = now, now + step
        now += step
        spread.update(now, 1_000, 1_000 + ticks)
        bps = 1e4 * ticks / (1_000 + ticks / 2)
        stood.append([bps, (now, now)])
    weighted = total = 0.0
    for bps, (start, end) in stood:
        weight = 0.5 ** ((now - end) / 1e9 / SPREAD_HALF_LIFE_SECONDS) - 0.5 ** (
            (now - start) / 1e9 / SPREAD_HALF_LIFE_SECONDS
        )
        weighted, total = weighted + bps * weight, total + weight
    if total == 0.0:
        assert spread.value is None
    else:
        assert spread.value == pytest.approx(weighted / total, rel=1e-6)


def test_a_spread_that_widens_changes_the_regime_until_it_comes_back():
    spread, now, seen = Spread(), NOW, []
    for ticks, seconds in ((10, 3_600), (60, 60), (10, 120), (4, 300)):
        for _ in range(seconds):
            now += 10**9
            spread.update(now, 100_000, 100_000 + ticks)
        seen.append(spread.regime)
    broken, normal = SpreadRegime.BROKEN, SpreadRegime.NORMAL
    assert seen == [normal, broken, normal, SpreadRegime.TIGHT]
    assert spread.ready


def test_time_that_goes_back_is_ignored():
    spread = Spread()
    spread.update(NOW, 100, 101)
    spread.update(NOW - 10**9, 100, 200)
    spread.update(NOW + 10**9, 100, 101)
    assert spread.value == pytest.approx(1e4 / 100.5)

"""Volatility at a horizon in quotes: when it counts, and that nothing else changes."""

from decimal import Decimal

import pytest

from market_maker.engine.estimator_rows import Seen
from market_maker.engine.quoted_estimators import QUOTED
from market_maker.engine.volatility_estimators import HORIZON, VARIATION, horizon_of
from market_maker.estimators.horizon_volatility import HorizonVolatility
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND
from tests.unit.engine.desk import pool


def test_it_runs_only_where_it_is_asked_for():
    assert not HORIZON.runs(pool())
    assert HORIZON.runs(pool(estimators="all"))
    assert not HORIZON.needed(pool(estimators="all"))
    assert horizon_of(pool(vol_lookback_seconds=20)) == (20, 10)
    assert HORIZON.runs(pool(sigma_horizon_seconds=30))
    assert QUOTED.index(HORIZON) > QUOTED.index(VARIATION)


def test_it_takes_the_place_of_any_other_volatility_once_it_is_known():
    own = HORIZON.make(pool(sigma_horizon_seconds=2))
    assert isinstance(own, HorizonVolatility)
    seen = Seen(sigma=7.0)
    HORIZON.contribute(own, None, seen)
    assert seen.sigma == 7.0
    for second in range(1, 7):
        own.update(second * NANOS_PER_SECOND, 100.0 + second % 3)
    HORIZON.contribute(own, None, seen)
    assert seen.sigma == own.value != 7.0


def test_a_horizon_longer_than_half_the_lookback_is_refused_by_name():
    with pytest.raises(InvalidFieldError, match=r"sigma_horizon_seconds.*151.*at most half.*300"):
        pool(sigma_horizon_seconds=151, vol_lookback_seconds=300)
    assert pool(sigma_horizon_seconds=150, vol_lookback_seconds=300).gamma > Decimal(0)

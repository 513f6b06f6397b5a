"""What a fair price is made of runs where it is quoted around, or read."""

import pytest

from market_maker.engine.estimator_rows import Seen, TopInput
from market_maker.engine.fair_estimators import FAIR, FLOW, REGRESSION, imbalances_of
from market_maker.model.units import Nanos
from tests.unit.engine.desk import pool

QUOTED_AROUND = {"regression": {"flow", "regression"}, "kalman": {"kalman"}, "mid": set()}


@pytest.mark.parametrize("fair_price", QUOTED_AROUND)
def test_a_fair_price_needs_its_own(fair_price):
    config = pool(fair_price=fair_price)
    assert {row.name for row in FAIR if row.runs(config)} == QUOTED_AROUND[fair_price]


def test_where_all_are_read_all_run():
    assert all(row.runs(pool(estimators="all")) for row in FAIR)


class TwoLevels:
    """A book whose best sizes say sell and whose second levels say buy."""

    def depth(self, _count):
        return ((100, 1), (99, 9)), ((101, 3), (102, 1))


def test_five_levels_are_a_term_of_the_forecast_only_where_they_are_asked_for():
    seen = TopInput(Nanos(10**9), (100, 1, 101, 3), TwoLevels(), 0.0, None)
    assert imbalances_of(seen, deep=False) == (-0.5, -0.5, 0.0)
    assert imbalances_of(seen, deep=True) == pytest.approx((-0.5, 6 / 14, 0.0))
    assert REGRESSION.make(pool(use_depth=True)).deep
    assert not REGRESSION.make(pool()).deep


class Moment:
    """The part of a sample that is checked here."""

    def __init__(self, config):
        self.config = config


@pytest.mark.parametrize(
    ("fields", "buys"),
    [({"fair_price": "regression"}, 0.0), ({"strategy": "smart", "strategy_params": {}}, 3.0)],
)
def test_volumes_reach_a_strategy_that_asks_for_them_and_no_other(fields, buys):
    config = pool(**fields)
    own, seen = FLOW.make(config), Seen()
    own.trade(10**9, 0, 3)
    FLOW.contribute(own, Moment(config), seen)
    assert seen.buys == buys

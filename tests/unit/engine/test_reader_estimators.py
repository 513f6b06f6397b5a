"""What only readers see is needed by no configuration."""

import msgspec
import pytest

from market_maker.engine.estimator_rows import TradeInput
from market_maker.engine.reader_estimators import HAWKES, READ, VPIN, VPIN_TICKS
from market_maker.model.pool import PoolConfig
from tests.unit.engine.desk import pool
from tests.unit.engine.test_everything_on import TERMS

EVERY_TERM = {**TERMS, "use_kappa": "estimated_only", "estimators": "needed"}


@pytest.mark.parametrize("row", READ, ids=lambda row: row.name)
def test_no_term_needs_it_and_it_runs_where_all_are_read(row):
    config = msgspec.structs.replace(pool(), **EVERY_TERM)
    assert isinstance(config, PoolConfig)
    assert not row.runs(config)
    assert row.contribute is None
    assert row.runs(pool(estimators="all"))


def test_the_microprice_that_is_quoted_around_is_the_markets_own():
    (microprice,) = (row for row in READ if row.name == "microprice")
    assert not microprice.runs(pool(estimators="all", fair_price="microprice"))


def trade(**fields):
    known = {"ts": 10**9, "side": 0, "price": 100, "size": 1, "order": (1, 0), "mid_x2": 200}
    return TradeInput(**known | {"is_first": True} | fields)


def test_an_aggressive_order_of_many_trades_arrives_once():
    own = HAWKES.make(pool())
    for first in (True, False, False):
        HAWKES.on_trade(own, trade(is_first=first))
    assert own.count == 1


def test_a_bucket_of_vpin_follows_the_volume_clock():
    own = VPIN.make(pool())
    VPIN.on_trade(own, trade(bucket=5))
    assert own.bucket == 5 * VPIN_TICKS

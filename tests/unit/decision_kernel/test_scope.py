"""What the kernel knows: every field of a pool was decided, by name."""

from decimal import Decimal

import pytest

from market_maker.decision_kernel.scope import (
    KNOWN_FIELDS,
    largest,
    largest_money,
    unknown_field,
    why_not_compiled,
)
from market_maker.engine.engine import Engine
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.research.recommended import recommended_config
from tests.builders import member
from tests.toy_market import INSTRUMENT, toy_config


def test_of_every_field_of_a_pool_it_was_decided_whether_the_kernel_knows_it():
    """A new field: put it into KNOWN_FIELDS with `_off` or with what the kernel takes."""
    assert set(PoolConfig.__struct_fields__) == set(KNOWN_FIELDS)


def test_the_largest_numbers_grow_with_what_they_are_made_of():
    engine = Engine(INSTRUMENT, toy_config())
    small, high = largest(engine, 10_000, 100), largest(engine, 20_000, 100)
    assert high["collar"] == 2 * small["collar"]
    larger = Engine(INSTRUMENT, toy_config(max_order_value_usdt=4_000))
    orders = "ticks x lots of the orders of a step"
    assert largest(larger, 10_000, 100)[orders] == 2 * small[orders]


SPOT = Instrument("BTCUSDT", Decimal("0.01"), Decimal("0.00001"))
"""Of Binance: a tick x lot is a ten-millionth of a dollar, and 9,223 dollars are 63 bits."""
SPOT_HIGHEST, MAKER_RATE = 7_000_000, 20_000


FINEST = Instrument("BTCUSDT", Decimal("1e-8"), Decimal("1e-7"))
"""A grid on which the largest limits that may be configured are beyond two words."""


def spot_engine(instrument=SPOT, **changes):
    return Engine(instrument, toy_config(symbol="BTCUSDT", num_levels=3, **changes))


@pytest.mark.parametrize("order", [10, 1_000, 25_000])
def test_orders_of_a_thousand_dollars_on_the_spot_market_of_bitcoin_are_known(order):
    """Those of a step were worth 5.6e+19, and 4.6e+18 were allowed."""
    engine = spot_engine(order_size_usdt=order, max_drawdown_pct=5)
    assert why_not_compiled(engine, SPOT_HIGHEST, MAKER_RATE) is None
    assert largest_money(engine)["capital"] > 2**63


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        (
            {"max_order_value_usdt": 10**11},
            "ticks x lots of the orders of a step: 2.8e+19 is beyond 64 bits",
        ),
        (
            {"max_pool_position_usdt": 3 * 10**8},
            "position limit: 3e+15 ticks x lots is beyond 53 bits",
        ),
    ],
)
def test_what_is_beyond_is_refused_with_its_number(changes, why):
    assert why_not_compiled(spot_engine(**changes), SPOT_HIGHEST, MAKER_RATE) == why


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"max_pool_loss_usdt": 10**11}, "loss limit: 1e+34 is beyond 96 bits"),
        (
            {"members": (member("alice", 60, 50, 10**11),)},
            "loss limit of a member: 1e+34 is beyond 96 bits",
        ),
        ({"capital_usdt": 10**11, "max_drawdown_pct": 5}, "capital: 1e+34 is beyond 96 bits"),
    ],
)
def test_money_beyond_two_words_is_refused_with_its_number(changes, why):
    engine = spot_engine(FINEST, order_size_usdt=1, **changes)
    assert why_not_compiled(engine, SPOT_HIGHEST, 0) == why


def test_fees_beyond_the_column_of_a_log_are_refused():
    why = why_not_compiled(spot_engine(max_order_value_usdt=10**8), SPOT_HIGHEST, 10**4)
    assert why == "fee of an order: 1e+19 is beyond 64 bits"


def test_smart_quotes_are_known_also_inside_a_ladder_and_other_estimates_are_not():
    assert unknown_field(toy_config(strategy="smart", strategy_params={})) is None
    around = {"around": "smart"}
    assert unknown_field(toy_config(strategy="ladder", strategy_params=around)) is None
    why = unknown_field(toy_config(strategy="smart", strategy_params={}, estimators="all"))
    assert why == "estimators = all is not compiled yet"


@pytest.mark.parametrize("strategy", ["calibrated", "reference_glft", "reference_hummingbot"])
def test_what_rests_on_arrivals_is_known_with_a_forecast_and_without(strategy):
    assert unknown_field(toy_config(strategy=strategy)) is None
    assert unknown_field(toy_config(strategy=strategy, fair_price="regression")) is None
    around = {"around": strategy}
    assert unknown_field(toy_config(strategy="ladder", strategy_params=around)) is None


def test_the_recommended_pool_is_known():
    assert unknown_field(recommended_config("TOYUSDT")) is None


@pytest.mark.parametrize("fair_price", ["regression", "mid"])
def test_levels_behind_the_best_are_known_as_a_term_of_a_regression(fair_price):
    assert unknown_field(toy_config(fair_price=fair_price, use_depth=True)) is None


@pytest.mark.parametrize("changes", [{"strategy": "calibrated"}, {"fair_price": "regression"}])
@pytest.mark.parametrize(
    "term", [{"use_toxicity": True}, {"use_inventory_gamma": True}, {"sigma_horizon_seconds": 5}]
)
def test_estimates_that_are_asked_for_are_known_beside_those_of_every_book(changes, term):
    assert unknown_field(toy_config(**changes, **term)) is None


def test_traded_lots_beyond_53_bits_are_refused_with_their_number():
    class Traded:
        lots = 1e16

    engine = Engine(INSTRUMENT, toy_config(strategy="smart", strategy_params={}))
    why = why_not_compiled(engine, 10_000, 0, Traded())
    assert why == "traded lots: 1e+16 is beyond 53 bits"


def test_estimates_at_samples_are_known_and_what_our_fills_were_worth_is_not():
    at_samples = {"use_toxicity": True, "use_inventory_gamma": True, "sigma_horizon_seconds": 5}
    assert unknown_field(toy_config(**at_samples)) is None
    assert unknown_field(toy_config(use_impact=True)) == "use_impact = True is not compiled yet"

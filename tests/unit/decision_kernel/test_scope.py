"""What the kernel knows: every field of a pool was decided, by name."""

from market_maker.decision_kernel.scope import (
    KNOWN_FIELDS,
    largest,
    unknown_field,
    why_not_compiled,
)
from market_maker.engine.engine import Engine
from market_maker.model.pool import PoolConfig
from tests.toy_market import INSTRUMENT, toy_config


def test_of_every_field_of_a_pool_it_was_decided_whether_the_kernel_knows_it():
    """A new field: put it into KNOWN_FIELDS with `_off` or with what the kernel takes."""
    assert set(PoolConfig.__struct_fields__) == set(KNOWN_FIELDS)


def test_the_largest_numbers_grow_with_what_they_are_made_of():
    engine = Engine(INSTRUMENT, toy_config())
    small, high = largest(engine, 10_000, 100), largest(engine, 20_000, 100)
    assert high["collar"] == 2 * small["collar"]
    larger = Engine(INSTRUMENT, toy_config(max_order_value_usdt=4_000))
    orders = "value of the orders of a step"
    assert largest(larger, 10_000, 100)[orders] == 2 * small[orders]


def test_smart_quotes_are_known_also_inside_a_ladder_and_other_estimates_are_not():
    assert unknown_field(toy_config(strategy="smart", strategy_params={})) is None
    around = {"around": "smart"}
    assert unknown_field(toy_config(strategy="ladder", strategy_params=around)) is None
    around = {"around": "calibrated"}
    why = unknown_field(toy_config(strategy="ladder", strategy_params=around))
    assert why == "estimates are not compiled yet"


def test_traded_lots_beyond_53_bits_are_refused_with_their_number():
    class Traded:
        lots = 1e16

    engine = Engine(INSTRUMENT, toy_config(strategy="smart", strategy_params={}))
    why = why_not_compiled(engine, 10_000, 0, Traded())
    assert why == "traded lots: 1e+16 is beyond 53 bits"


def test_estimates_that_are_fed_between_samples_are_not_known_and_those_at_samples_are():
    at_samples = {"use_toxicity": True, "use_inventory_gamma": True, "sigma_horizon_seconds": 5}
    assert unknown_field(toy_config(**at_samples)) is None
    assert unknown_field(toy_config(use_impact=True)) == "use_impact = True is not compiled yet"

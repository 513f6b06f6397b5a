from contextlib import suppress
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import bounds_of, fields_of
from market_maker.model.pool import POOL_BOUNDS, Member, PoolConfig
from market_maker.model.pool_document import decimal_of, pool_config

MEMBER = {
    "participant_id": "me",
    "capital_weight_pct": "100",
    "position_limit_usdt": "1000",
    "max_loss_usdt": "50",
}
MEMBER_BOUNDS = bounds_of(Member)
FIELDS = {"symbol": "BTCUSDT", "members": [MEMBER]}
WHOLE = {name for name, f in fields_of(PoolConfig).items() if f.kind is int}
# Neighbours of a bound may break another rule: a roomy pool keeps one bound in sight at a time.
ROOMY = {
    "max_spread_bps": "5000",
    "order_size_usdt": "0.001",
    "max_pool_position_usdt": "100000000000",
    "rebalance_threshold_pct": "0.000000000001",
    "rebalance_urgent_pct": "100",
}


def refused(fields):
    with pytest.raises(InvalidFieldError) as caught:
        pool_config(fields)
    return caught.value


def test_what_is_urgent_is_not_less_than_what_is_signalled():
    fields = FIELDS | {"rebalance_threshold_pct": "20", "rebalance_urgent_pct": "19"}
    assert refused(fields).field == "rebalance_urgent_pct"


def test_defaults_are_the_documented_ones():
    config = pool_config({"symbol": "BTCUSDT"})
    assert config.enabled is False
    assert (config.gamma, config.kappa, config.tau) == (Decimal("0.1"), Decimal("1.5"), Decimal(1))
    assert (config.vol_lookback_seconds, config.num_levels) == (300, 1)
    assert (config.min_spread_bps, config.max_spread_bps) == (5, 50)
    assert (config.order_size_usdt, config.max_pool_position_usdt) == (500, 50_000)
    assert (config.max_pool_loss_usdt, config.level_spacing_bps) == (2_000, 5)
    assert (config.check_staleness, config.staleness_threshold_ms) == (True, 2_000)
    assert (config.quote_interval_ms, config.price_threshold_bps) == (100, 5)


def edges(table, step):
    for name, bounds in table.items():
        low_inside = bounds.low + step(name) if bounds.low_open else bounds.low
        low_outside = bounds.low if bounds.low_open else bounds.low - step(name)
        yield name, low_inside, True
        yield name, bounds.high, True
        yield name, low_outside, False
        yield name, bounds.high + step(name), False


def number(name, value):
    return int(value) if name in WHOLE else format(value, "f")


@pytest.mark.parametrize(
    ("name", "value", "good"),
    list(edges(POOL_BOUNDS, lambda name: 1 if name in WHOLE else Decimal("0.000000000001"))),
)
def test_every_bound_of_a_pool(name, value, good):
    fields = {"symbol": "X", **ROOMY, name: number(name, value)}
    if name == "max_messages_per_second":
        fields["cancel_reserve_pct"] = 0
    if name == "sigma_horizon_seconds":
        fields["vol_lookback_seconds"] = 86_400
    if good and name == "order_size_usdt":
        pool_config({**fields, "max_pool_position_usdt": "100000000000"})
    elif good and name == "max_pool_position_usdt":
        pool_config({**fields, "order_size_usdt": fields[name] if value < 1 else "1"})
    elif good and name == "max_spread_bps":
        pool_config({**fields, "min_spread_bps": 0})
    elif good:
        pool_config(fields)
    else:
        error = refused(fields)
        assert error.field == name
        assert str(POOL_BOUNDS[name].high) in error.allowed


@pytest.mark.parametrize(
    ("name", "value", "good"), list(edges(MEMBER_BOUNDS, lambda _: Decimal("0.000000000001")))
)
def test_every_bound_of_a_member_with_its_place_in_the_list(name, value, good):
    fields = {"symbol": "X", **ROOMY, "members": [{**MEMBER, name: format(value, "f")}]}
    if good:
        pool_config(fields)
    else:
        error = refused(fields)
        assert error.field == f"members[0].{name}"
        assert str(MEMBER_BOUNDS[name].high) in error.allowed


@pytest.mark.parametrize(
    ("fields", "field", "allowed"),
    [
        ({"gama": 1}, "gama", "gamma"),
        ({"num_levels": 0}, "num_levels", "from 1 to 20"),
        ({"num_levels": 1000}, "num_levels", "from 1 to 20"),
        ({"num_levels": "3"}, "num_levels", "whole number"),
        ({"num_levels": 3.0}, "num_levels", "whole number"),
        ({"num_levels": True}, "num_levels", "whole number"),
        ({"order_size_usdt": -500}, "order_size_usdt", "above 0"),
        ({"order_size_usdt": "-0.01"}, "order_size_usdt", "above 0"),
        ({"gamma": "nan"}, "gamma", "decimal number"),
        ({"gamma": float("nan")}, "gamma", "decimal number"),
        ({"gamma": float("inf")}, "gamma", "decimal number"),
        ({"gamma": "1e-1"}, "gamma", "decimal number"),
        ({"gamma": True}, "gamma", "decimal number"),
        ({"gamma": None}, "gamma", "decimal number"),
        ({"gamma": [1]}, "gamma", "decimal number"),
        ({"gamma": "٣"}, "gamma", "decimal number"),
        ({"gamma": " 1"}, "gamma", "decimal number"),
        ({"gamma": "1\n"}, "gamma", "decimal number"),
        ({"gamma": "0." + "1" * 13}, "gamma", "12 after the point"),
        ({"gamma": "1" * 16}, "gamma", "15 digits"),
        ({"enabled": "yes"}, "enabled", "true or false"),
        ({"enabled": 1}, "enabled", "true or false"),
        ({"symbol": ""}, "symbol", "1 to 64"),
        ({"symbol": 7}, "symbol", "a text"),
        ({"symbol": "x" * 65}, "symbol", "1 to 64"),
        ({"strategy": 7}, "strategy", "a text"),
        ({"fair_price": "last"}, "fair_price", "mid, weighted_mid, microprice"),
        ({"venue": "NYSE"}, "venue", "sandbox"),
        ({"volatility": "garch"}, "volatility", "realised, ewma"),
        ({"min_spread_bps": 51}, "min_spread_bps", "at most max_spread_bps (50)"),
        ({"order_size_usdt": 50_001}, "order_size_usdt", "at most max_pool_position_usdt (50000)"),
        ({"strategy_params": "fast"}, "strategy_params", "a table"),
        ({"strategy_params": {"a": [1]}}, "strategy_params.a", "a number, a text"),
        ({"strategy_params": {"a": {"b": 1}}}, "strategy_params.a", "a number, a text"),
        ({"max_messages_per_second": 1}, "cancel_reserve_pct", "at most 0"),
        (
            {"max_messages_per_second": 2, "cancel_reserve_pct": 51},
            "cancel_reserve_pct",
            "at most 50",
        ),
        ({"members": {"a": 1}}, "members", "a list"),
        ({"members": ["me"]}, "members[0]", "a table"),
        ({"members": None}, "members", "a list"),
        ({"members": [MEMBER] * 101}, "members", "at most 100"),
        ({"members": [MEMBER, MEMBER]}, "participant_id", "once"),
        ({"members": [{**MEMBER, "weight": 1}]}, "members[0].weight", "capital_weight_pct"),
        ({"members": [MEMBER, {}]}, "members[1].participant_id", "a text"),
        ({"members": [{**MEMBER, "participant_id": 5}]}, "members[0].participant_id", "a text"),
        ({"members": [{**MEMBER, "participant_id": ""}]}, "members[0].participant_id", "1 to 64"),
        ({"members": [{**MEMBER, "active": 1}]}, "members[0].active", "true or false"),
        ({"members": [{**MEMBER, "max_loss_usdt": "1e3"}]}, "members[0].max_loss_usdt", "decimal"),
        (
            {"members": [{**MEMBER, "position_limit_usdt": 50_001}]},
            "position_limit_usdt",
            "at most max_pool_position_usdt (50000)",
        ),
        (
            {"members": [MEMBER, {**MEMBER, "participant_id": "b", "capital_weight_pct": "0.01"}]},
            "capital_weight_pct",
            "Total capital weight would exceed 100%",
        ),
    ],
)
def test_a_bad_document_names_the_field_the_value_and_what_is_allowed(fields, field, allowed):
    error = refused({"symbol": "BTCUSDT", **fields})
    assert error.field == field
    assert allowed in error.allowed
    assert str(error).startswith(f"{field}: ")
    assert "\n" not in str(error)


def test_a_symbol_is_required():
    assert refused({}).field == "symbol"


def test_weights_may_be_less_than_a_hundred_and_pools_may_be_empty():
    assert pool_config({"symbol": "X"}).members == ()
    config = pool_config({"symbol": "X", "members": [{**MEMBER, "capital_weight_pct": "33.3"}]})
    assert config.members[0].capital_weight_pct == Decimal("33.3")


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (1, "1"),
        ("12.50", "12.50"),
        (-3, "-3"),
        (0.1, "0.1"),
        (1e-7, "0.0000001"),
        (Decimal("7.25"), "7.25"),
        (Decimal("1E+2"), "100"),
    ],
)
def test_decimals_are_read_exactly(value, read):
    assert decimal_of("gamma", value) == Decimal(read)


@pytest.mark.thorough
@given(st.one_of(st.text(), st.floats(), st.integers(), st.decimals()))
def test_whatever_is_given_becomes_a_finite_decimal_or_a_named_error(value):
    with suppress(InvalidFieldError):
        read = decimal_of("gamma", value)
        assert read.is_finite()
        assert abs(read) < 10**15


ANYTHING = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=4), inner, max_size=2)
    ),
    max_leaves=4,
)
NAMES = st.sampled_from([field.name for field in msgspec.structs.fields(PoolConfig)])


@given(st.dictionaries(NAMES, ANYTHING, max_size=4))
def test_no_document_does_worse_than_a_named_error(fields):
    with suppress(InvalidFieldError):
        assert pool_config({"symbol": "X", **fields}).version >= 1


def test_a_config_survives_the_journal():
    config = pool_config({**FIELDS, "strategy_params": {"horizon_mode": "fixed"}})
    packed = msgspec.msgpack.encode(config)
    assert msgspec.msgpack.decode(packed, type=PoolConfig) == config

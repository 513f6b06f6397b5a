"""Configurations out of documents: strict, and every refusal names its place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError, UnknownFieldError
from market_maker.model.pool_document import decimal_of, pool_config


@given(st.decimals("-999999999999999", "999999999999999", places=12))
def test_a_decimal_is_read_to_its_last_digit(number):
    assert decimal_of("x", format(number, "f")) == number


@pytest.mark.parametrize(
    "value", [True, None, [], "1e3", "٣", "", "NaN", float("inf"), 10**200, Decimal("1e-30")]
)
def test_what_is_no_plain_decimal_is_refused_by_its_field(value):
    with pytest.raises(InvalidFieldError) as caught:
        decimal_of("x", value)
    assert caught.value.field == "x"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, "symbol"),
        ({"symbol": "X", "members": {}}, "members"),
        ({"symbol": "X", "members": ["a"]}, "members[0]"),
        ({"symbol": "X", "members": [{"participant_id": "a"}]}, "members[0].capital_weight_pct"),
        ({"symbol": "X", "strategy_params": []}, "strategy_params"),
        ({"symbol": "X", "strategy_params": {"a": []}}, "strategy_params.a"),
    ],
)
def test_a_refusal_names_the_place_in_the_document(fields, field):
    with pytest.raises(InvalidFieldError) as caught:
        pool_config(fields)
    assert caught.value.field == field


def test_an_unknown_field_is_refused_with_the_known_ones():
    with pytest.raises(UnknownFieldError, match="gamma"):
        pool_config({"symbol": "X", "gama": 1})

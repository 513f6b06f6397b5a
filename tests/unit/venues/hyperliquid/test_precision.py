"""Prices, sizes and their texts are those that the venue takes."""

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.orders import Side
from market_maker.venues.hyperliquid.precision import (
    MarketKind,
    millionths,
    wire,
)
from tests.reference.hyperliquid_prices import (
    enough,
    is_price,
    is_size,
    price_for,
    price_step,
    size_down,
    wire_of_float,
)
from tests.shared_data import need_shared_vectors

PRICES = st.decimals("0.00001", "10000000", places=8)
DECIMALS = st.integers(0, 6)
KINDS = st.sampled_from(MarketKind)


def vectors(name):
    folder = need_shared_vectors("hyperliquid")
    paths = sorted(folder.glob("precision_vectors*.json"))
    return [one for path in paths for one in json.loads(path.read_text())[name]]


def test_every_price_of_the_vectors_is_judged_and_rounded_as_there():
    for told in vectors("prices"):
        price, rest = Decimal(told["x"]), (told["szDecimals"], MarketKind[told["kind"].upper()])
        assert is_price(price, *rest) == told["valid_as_is"], told
        assert wire(price_step(price, *rest)) == told["tick_at_x"], told
        assert wire(price_for(Side.SELL, price, *rest)) == told["ask"], told
        assert wire(price_for(Side.BUY, price, *rest)) == (told["bid"] or "0"), told
    for told in vectors("validity"):
        rest = (told["szDecimals"], MarketKind[told["kind"].upper()])
        assert is_price(Decimal(told["px"]), *rest) == told["valid"], told


def test_every_size_of_the_vectors_is_judged_and_rounded_as_there():
    for told in vectors("sizes"):
        size = Decimal(told["x"])
        assert is_size(size, told["szDecimals"]) == told["valid_as_is"], told
        down = size_down(size, told["szDecimals"])
        assert (wire(down), down == 0) == (told["down"], told["refuse_zero"]), told
    for told in vectors("notional"):
        assert enough(Decimal(told["px"]), Decimal(told["sz"])) == told["accepted"], told


def test_every_number_of_the_vectors_is_written_or_refused_as_there():
    def written(number):
        try:
            return wire_of_float(float(number))
        except InvalidFieldError:
            return "ValueError"

    for told in [*vectors("wire"), *vectors("prices")]:
        assert written(told.get("float") or told["x"]) == told["sdk_wire"], told
    for told in vectors("usd_int"):
        try:
            assert millionths(Decimal(told["usd"])) == told["sdk_ntli"], told
        except InvalidFieldError:
            assert told["sdk_ntli"] == "ValueError", told


@given(PRICES, DECIMALS, KINDS)
def test_a_bid_is_the_highest_price_not_above_and_an_ask_the_lowest_not_below(price, digits, kind):
    bid = price_for(Side.BUY, price, digits, kind)
    ask = price_for(Side.SELL, price, digits, kind)
    step = price_step(price, digits, kind)
    assert bid <= price <= ask
    assert ask - bid in {0, step}
    assert is_price(ask, digits, kind)
    assert bid == 0 or is_price(bid, digits, kind)
    assert (bid == ask) == is_price(price, digits, kind)


@given(PRICES, DECIMALS, KINDS)
def test_what_is_written_is_read_as_the_same_number_and_ends_in_no_zero(price, digits, kind):
    for number in (price_for(Side.BUY, price, digits, kind), size_down(price, digits)):
        text = wire(number)
        assert Decimal(text) == number
        assert "E" not in text
        assert "." not in text or not text.endswith(("0", "."))


@pytest.mark.parametrize("number", [Decimal("NaN"), Decimal("Infinity"), Decimal("1E-9")])
def test_what_the_wire_cannot_hold_is_refused(number):
    with pytest.raises(InvalidFieldError):
        wire(number)
    with pytest.raises(InvalidFieldError):
        millionths(number)
    assert not is_price(number, 0)


def test_zero_is_neither_a_price_nor_a_size():
    assert not is_price(Decimal(0), 0)
    assert not is_size(Decimal(0), 0)
    assert not is_size(Decimal(-1), 0)
    assert price_for(Side.SELL, Decimal(0), 0) == 0

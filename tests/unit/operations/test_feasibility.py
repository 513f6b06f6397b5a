"""What fits an instrument: ticks, lots, minimum notional."""

from decimal import Decimal

import pytest
from msgspec import structs

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.operations.feasibility import check_member, check_pool, smallest_order
from tests.support.office import config, member

COARSE = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(5))
PRICE = Decimal(100_000)


@pytest.mark.parametrize(
    ("lot", "notional", "price", "expected"),
    [
        ("0.001", 5, 100_000, 100),
        ("1", 5, "0.25", 5),
        ("1", 5, "0.3", "5.1"),
        ("0.1", 0, 25, "2.5"),
    ],
)
def test_the_smallest_order_is_whole_lots_worth_the_minimum(lot, notional, price, expected):
    instrument = Instrument("X", Decimal("0.1"), Decimal(lot), Decimal(notional))
    assert smallest_order(instrument, Decimal(price)) == Decimal(expected)


def test_an_instrument_that_is_priced_in_no_dollar_is_refused_by_name() -> None:
    """Settlements added its profits, in BTC, to those in USDT."""
    for quote in ("", "USDT", "USDC"):
        assert check_pool(structs.replace(COARSE, quote_currency=quote), config(), PRICE) == ()
    with pytest.raises(InvalidFieldError, match=r"symbol.*priced in a dollar: this one is in BTC"):
        check_pool(structs.replace(COARSE, quote_currency="BTC"), config(), PRICE)


def test_a_spread_of_less_than_a_tick_is_a_warning() -> None:
    assert check_pool(COARSE, config(min_spread_bps=Decimal("0.01")), PRICE) == ()
    (warning,) = check_pool(COARSE, config(min_spread_bps=Decimal("0.0099")), PRICE)
    assert "min_spread_bps (0.0099) is less than a tick" in warning
    assert "join the best prices" in warning


def test_parameters_by_which_one_fill_makes_a_losing_round_trip_are_refused() -> None:
    leaning = config(
        strategy="inventory_aware",
        strategy_params={"half_spread_bps": 5, "skew_bps": 100},
        order_size_usdt=Decimal(10_000),
        max_pool_position_usdt=Decimal(50_000),
    )
    with pytest.raises(InvalidFieldError, match="at most 10 bps, not 20") as caught:
        check_pool(COARSE, leaning, None)
    assert "skew_bps 100" in str(caught.value)


def test_without_a_price_only_what_needs_none_is_checked() -> None:
    small = config(min_spread_bps=Decimal(0), order_size_usdt=Decimal(1))
    assert check_pool(COARSE, small, None) == ()
    with pytest.raises(InvalidFieldError, match="strategy"):
        check_pool(COARSE, config(strategy="?"), None)


def test_a_limit_that_the_database_has_with_an_exponent_is_written_out() -> None:
    """It said that at most 5E+4 is allowed."""
    pool = config(max_pool_position_usdt=Decimal("5E+4"))
    wide = structs.replace(member("a", 10), position_limit_usdt=Decimal(50_001))
    with pytest.raises(InvalidFieldError, match=r"max_pool_position_usdt \(50000\)"):
        check_member(COARSE, pool, wide, PRICE)
    with pytest.raises(InvalidFieldError, match=r"max_pool_position_usdt \(50000\)"):
        config(max_pool_position_usdt=Decimal("5E+4"), order_size_usdt=Decimal(50_001))


def test_a_share_below_the_smallest_order_is_a_warning_not_a_refusal() -> None:
    pool = config(order_size_usdt=Decimal(1_000))
    assert check_member(COARSE, pool, member("a", 10), PRICE) == ()
    (warning,) = check_member(COARSE, pool, member("a", 9), PRICE)
    assert warning.startswith("a: 90 USDT")


def test_a_loss_limit_above_the_pools_is_said_with_and_without_a_price() -> None:
    """It was taken without a word, and stops nothing: the pool halts first."""
    pool = config(max_pool_loss_usdt=Decimal("5E+2"))
    wide = structs.replace(member("a", 100), max_loss_usdt=Decimal("500.01"))
    said = (
        "a: max_loss_usdt (500.01) is above max_pool_loss_usdt (500): a loss of it alone halts the "
        "whole pool, and its own limit stops nothing"
    )
    assert check_member(COARSE, pool, wide, PRICE) == (said,)
    assert check_member(COARSE, pool, wide, None) == (said,)
    for price in (PRICE, None):
        assert said in check_pool(COARSE, structs.replace(pool, members=(wide,)), price)
    narrow = structs.replace(wide, max_loss_usdt=Decimal(500))
    assert check_member(COARSE, pool, narrow, PRICE) == ()

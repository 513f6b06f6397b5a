from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import ContractKind, FeeSchedule, Instrument, rate_from_bps
from market_maker.model.units import RATE_SCALE, VALUE_SCALE

BTC = Instrument("BTCUSDT", Decimal("0.1"), Decimal("0.001"), Decimal(5))
GRID = st.sampled_from(["0.00000001", "0.0005", "0.01", "0.1", "1", "2.5"]).map(Decimal)


def test_prices_quantities_and_values_are_exact():
    assert BTC.price(123_456) == Decimal("12345.6")
    assert BTC.quantity(7) == Decimal("0.007")
    assert BTC.notional(123_456, 7) == Decimal("86.4192")
    assert BTC.ticks(Decimal("12345.6")) == 123_456
    assert BTC.lots(Decimal("0.007")) == 7


@given(GRID, GRID, st.integers(0, 10**9), st.integers(-(10**9), 10**9))
def test_every_point_of_the_grid_survives_the_way_there_and_back(tick, lot, ticks, lots):
    made = Instrument("X", tick, lot)
    assert made.ticks(made.price(ticks)) == ticks
    assert made.lots(made.quantity(lots)) == lots


@given(GRID, GRID, st.integers(0, 10**8), st.integers(0, 10**6))
def test_a_value_in_ticks_and_lots_is_its_notional(tick, lot, ticks, lots):
    made = Instrument("X", tick, lot)
    assert made.money(ticks * lots * VALUE_SCALE) == made.notional(ticks, lots)
    assert made.tick_lots(made.notional(ticks, lots)) == ticks * lots


@given(st.integers(0, 10**15), st.integers(1, 10**6))
def test_what_fits_into_money_is_rounded_down(cents, tick):
    made = Instrument("X", Decimal(tick) / 1000, Decimal("0.003"))
    money = Decimal(cents) / 100
    unit = made.notional(1, 1)
    whole = made.tick_lots(money)
    assert whole * unit <= money < (whole + 1) * unit


@pytest.mark.parametrize("price", ["12345.67", "0.05", "NaN", "Infinity", "-Infinity"])
def test_a_price_off_the_grid_is_refused(price):
    with pytest.raises(InvalidFieldError, match=r"multiple of 0\.1"):
        BTC.ticks(Decimal(price))


@pytest.mark.parametrize("quantity", ["0.0001", "NaN", "Infinity"])
def test_a_quantity_off_the_grid_is_refused(quantity):
    with pytest.raises(InvalidFieldError, match=r"multiple of 0\.001"):
        BTC.lots(Decimal(quantity))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("symbol", ""),
        ("symbol", "x" * 65),
        ("tick_size", Decimal(0)),
        ("tick_size", Decimal(-1)),
        ("tick_size", Decimal("NaN")),
        ("tick_size", Decimal("1E+999999")),
        ("lot_size", Decimal("1E-400")),
        ("lot_size", Decimal(0)),
        ("lot_size", Decimal("Infinity")),
        ("min_notional", Decimal(-1)),
        ("min_notional", Decimal("NaN")),
    ],
)
def test_an_instrument_that_cannot_be_is_refused_by_field(field, value):
    fields = {"symbol": "X", "tick_size": Decimal(1), "lot_size": Decimal(1), field: value}
    with pytest.raises(InvalidFieldError) as refused:
        Instrument(**fields)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("bps", "rate"), [("1", 10_000), ("-0.5", -5_000), ("0.0001", 1), ("0", 0)]
)
def test_fees_are_exact_rates(bps, rate):
    fees = FeeSchedule(maker_bps=Decimal(bps), taker_bps=Decimal(bps))
    assert (fees.maker_rate, fees.taker_rate) == (rate, rate)
    assert Decimal(rate) / RATE_SCALE == Decimal(bps) / 10_000


@pytest.mark.parametrize("bps", ["0.00001", "1000.1", "-1001", "NaN", "Infinity"])
def test_a_fee_that_cannot_be_exact_is_refused(bps):
    with pytest.raises(InvalidFieldError, match="at most four decimals"):
        rate_from_bps("maker_fee_bps", Decimal(bps))
    with pytest.raises(InvalidFieldError, match="taker_fee_bps"):
        FeeSchedule(taker_bps=Decimal(bps))


@pytest.mark.parametrize("size", ["1e-19", "1e19", "0", "-1", "NaN", "Infinity", "1e999999"])
def test_a_size_that_cannot_be_says_which_can(size):
    """1e30 was said to be no decimal above 0."""
    for sizes in ((Decimal(size), Decimal(1)), (Decimal(1), Decimal(size))):
        with pytest.raises(InvalidFieldError, match=r"above 0, from 1E-18 to below 1E\+19"):
            Instrument("X", *sizes)
    for field in ("1e-18", "9e18"):
        Instrument("X", Decimal(field), Decimal(field))


@pytest.mark.parametrize("least", ["-1", "1e19", "1e999999", "NaN"])
def test_a_smallest_order_that_cannot_be_says_which_can(least):
    with pytest.raises(InvalidFieldError, match=r"0 or more, below 1E\+19"):
        Instrument("X", Decimal(1), Decimal(1), Decimal(least))


@pytest.mark.parametrize("bps", ["1e999999", "-1e999999", "NaN", "Infinity", "1000.1", "0.00001"])
def test_a_fee_that_cannot_be_is_refused(bps):
    """The first ones ended in an overflow of decimals."""
    with pytest.raises(InvalidFieldError, match="maker_fee_bps"):
        Instrument("X", Decimal(1), Decimal(1), maker_fee_bps=Decimal(bps))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("inverse", "0"),
        ("inverse", "1e999999"),
        ("inverse", "-1"),
        ("linear", "-1"),
        ("linear", "1"),
    ],
)
def test_a_contract_value_is_that_of_an_inverse_contract_alone(kind, value):
    with pytest.raises(InvalidFieldError, match="contract_value"):
        Instrument(
            *("X", Decimal(1), Decimal(1)),
            contract=ContractKind(kind),
            contract_value=Decimal(value),
        )

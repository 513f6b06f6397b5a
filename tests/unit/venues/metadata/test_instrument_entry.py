from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument_limits import NO_LIMITS
from market_maker.venues.metadata import metadata_pb2 as wire
from market_maker.venues.metadata.instrument_entry import (
    OPEN,
    TradingStatus,
    instrument_entry,
)

GOOD = {
    "symbol": "BTCUSDT-PERP",
    "status": wire.INSTRUMENT_STATUS_TRADING,
    "tick_size": "0.1",
    "lot_size": "0.001",
    "min_notional": "5",
    "quote_asset": "USDT",
    "maker_fee_rate": "-0.00005",
    "reference_price": "100000.5",
    "version": 3,
}


def sent(**fields):
    return wire.Instrument(**(GOOD | fields))


def test_an_instrument_is_read_in_our_units():
    listed = instrument_entry(sent(status_message="open"))
    instrument = listed.instrument
    assert (instrument.tick_size, instrument.lot_size) == (Decimal("0.1"), Decimal("0.001"))
    assert (instrument.min_notional, instrument.maker_fee_bps) == (Decimal(5), Decimal("-0.5"))
    assert (instrument.quote_currency, listed.message, listed.version) == ("USDT", "open", 3)
    assert listed.reference_price == Decimal("100000.5")
    assert listed.status is TradingStatus.TRADING


def test_limits_of_orders_are_read_and_an_empty_one_is_none():
    limits = {
        "min_size": "0.002",
        "max_size": "120",
        "max_notional": "2500000",
        "price_band_up": "0.05",
        "max_open_orders": 200,
    }
    found = instrument_entry(sent(**limits)).instrument.limits
    assert (found.min_lots, found.max_lots) == (2, 120_000)
    assert (found.max_notional, found.max_open_orders) == (2_500_000, 200)
    assert (found.band_up_rate, found.band_down_rate) == (5_000_000, 0)
    assert instrument_entry(sent()).instrument.limits == NO_LIMITS


def test_what_may_be_missing_may_be_missing():
    listed = instrument_entry(sent(min_notional="", maker_fee_rate="", reference_price=""))
    assert (listed.instrument.min_notional, listed.instrument.maker_fee_bps) == (0, 0)
    assert listed.reference_price is None


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("tick_size", ""),
        ("tick_size", "0"),
        ("tick_size", "-0.1"),
        ("tick_size", "1e-1"),
        ("lot_size", "NaN"),
        ("lot_size", "0." + "0" * 50 + "1"),
        ("min_notional", "five"),
        ("maker_fee_rate", "1"),
        ("contract_size", "10"),
        ("reference_price", "Infinity"),
        ("symbol", ""),
        ("min_size", "-1"),
        ("max_size", "0.0001"),
        ("max_notional", "much"),
        ("price_band_down", "1e-2"),
        ("max_open_orders", -1),
    ],
)
def test_an_instrument_that_cannot_be_traded_as_described_is_refused_by_field(field, text):
    with pytest.raises(InvalidDataError, match=f"instrument.*{field.removesuffix('_rate')}"):
        instrument_entry(sent(**{field: text}))


def test_an_inverse_contract_is_refused_by_name_and_what_is_settled_in_another_dollar_is_not():
    inverse = {"symbol": "BTCUSD-PERP", "base_asset": "BTC", "quote_asset": "USD"}
    with pytest.raises(InvalidDataError, match=r"BTCUSD-PERP.*settle_asset BTC.*linear"):
        instrument_entry(sent(**inverse, settle_asset="BTC"))
    listed = instrument_entry(sent(**inverse, settle_asset="USDT"))
    assert listed.instrument.quote_currency == "USDT"


@pytest.mark.parametrize(
    ("quote", "settled", "counted"),
    [("USDT", "", "USDT"), ("USDT", "USDT", "USDT"), ("", "USDT", "USDT"), ("EUR", "EUR", "EUR")],
)
def test_money_is_counted_in_what_gains_and_fees_are_paid_in(quote, settled, counted):
    """Of a contract that is priced in USD and settled in USDT each fee was one in another token,
    which no amount had."""
    listed = instrument_entry(sent(base_asset="BTC", quote_asset=quote, settle_asset=settled))
    assert listed.instrument.quote_currency == counted


@pytest.mark.parametrize(("quote", "settled"), [("USD", "BTC"), ("USDT", "EUR"), ("EUR", "USDT")])
def test_a_contract_that_pays_in_another_currency_than_its_prices_is_refused(quote, settled):
    """Prices in USD, gains in BTC: they were counted as dollars."""
    with pytest.raises(InvalidDataError, match=f"settle_asset {settled} of prices in {quote}"):
        instrument_entry(sent(base_asset="ETH", quote_asset=quote, settle_asset=settled))


@pytest.mark.parametrize("number", [*range(7), 99])
def test_only_trading_and_post_only_are_open_and_an_unknown_status_is_none_of_them(number):
    status = instrument_entry(sent(status=number)).status
    assert (status in OPEN) is (number in {2, 3})
    assert (status is TradingStatus.UNKNOWN) is (number in {0, 99})

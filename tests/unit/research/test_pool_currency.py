from decimal import Decimal

import pytest

from market_maker.engine.terms import terms_of
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.research.pool_currency import in_quote_currency
from market_maker.research.replay import default_config

LRC = Instrument("LRCBTC", Decimal("1E-8"), Decimal(1))


def test_amounts_are_divided_by_the_rate_members_included():
    config = default_config("LRCBTC")
    made = in_quote_currency(config, LRC, Decimal(50_000))
    assert made.order_size_usdt == Decimal("0.02")
    assert made.max_pool_position_usdt == config.max_pool_position_usdt / 50_000
    assert made.members[0].max_loss_usdt == config.members[0].max_loss_usdt / 50_000
    assert made.min_spread_bps == config.min_spread_bps


def test_a_quote_currency_that_is_no_dollar_needs_a_rate():
    with pytest.raises(InvalidFieldError, match="quote_rate: missing; the price of 1 BTC in USDT"):
        in_quote_currency(default_config("LRCBTC"), LRC, None)


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC", "MSFT", "ETH-USD"])
def test_a_dollar_or_an_unnamed_currency_needs_none(symbol):
    config = default_config(symbol)
    assert in_quote_currency(config, Instrument(symbol, Decimal(1), Decimal(1)), None) is config


@pytest.mark.parametrize("rate", ["0", "-1", "NaN"])
def test_a_rate_that_is_none_is_refused(rate):
    with pytest.raises(InvalidFieldError, match="quote_rate"):
        in_quote_currency(default_config("LRCBTC"), LRC, Decimal(rate))


def test_an_inverse_contract_is_refused_by_name_where_it_would_be_counted_as_linear():
    made = Instrument(
        "BTCUSD_PERP",
        Decimal("0.1"),
        Decimal(1),
        contract=ContractKind.INVERSE,
        contract_value=Decimal(100),
    )
    with pytest.raises(InvalidFieldError, match=r"BTCUSD_PERP.*a linear contract"):
        terms_of(made, default_config("BTCUSD_PERP"))


@pytest.mark.parametrize(("kind", "value"), [("inverse", "0"), ("linear", "100")])
def test_a_contract_has_a_value_where_it_is_inverse(kind, value):
    with pytest.raises(InvalidFieldError, match="contract_value"):
        Instrument(
            "X", Decimal(1), Decimal(1), contract=ContractKind(kind), contract_value=Decimal(value)
        )

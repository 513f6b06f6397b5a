import pytest

from market_maker.model.currencies import quote_of_symbol


@pytest.mark.parametrize(
    ("symbol", "quote"),
    [
        ("BTCUSDT", "USDT"),
        ("BTCFDUSD", "FDUSD"),
        ("LRCBTC", "BTC"),
        ("eth-usd", "USD"),
        ("BTC-USD-SWAP", "USD"),
        ("BTCUSD_PERP", "USD"),
        ("ETH/BTC", "BTC"),
        ("BTC-USDT-PERP", "USDT"),
        ("BTC", ""),
        ("MSFT", ""),
    ],
)
def test_the_name_of_a_symbol_says_what_it_is_priced_in(symbol, quote):
    assert quote_of_symbol(symbol) == quote

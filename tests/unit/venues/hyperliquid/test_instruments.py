"""What is listed at Hyperliquid can be named by pools; what is delisted cannot."""

from decimal import Decimal

from market_maker.venues.hyperliquid.instruments import HyperliquidInstruments
from market_maker.venues.hyperliquid.universe import ListedMarket, Universe

BTC = ListedMarket("BTC", 0, 5)
HYNA = ListedMarket("hyna:BTC", 140_000, 5, dex="hyna", collateral="USDE")
GONE = ListedMarket("GONE", 7, 2, delisted=True)
LISTED = HyperliquidInstruments(
    Universe((), {market.coin: market for market in (BTC, HYNA, GONE)}), {"BTC": Decimal(97_000)}
)


def test_markets_are_found_by_the_venues_name():
    assert LISTED.find("hyna:BTC") == HYNA.instrument()
    assert LISTED.find("btc") is None
    assert LISTED.symbols() == ("BTC", "hyna:BTC")


def test_what_is_delisted_is_not_there():
    assert LISTED.find("GONE") is None


def test_a_price_is_the_mid_of_the_start():
    assert LISTED.reference_price("BTC") == 97_000
    assert LISTED.reference_price("hyna:BTC") is None

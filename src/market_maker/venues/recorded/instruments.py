"""Grids of well-known instruments, and what holds for all of a venue, by capture format.

Source: the venues' exchange information; minimum notionals in quote currency. Hyperliquid docs,
"Tick and lot size" and "Order": five significant figures and every integer, so that BTC ticks by 1
at any price above 10,000, and no order below 10 USD.
"""

import re
from decimal import Decimal

from msgspec import Struct

from market_maker.model.instrument import Instrument


class VenueRule(Struct, frozen=True):
    """What holds for every instrument of a venue. significant_figures: of a price; 0 for any.
    min_notional: quote currency. quote_currency: empty where the symbol's name says it."""

    significant_figures: int = 0
    min_notional: Decimal = Decimal(0)
    quote_currency: str = ""


_RULES = {
    "hyperliquid": VenueRule(5, Decimal(10), "USD"),
    "lobster": VenueRule(quote_currency="USD"),
    "databento": VenueRule(quote_currency="USD"),
}

_COIN_MARGINED = re.compile(r"(?P<base>[A-Z0-9]+)(USD_(PERP|\d{6})|-USD-(SWAP|\d{6}))")

_INVERSE_OF_BYBIT = re.compile(r"[A-Z0-9]+USD([FGHJKMNQUVXZ]\d{2})?")
"""BTCUSD, and BTCUSDZ26 of December 2026."""


def _instrument(symbol: str, tick: str, lot: str, notional: str) -> Instrument:
    return Instrument(symbol, Decimal(tick), Decimal(lot), Decimal(notional))


KNOWN: dict[str, tuple[Instrument, ...]] = {
    "binance-futures": (
        _instrument("BTCUSDT", "0.1", "0.001", "100"),
        _instrument("ETHUSDT", "0.01", "0.001", "20"),
    ),
    "binance-spot": (_instrument("BTCUSDT", "0.01", "0.00001", "5"),),
    "hyperliquid": (_instrument("BTC", "1", "0.00001", "10"),),
    "lobster": (_instrument("MSFT", "0.01", "1", "0"),),
}


def known_instrument(format_name: str, symbol: str) -> Instrument | None:
    """The instrument as its venue defines it, or None."""
    return next((one for one in KNOWN.get(format_name, ()) if one.symbol == symbol), None)


def venue_rule(format_name: str) -> VenueRule:
    """What holds for every instrument of a format's venue."""
    return _RULES.get(format_name, VenueRule())


def inverse_value(format_name: str, symbol: str) -> Decimal:
    """Quote currency of one contract where the symbol's name says that it is an inverse one; else
    0. Source: Binance, "COIN-M futures contract specifications", and OKX, "Instruments" (ctVal of
    coin-margined ones): 100 USD of BTC, 10 USD of any other coin; Bybit, "Inverse contracts": 1 USD
    of any."""
    if format_name == "bybit" and _INVERSE_OF_BYBIT.fullmatch(symbol):
        return Decimal(1)
    named = _COIN_MARGINED.fullmatch(symbol)
    if not named:
        return Decimal(0)
    return Decimal(100 if named["base"] == "BTC" else 10)

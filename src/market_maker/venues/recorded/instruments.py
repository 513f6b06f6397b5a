"""Grids of well-known instruments, and what holds for all of a venue, by capture format.

Source: the venues' exchange information; minimum notionals in quote currency. Hyperliquid docs,
"Tick and lot size" and "Order": five significant figures and every integer, so that BTC ticks by 1
at any price above 10,000, and no order below 10 USD.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.instrument import Instrument


class VenueRule(Struct, frozen=True):
    """What holds for every instrument of a venue. significant_figures: of a price; 0 for any.
    min_notional: quote currency."""

    significant_figures: int = 0
    min_notional: Decimal = Decimal(0)


_RULES = {"hyperliquid": VenueRule(5, Decimal(10))}


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

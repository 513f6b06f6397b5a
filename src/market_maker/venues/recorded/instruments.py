"""Grids of well-known instruments, by capture format and symbol.

Source: the venues' exchange information; minimum notionals in quote currency. Hyperliquid allows
five significant figures and every integer, so that BTC ticks by 1 at any price above 10,000.
"""

from decimal import Decimal

from market_maker.model.instrument import Instrument


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
    return next((one for one in KNOWN[format_name] if one.symbol == symbol), None)

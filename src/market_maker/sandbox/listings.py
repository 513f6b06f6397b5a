"""The instruments of the sandbox exchange, each with its fees and its kind of market."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import NotFoundError
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.sandbox.parameters import TraderParameters


class Listing(Struct, frozen=True):
    """One instrument and its market. The market's first price is parameters.start_price."""

    instrument: Instrument
    fees: FeeSchedule
    parameters: TraderParameters


SANDBOX_FEES = FeeSchedule(maker_bps=Decimal("-0.5"), taker_bps=Decimal(5))
"""Makers are paid half a basis point, takers pay five."""


def _listing(symbol: str, grid: tuple[str, str], start_price: float) -> Listing:
    instrument = Instrument(symbol, Decimal(grid[0]), Decimal(grid[1]), Decimal(5))
    return Listing(instrument, SANDBOX_FEES, TraderParameters(start_price=start_price))


LISTINGS = (
    _listing("BTCUSDT-PERP", ("0.1", "0.001"), 100_000.0),
    _listing("DOGEUSDT-PERP", ("0.00001", "1"), 0.25),
    _listing("ETHUSDT-PERP", ("0.01", "0.001"), 4_000.0),
    _listing("SOLUSDT-PERP", ("0.001", "0.01"), 200.0),
    _listing("XYZUSDT-PERP", ("0.0001", "0.1"), 10.0),
)
"""By symbol. Five-digit prices or finer: a tick is at most half a basis point."""


def listing(symbol: str) -> Listing:
    """Raises NotFoundError."""
    for found in LISTINGS:
        if found.instrument.symbol == symbol:
            return found
    raise NotFoundError("instrument", symbol)

"""What a venue takes of orders in one instrument: their sizes, their prices, how many of them."""

from decimal import ROUND_UP, Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import RATE_SCALE

LIMIT_BOUND = 10**19
"""Lots, quote currency and orders stay below it."""
BAND_RATE_MAX = 1_000 * RATE_SCALE
"""A wider band says nothing, and is taken as this one."""

_COUNTS = ("min_lots", "max_lots", "max_open_orders")
_BANDS = ("band_up_rate", "band_down_rate")


class InstrumentLimits(Struct, frozen=True):
    """0 in any field: the venue has no such limit.

    min_lots, max_lots: of one order; a reduce-only one may be smaller. max_notional: of one order,
    quote currency. band_up_rate, band_down_rate: how far above and below the mark an order is
    refused, in RATE_SCALE-ths of it; the price just there is refused too. max_open_orders: of one
    account in the instrument.
    """

    min_lots: int = 0
    max_lots: int = 0
    max_notional: Decimal = Decimal(0)
    band_up_rate: int = 0
    band_down_rate: int = 0
    max_open_orders: int = 0

    def __post_init__(self) -> None:
        for field in _COUNTS:
            number: int = getattr(self, field)
            if not 0 <= number < LIMIT_BOUND:
                raise InvalidFieldError(field, number, f"a whole number from 0 to {LIMIT_BOUND}")
        for field in _BANDS:
            rate: int = getattr(self, field)
            if not 0 <= rate <= BAND_RATE_MAX:
                raise InvalidFieldError(field, rate, f"0 to {BAND_RATE_MAX}, 1e-8 of the mark")
        if not self.max_notional.is_finite() or not 0 <= self.max_notional < LIMIT_BOUND:
            allowed = f"a decimal of 0 or more, below {LIMIT_BOUND}"
            raise InvalidFieldError("max_notional", self.max_notional, allowed)
        if 0 < self.max_lots < self.min_lots:
            allowed = f"0, or at least min_lots ({self.min_lots})"
            raise InvalidFieldError("max_lots", self.max_lots, allowed)


NO_LIMITS = InstrumentLimits()


class LimitTexts(Struct, frozen=True, kw_only=True):
    """The same as venues say it: sizes in base currency, bands as fractions of the mark; 0 for
    none. A smallest size between two lots means the upper one, a largest the lower one."""

    min_size: Decimal = Decimal(0)
    max_size: Decimal = Decimal(0)
    max_notional: Decimal = Decimal(0)
    price_band_up: Decimal = Decimal(0)
    price_band_down: Decimal = Decimal(0)
    max_open_orders: int = 0

    def counted(self, lot_size: Decimal) -> InstrumentLimits:
        """In lots. Raises InvalidFieldError for what no venue can mean: a number below 0, a
        largest size below the smallest or below a lot."""
        for field in ("min_size", "max_size", "price_band_up", "price_band_down"):
            number: Decimal = getattr(self, field)
            if not number.is_finite() or not 0 <= number < LIMIT_BOUND:
                raise InvalidFieldError(field, number, "a decimal of 0 or more")
        most = int(self.max_size / lot_size)
        if self.max_size and not most:
            raise InvalidFieldError("max_size", self.max_size, f"a lot ({lot_size}) at least")
        return InstrumentLimits(
            min_lots=int((self.min_size / lot_size).to_integral_value(ROUND_UP)),
            max_lots=most,
            max_notional=self.max_notional,
            band_up_rate=_rate(self.price_band_up),
            band_down_rate=_rate(self.price_band_down),
            max_open_orders=self.max_open_orders,
        )


def limit_texts(limits: InstrumentLimits, lot_size: Decimal) -> LimitTexts:
    """Limits as people and wires read them."""
    return LimitTexts(
        min_size=limits.min_lots * lot_size,
        max_size=limits.max_lots * lot_size,
        max_notional=limits.max_notional,
        price_band_up=Decimal(limits.band_up_rate) / RATE_SCALE,
        price_band_down=Decimal(limits.band_down_rate) / RATE_SCALE,
        max_open_orders=limits.max_open_orders,
    )


def _rate(band: Decimal) -> int:
    """Rounded down, so that nothing is sent that the venue refuses; a band is never 0, which would
    mean that there is none."""
    return min(max(int(band * RATE_SCALE), 1), BAND_RATE_MAX) if band else 0

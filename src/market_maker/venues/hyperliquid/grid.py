"""Texts and Decimals of the wire as whole ticks and lots, and back."""

from decimal import Decimal

from market_maker.model.errors import InvalidDataError
from market_maker.model.exact import exact, precise
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.units import VALUE_SCALE, Lots, Ticks, Value
from market_maker.venues.hyperliquid.precision import is_amount, wire

TEXTS_KEPT_MAX = 50_000
"""Prices and sizes repeat; a text that was read before is not read again."""

_SIDES = {"B": Side.BUY, "A": Side.SELL}


class WireGrid:
    """Of one instrument. A number that is not on its grid raises InvalidDataError."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self._ticks: dict[str, int] = {}
        self._lots: dict[str, int] = {}

    def ticks(self, price: str) -> Ticks:
        """A price that is written."""
        known = self._ticks.get(price)
        if known is None:
            known = self._read(price, self._ticks, self.instrument.tick_size)
        return Ticks(known)

    def lots(self, size: str) -> Lots:
        """A size that is written."""
        known = self._lots.get(size)
        if known is None:
            known = self._read(size, self._lots, self.instrument.lot_size)
        return Lots(known)

    def price(self, price: Decimal) -> Ticks:
        """A price as a number."""
        return Ticks(_whole(price, self.instrument.tick_size))

    def near(self, price: Decimal) -> Ticks:
        """The tick next to a price that may lie between two: a mark or oracle price."""
        with precise():
            units = _amount(price) / self.instrument.tick_size
            return Ticks(int(units.to_integral_value()))

    def size(self, size: Decimal) -> Lots:
        """A size as a number; signed for positions."""
        return Lots(_whole(size, self.instrument.lot_size))

    def value(self, money: Decimal) -> Value:
        """Money as a Value, to the nearest."""
        unit = self.instrument.tick_size * self.instrument.lot_size
        with precise():
            units = _amount(money) * VALUE_SCALE / unit
            return Value(int(units.to_integral_value()))

    def price_text(self, ticks: int) -> str:
        """As it is hashed and sent."""
        with exact():
            return wire(self.instrument.price(ticks))

    def size_text(self, lots: int) -> str:
        """As it is hashed and sent."""
        with exact():
            return wire(self.instrument.quantity(lots))

    def _read(self, text: str, known: dict[str, int], unit: Decimal) -> int:
        try:
            number = Decimal(text)
        except ArithmeticError:
            raise InvalidDataError(self.instrument.symbol, f"{text!r} is no number") from None
        whole = _whole(number, unit)
        if len(known) >= TEXTS_KEPT_MAX:
            known.clear()
        known[text] = whole
        return whole


def side_of(text: str) -> Side:
    """B or A. Raises InvalidDataError."""
    side = _SIDES.get(text)
    if side is None:
        raise InvalidDataError("the venue", f"{text!r} is no side")
    return side


def _whole(number: Decimal, unit: Decimal) -> int:
    with precise():
        units = _amount(number) / unit
        if units != units.to_integral_value():
            raise InvalidDataError("the venue", f"{number} is no multiple of {unit}")
    return int(units)


def _amount(number: Decimal) -> Decimal:
    if not is_amount(number):
        raise InvalidDataError("the venue", f"{number} is no amount")
    return number

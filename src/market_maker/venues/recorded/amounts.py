"""Decimal texts of a venue become integers here, exactly, before their grid is known.

A packed amount is mantissa << 5 | decimals, without zeros at the end of the mantissa, so that
equal values are equal integers: "61800.20" is 618002 << 5 | 1. When all of a capture has been
read and the grid is known, `counts` turns packed amounts into ticks or lots.
"""

import re
from decimal import Context, Decimal, InvalidOperation

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError

REMEMBERED_MAX = 1 << 18
"""Texts held at most: prices and sizes repeat, but a capture may run for days."""

DECIMALS_MAX = 18
MANTISSA_MAX = 1 << 57
COUNT_MAX = 1 << 62
TEXT_LENGTH_MAX = 64

_PLAIN = re.compile(r"[-+0-9.eE]+|-?(NaN|Infinity)")
"""Python's decimals also take spaces, underscores and the digits of other scripts."""

_DECIMALS_BITS = 5
_DECIMALS_MASK = (1 << _DECIMALS_BITS) - 1
_EXACT = Context(prec=TEXT_LENGTH_MAX + DECIMALS_MAX)

PackedArray = NDArray[np.int64]


class Amounts(dict[str, int]):
    """Packed amounts by their text; a dict that remembers what it has seen.

    Raises InvalidFieldError for a text that is negative, is no number, or has more digits than
    an amount can have.
    """

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field

    def __missing__(self, text: str) -> int:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        packed = self[text] = self._packed(text)
        return packed

    def _packed(self, text: str) -> int:
        whole, _, fraction = text.partition(".")
        digits = whole + fraction
        if digits.isdecimal() and digits.isascii() and len(digits) <= DECIMALS_MAX - 1:
            fraction = fraction.rstrip("0")
            return int(whole + fraction or "0") << _DECIMALS_BITS | len(fraction)
        return self._packed_slowly(text)

    def _packed_slowly(self, text: str) -> int:
        try:
            if len(text) > TEXT_LENGTH_MAX or not _PLAIN.fullmatch(text):
                raise InvalidOperation  # noqa: TRY301  # one answer for what is no amount
            return packed_decimal(Decimal(text))
        except InvalidOperation:
            raise InvalidFieldError(self.field, text[:TEXT_LENGTH_MAX], "a decimal") from None
        except OverflowError:
            allowed = f"0 or more, with at most {DECIMALS_MAX} decimals and 17 digits"
            raise InvalidFieldError(self.field, text, allowed) from None


def packed_decimal(value: Decimal) -> int:
    """Raises OverflowError for a value that cannot be packed."""
    if not value.is_finite() or value.adjusted() > DECIMALS_MAX:
        raise OverflowError
    _, digits, exponent = value.normalize(_EXACT).as_tuple()
    assert isinstance(exponent, int), value
    if not any(digits):
        return 0
    decimals = max(-exponent, 0)
    mantissa = int("".join(map(str, digits)) + "0" * exponent)
    if value < 0 or decimals > DECIMALS_MAX or mantissa >= MANTISSA_MAX:
        raise OverflowError
    return mantissa << _DECIMALS_BITS | decimals


def mantissas(packed: PackedArray) -> PackedArray:
    """The mantissas of packed amounts."""
    return packed >> _DECIMALS_BITS


def decimals(packed: PackedArray) -> PackedArray:
    """How many digits of each mantissa stand behind the point."""
    return packed & _DECIMALS_MASK


def as_floats(packed: PackedArray) -> NDArray[np.float64]:
    """Packed amounts as floats: to compare, never to count."""
    return mantissas(packed) / np.power(10.0, decimals(packed))


class StepCounts(Struct, frozen=True, eq=False):
    """whole: steps in each amount, rounded down. off_grid: where something is left over."""

    whole: PackedArray
    off_grid: NDArray[np.bool_]

    @property
    def rounded_up(self) -> PackedArray:
        """Steps in each amount, rounded up."""
        return self.whole + self.off_grid


def counts(packed: PackedArray, step: Decimal) -> StepCounts:
    """Packed amounts as multiples of `step`. Raises OverflowError for more than COUNT_MAX."""
    whole = np.zeros(len(packed), dtype=np.int64)
    off_grid = np.zeros(len(packed), dtype=np.bool_)
    if not len(packed):
        return StepCounts(whole, off_grid)
    tuple_of_step = step.normalize().as_tuple()
    assert isinstance(tuple_of_step.exponent, int), step
    unit, exponent = int("".join(map(str, tuple_of_step.digits))), tuple_of_step.exponent
    places, values = decimals(packed), mantissas(packed)
    for place in np.unique(places):
        here = places == place
        found = _divided(values[here], unit, int(place) + exponent)
        whole[here], off_grid[here] = found
    return StepCounts(whole, off_grid)


def _divided(values: PackedArray, unit: int, shift: int) -> tuple[PackedArray, NDArray[np.bool_]]:
    """values / (unit x 10**shift), whole and whether something is left."""
    if shift > 0:
        divisor = unit * 10**shift
        if divisor >= COUNT_MAX:
            return np.zeros_like(values), values > 0
        return values // divisor, values % divisor != 0
    factor = 10**-shift
    if int(values.max()) * factor // unit >= COUNT_MAX:
        raise OverflowError
    if int(values.max()) * factor >= COUNT_MAX:  # the product does not fit, the quotient does
        exact = [divmod(int(value) * factor, unit) for value in values]
        whole = np.array([quotient for quotient, _ in exact], dtype=np.int64)
        return whole, np.array([rest != 0 for _, rest in exact], dtype=np.bool_)
    scaled = values * factor
    return scaled // unit, scaled % unit != 0

"""Decimal strings of a venue become integers here, once and exactly."""

from decimal import Decimal, InvalidOperation

from market_maker.model.errors import InvalidFieldError

REMEMBERED_MAX = 1 << 18
"""Texts held at most: prices and sizes repeat, but a capture may run for days."""

COUNT_MAX = 1 << 62


class Grid(dict[str, int]):
    """Steps by the text of a price or size: `Grid("price", Decimal("0.1"))["61800.20"]` is 618002.

    A dict that remembers what it has seen. Raises InvalidFieldError for a text that is not a
    multiple of `step`, is negative, or is no number.

    rounds_up: a text between two steps counts as the upper one, and is counted in `rounded`
    (of `converted`, both without repetitions). Venues keep resting orders that are older than
    the present lot size.
    """

    def __init__(self, field: str, step: Decimal, *, rounds_up: bool = False) -> None:
        super().__init__()
        self.field, self.step, self.rounds_up = field, step, rounds_up
        self.converted = 0
        self.rounded = 0

    def __missing__(self, text: str) -> int:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        count = self[text] = self._count(text)
        return count

    def _count(self, text: str) -> int:
        try:
            value = Decimal(text)
            # divmod of decimals is exact, where a quotient would be rounded to 28 digits.
            count, rest = divmod(value, self.step)
        except InvalidOperation:
            raise InvalidFieldError(self.field, text, "a decimal") from None
        if value.is_nan() or not 0 <= value < COUNT_MAX * self.step:
            raise InvalidFieldError(self.field, text, "0 or more, and no astronomic number")
        self.converted += 1
        if rest and not self.rounds_up:
            raise InvalidFieldError(self.field, text, f"a multiple of {self.step:f}")
        if rest:
            self.rounded += 1
            count += 1
        return int(count)

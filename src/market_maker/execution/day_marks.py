"""What a pool's result of the UTC day, and its fall from the day's peak, are measured from."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.history import DAY
from market_maker.model.units import Nanos


class DayMark(Struct, frozen=True):
    """Of one pool. day: number of the UTC day since the epoch; opening: net PnL at its beginning,
    or when the pool was first seen; peak: the highest since. Quote currency."""

    day: int
    opening: Decimal
    peak: Decimal


class DayFigures(Struct, frozen=True):
    """net: PnL of the day so far; drawdown: how far it is below its peak, >= 0."""

    net: Decimal
    drawdown: Decimal


class DayMarks:
    """Of every pool that was seen since the start."""

    def __init__(self) -> None:
        self._marks: dict[str, DayMark] = {}

    def knows(self, symbol: str) -> bool:
        """Whether the pool was seen, on this day or an earlier one."""
        return symbol in self._marks

    def begin(self, symbol: str, mark: DayMark) -> None:
        """What is known of the day from an earlier run."""
        self._marks[symbol] = mark

    def saw(self, symbol: str, now: Nanos, net: Decimal) -> None:
        """The pool's net PnL at `now`; the first of a day is that day's opening."""
        day, mark = now // DAY, self._marks.get(symbol)
        if mark is None or mark.day != day:
            self._marks[symbol] = DayMark(day, net, net)
        elif net > mark.peak:
            self._marks[symbol] = DayMark(day, mark.opening, net)

    def figures(self, symbol: str, now: Nanos, net: Decimal) -> DayFigures | None:
        """Of a net PnL at `now`; None where this day was not seen yet."""
        mark = self._marks.get(symbol)
        if mark is None or mark.day != now // DAY:
            return None
        return DayFigures(net - mark.opening, max(Decimal(0), mark.peak - net))

"""A recording: one symbol's market data as columns, in the order in which it was received."""

from decimal import Decimal
from enum import IntEnum

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos


class RowKind(IntEnum):
    """What one row says. Sizes are in lots, prices in ticks.

    BID, ASK: the total size now displayed at a price; 0 removes the level.
    BUY_TRADE, SELL_TRADE: a trade; the side is the aggressor's.
    BEST_BID, BEST_ASK: best prices from a faster feed, always as a pair of rows with the same
    stamps. They hold until replaced, until BEST_EXPIRED, or until CLEAR or GAP.
    BEST_EXPIRED: the levels have caught up with the best prices, which no longer count.
    CLEAR: the book is emptied; the rows of a snapshot follow, with the same stamps.
    GAP: data were lost; the book is unknown until the next CLEAR. At the beginning of an outage,
    where the feed broke.
    ALIVE: nothing changed, and the feed is known not to be broken.
    """

    BID = 0
    ASK = 1
    BUY_TRADE = 2
    SELL_TRADE = 3
    BEST_BID = 4
    BEST_ASK = 5
    BEST_EXPIRED = 6
    CLEAR = 7
    GAP = 8
    ALIVE = 9


FUNDING_RATE_MAX = Decimal(1)
"""No payment takes more than the position is worth."""

FUNDING_DIGITS_MAX = 40


class FundingPayment(Struct, frozen=True):
    """Funding that every position paid or received once. rate: fraction of what a position is worth
    at `mark`, quote currency; above 0 longs pay and shorts receive. ts_event: when, by the venue;
    ts_recv: when that was known to us. Raises InvalidFieldError."""

    ts_event: Nanos
    ts_recv: Nanos
    rate: Decimal
    mark: Decimal

    def __post_init__(self) -> None:
        if not 0 < self.ts_event <= self.ts_recv:
            raise InvalidFieldError("ts_event", self.ts_event, "above 0, and no later than ts_recv")
        if not _is_short(self.rate) or abs(self.rate) > FUNDING_RATE_MAX:
            raise InvalidFieldError("rate", self.rate, f"from -{FUNDING_RATE_MAX} to 1")
        if not _is_short(self.mark) or self.mark <= 0:
            raise InvalidFieldError("mark", self.mark, "a decimal above 0")


def _is_short(number: Decimal) -> bool:
    digits = number.as_tuple().digits
    return (
        number.is_finite()
        and abs(number.adjusted()) <= FUNDING_DIGITS_MAX
        and len(digits) <= FUNDING_DIGITS_MAX
    )


class Recording(Struct, frozen=True, eq=False):
    """Columns of equal length; rows of one message are neighbours and share both stamps.

    ts_recv never goes back. ts_event is the venue's clock and may go back between streams;
    both clocks have been brought together by the importer (clock_shift_ns was added to the
    recorder's stamps; where its clock was stepped, to those before the first step). origin: where
    the rows came from, for people. remarks: what a reader should know of them, such as that there
    are no trades, or that its clock was stepped. funding: payments within it, oldest first.
    """

    instrument: Instrument
    kind: NDArray[np.uint8]
    ticks: NDArray[np.int64]
    lots: NDArray[np.int64]
    ts_event: NDArray[np.int64]
    ts_recv: NDArray[np.int64]
    clock_shift_ns: int
    origin: str
    remarks: tuple[str, ...] = ()
    funding: tuple[FundingPayment, ...] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.kind)

    @property
    def start(self) -> Nanos:
        """Receipt of the first row."""
        return Nanos(int(self.ts_recv[0]))

    @property
    def breaks(self) -> NDArray[np.int64]:
        """When the book was unknown, a row for each time: the receipt of the GAP and of the CLEAR
        that ended it, then the venue's stamps of both. One that nothing ended lasts to the end of
        the data, by either clock. Shape (breaks, 4), ns."""
        marks = np.flatnonzero((self.kind == RowKind.GAP) | (self.kind == RowKind.CLEAR))
        lost, found = -1, []
        for row in marks.tolist():
            if self.kind[row] == RowKind.GAP:
                lost = row if lost < 0 else lost
            elif lost >= 0:
                found.append(self._between(lost, row))
                lost = -1
        if lost >= 0:
            last = self._between(lost, self.rows - 1)
            found.append((*last[:3], max(last[3], int(self.ts_event.max()) + 1)))
        return np.array(found, dtype=np.int64).reshape(-1, 4)

    def _between(self, lost: int, back: int) -> tuple[int, int, int, int]:
        receipts, events = self.ts_recv, self.ts_event
        return int(receipts[lost]), int(receipts[back]), int(events[lost]), int(events[back])

    @property
    def outage_ns(self) -> int:
        """How long the book was unknown, by receipts."""
        breaks = self.breaks
        return int((breaks[:, 1] - breaks[:, 0]).sum())

    def has_book(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether the book was known at each of `times`, of the venue's clock."""
        known = np.ones(times.shape, dtype=np.bool_)
        for _, _, lost, back in self.breaks.tolist():
            known &= (times < lost) | (times >= back)
        return known

    @property
    def has_levels(self) -> bool:
        """Whether it has levels of the book, and not best prices alone."""
        return bool(np.any(self.kind <= RowKind.ASK))

    @property
    def end(self) -> Nanos:
        """Receipt of the last row."""
        return Nanos(int(self.ts_recv[-1]))

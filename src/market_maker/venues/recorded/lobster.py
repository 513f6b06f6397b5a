"""LOBSTER: a message file and an orderbook file whose rows belong together, one to one.

Source: lobsterdata.com, "Data structure": seconds after midnight New York, type, order id, size,
price x 10,000, direction (1: a buy order); the book after each message as ask, size, bid, size.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.recorded.grid import Grid
from market_maker.venues.recorded.lines import Lines, Progress
from market_maker.venues.recorded.rows import Rows, Tally

PRICE_UNIT = Decimal("0.0001")
MISMATCH_SHARE_MAX = 0.01
"""More messages at odds with the book than this, and the two files are not a pair."""

Levels: TypeAlias = dict[bytes, bytes]
"""Size by price, both as written."""

_NAME = re.compile(r"(?P<symbol>[A-Za-z.]+)_(?P<day>\d{4}-\d{2}-\d{2})_.*(message|orderbook)")
_EMPTY = (b"9999999999", b"-9999999999")
_KINDS = {
    b"1": "add",
    b"2": "reduce",
    b"3": "delete",
    b"4": "execution",
    b"5": "hidden execution",
    b"6": "cross trade",
    b"7": "halt",
}


class Message(Struct, frozen=True):
    """One line of the message file; `what` is a value of _KINDS, side that of the order."""

    ts: int
    what: str
    size: int
    price: bytes
    side: RowKind


def symbol_of(path: Path) -> str | None:
    """The symbol that a file is named after."""
    name = _NAME.match(path.name)
    return name["symbol"] if name else None


def pair(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The message and the orderbook file. Raises InvalidDataError where there is not one each."""
    messages = [path for path in paths if "message" in path.name]
    books = [path for path in paths if "orderbook" in path.name]
    if len(messages) != 1 or len(books) != 1 or len(paths) != 2:  # noqa: PLR2004 a pair
        problem = "a LOBSTER capture is one file named …message… and one named …orderbook…"
        raise InvalidDataError(" ".join(path.name for path in paths), problem)
    return messages[0], books[0]


def midnight_ns(day: date) -> int:
    """Midnight in New York, nanoseconds since the epoch.

    Computed, because a machine need not have a time zone database: since 2007 clocks change
    on the second Sunday of March and the first of November (at 2:00, after midnight).
    """
    is_summer = _sunday(day.year, 3, 8) < day <= _sunday(day.year, 11, 1)
    hours = 4 if is_summer else 5
    midnight = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours)
    return int(midnight.timestamp()) * NANOS_PER_SECOND


def _sunday(year: int, month: int, first_day: int) -> date:
    day = date(year, month, first_day)
    return day + timedelta(days=(6 - day.weekday()) % 7)


def decode_pair(
    paths: Sequence[Path], instrument: Instrument, rows: Rows, tally: Tally, progress: Progress
) -> None:
    """Both files into rows. There is no receipt: it is taken to be the event's time."""
    message_path, book_path = pair(paths)
    name = _NAME.match(message_path.name)
    if name is None:
        problem = "LOBSTER files are named SYMBOL_YYYY-MM-DD_…, and the day is needed"
        raise InvalidDataError(message_path.name, problem)
    midnight = midnight_ns(date.fromisoformat(name["day"]))
    lobster = Lobster(instrument, rows, tally)
    for source, line, book_line in _lines(message_path, book_path, progress):
        tally.lines += 1
        try:
            lobster.decode(_message(line, midnight), book_line.rstrip(b"\r\n").split(b","))
        except DomainError as error:
            raise InvalidDataError(source, str(error)) from None
        except (KeyError, ValueError):
            raise InvalidDataError(source, "not a line of a LOBSTER file") from None
    if tally.mismatches > MISMATCH_SHARE_MAX * tally.lines:
        problem = f"{tally.mismatches} of {tally.lines} messages do not fit {book_path.name}"
        raise InvalidDataError(message_path.name, problem)


def _lines(
    message_path: Path, book_path: Path, progress: Progress
) -> Iterator[tuple[str, bytes, bytes]]:
    messages = Lines([message_path], lambda _done, _total: None)
    books = Lines([book_path], progress)
    for message, book in zip_longest(messages, books):
        if message is None or book is None:
            short, other = (book_path, message_path) if book is None else (message_path, book_path)
            problem = f"has fewer lines than {other.name}: one of them is cut off"
            raise InvalidDataError(short.name, problem)
        name, number, line = message
        yield f"{name}: line {number}", line, book[2]


def _message(line: bytes, midnight: int) -> Message:
    time, what, _, size, price, direction = line.split(b",")[:6]
    seconds, _, fraction = time.partition(b".")
    nanos = int(seconds) * NANOS_PER_SECOND + int(fraction[:9].ljust(9, b"0"))
    side = {1: RowKind.BID, -1: RowKind.ASK}[int(direction)]
    return Message(midnight + nanos, _KINDS[what], int(size), price, side)


class Lobster:
    """Decodes messages, each with the book after it, into rows."""

    def __init__(self, instrument: Instrument, rows: Rows, tally: Tally) -> None:
        self._rows, self._tally = rows, tally
        self._price = Grid("price x 10,000", instrument.tick_size / PRICE_UNIT)
        self._book: dict[RowKind, Levels] | None = None  # None: unknown
        self._halted = False

    def decode(self, message: Message, fields: list[bytes]) -> None:
        """`fields` are those of the orderbook line. Raises DomainError, ValueError, KeyError."""
        self._tally.kinds[message.what] += 1
        self._tally.see_clocks(message.ts, message.ts)
        self._rows.message(message.ts, message.ts)
        if message.what == "halt":
            self._halt(message)
            return
        # The trade comes first: it says why a level shrinks.
        self._trade(message)
        if self._halted:
            return
        book = {RowKind.BID: _side(fields[2:]), RowKind.ASK: _side(fields)}
        if self._book is None:
            self._rows.add(RowKind.CLEAR)
            self._book = {RowKind.BID: {}, RowKind.ASK: {}}
        elif not _fits(message, self._book, book):
            self._tally.mismatches += 1
        for kind, levels in book.items():
            self._change(kind, self._book[kind], levels)
        self._book = book

    def _halt(self, message: Message) -> None:
        # -1 halts, 0 lets quotes in again, 1 lets trading go on.
        if message.price == b"-1" and not self._halted:
            self._tally.gaps += 1
            self._rows.add(RowKind.GAP)
            self._book, self._halted = None, True
        elif message.price == b"1":
            self._halted = False

    def _trade(self, message: Message) -> None:
        if "execution" not in message.what:
            return
        # A resting sell order is executed by a buyer.
        kind = RowKind.BUY_TRADE if message.side is RowKind.ASK else RowKind.SELL_TRADE
        try:
            ticks = self._price[message.price.decode()]
        except InvalidFieldError:
            if message.what == "execution":
                raise
            # Hidden orders may meet at the middle of a spread of one tick.
            self._tally.unknown["hidden execution off the grid"] += 1
            return
        self._rows.add(kind, ticks, self._rows.size[str(message.size)])

    def _change(self, kind: RowKind, before: Levels, after: Levels) -> None:
        gone = [price for price in before if price not in after]
        changed = [price for price, size in after.items() if before.get(price) != size]
        sizes = [self._rows.size[after[price].decode()] for price in changed]
        ticks = [self._price[price.decode()] for price in gone + changed]
        self._rows.add_levels(kind, ticks, [0] * len(gone) + sizes)


def _side(fields: list[bytes]) -> Levels:
    levels = dict(zip(fields[0::4], fields[1::4], strict=True))
    for price in _EMPTY:
        levels.pop(price, None)
    return levels


def _fits(message: Message, before: dict[RowKind, Levels], after: dict[RowKind, Levels]) -> bool:
    """Whether the book changed as the message says, as far as its level is in view."""
    if message.what in {"hidden execution", "cross trade"}:
        return before == after
    old, new = before[message.side].get(message.price), after[message.side].get(message.price)
    if old is None and new is None:
        return True
    change = int(new or 0) - int(old or 0)
    return change == (message.size if message.what == "add" else -message.size)

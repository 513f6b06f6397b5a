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

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.recorded.amounts import REMEMBERED_MAX, packed_decimal
from market_maker.venues.recorded.lines import (
    MALFORMED_LINES_MAX,
    MALFORMED_SHARE_MAX,
    CaptureLines,
    Progress,
)
from market_maker.venues.recorded.rows import MarketRows

PRICE_UNIT = Decimal("0.0001")
MISMATCH_SHARE_MAX = 0.01
"""More messages at odds with the book than this, and the two files are not a pair."""

LobsterLevels: TypeAlias = dict[bytes, bytes]
"""Size by price, both as written."""

_NAME = re.compile(r"(?P<symbol>[A-Za-z.]+)_\d{4}-\d{2}-\d{2}_")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MESSAGE_FIELDS = 6
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


class LobsterMessage(Struct, frozen=True):
    """One line of the message file; `what` is a value of _KINDS, side that of the order."""

    ts: int
    what: str
    size: int
    price: bytes
    side: RowKind


class LobsterPrices(dict[bytes, int]):
    """Packed prices by their text, which counts PRICE_UNIT; a dict that remembers."""

    def __missing__(self, text: bytes) -> int:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        price = self[text] = packed_decimal(int(text) * PRICE_UNIT)
        return price


def symbol_of(paths: Sequence[Path]) -> str | None:
    """The symbol that a file is named after."""
    names = (_NAME.match(path.name) for path in paths)
    return next((name["symbol"] for name in names if name), None)


def pair(paths: Sequence[Path]) -> tuple[Path, Path]:
    """The message and the orderbook file, by what they hold. Raises InvalidDataError where there is
    not one each."""
    messages = [path for path in paths if is_message_row(first_line(path))]
    books = [path for path in paths if is_book_row(first_line(path))]
    if len(messages) != 1 or len(books) != 1 or len(paths) != 2:  # noqa: PLR2004 a pair
        problem = "a LOBSTER capture is two files: one of messages and one of the book after each"
        raise InvalidDataError(" ".join(path.name for path in paths), problem)
    named = {name[0] for path in paths if (name := _NAME.match(path.name))}
    if len(named) > 1:
        problem = "their names say different symbols or days: they are no pair"
        raise InvalidDataError(" ".join(path.name for path in paths), problem)
    return messages[0], books[0]


def first_line(path: Path) -> bytes:
    """The first line of a file; nothing where there is none."""
    first = next(iter(CaptureLines([path], lambda _done, _total: None)), None)
    return first.content if first else b""


def is_message_row(line: bytes) -> bool:
    """Seconds after midnight, a type of 1 to 7, order id, size, price, direction."""
    fields = line.strip().split(b",")
    if not _MESSAGE_FIELDS <= len(fields) <= _MESSAGE_FIELDS + 1 or fields[1] not in _KINDS:
        return False
    seconds = fields[0].replace(b".", b"", 1)
    return seconds.isdigit() and fields[5] in {b"1", b"-1"}


def is_book_row(line: bytes) -> bool:
    """Whole numbers in fours."""
    fields = line.strip().split(b",")
    return len(fields) % 4 == 0 and all(field.removeprefix(b"-").isdigit() for field in fields)


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
    paths: Sequence[Path], day: date | None, rows: MarketRows, progress: Progress
) -> None:
    """Both files into rows. There is no receipt: it is taken to be the event's time. day: None
    where the names of the files say it. A line that is none of such a file is counted and leaves
    no row. Raises InvalidDataError."""
    message_path, book_path = pair(paths)
    midnight = midnight_ns(day or _day_of(message_path))
    lobster, counts = LobsterPair(rows), rows.counts
    for source, line, book_line in _lines(message_path, book_path, progress):
        counts.lines += 1
        rows.mark()
        try:
            lobster.decode(_message(line, midnight), book_line.rstrip(b"\r\n").split(b","))
        except DomainError as error:
            rows.take_back()
            counts.see_malformed(source, str(error))
        except (KeyError, ValueError, OverflowError):
            rows.take_back()
            counts.see_malformed(source, "not a line of a LOBSTER file")
    if counts.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * counts.lines):
        problem = f"{counts.malformed} of {counts.lines} lines are malformed ({counts.samples[0]})"
        raise InvalidDataError(message_path.name, problem)
    if counts.mismatches > MISMATCH_SHARE_MAX * counts.lines:
        problem = f"{counts.mismatches} of {counts.lines} messages do not fit {book_path.name}"
        raise InvalidDataError(message_path.name, problem)


def _day_of(path: Path) -> date:
    named = _DAY.search(path.name)
    try:
        return date.fromisoformat(named[0] if named else "")
    except ValueError:
        problem = "times of LOBSTER count from midnight: give the day as --date 2012-06-21"
        raise InvalidDataError(path.name, problem) from None


def _lines(
    message_path: Path, book_path: Path, progress: Progress
) -> Iterator[tuple[str, bytes, bytes]]:
    messages = CaptureLines([message_path], lambda _done, _total: None)
    books = CaptureLines([book_path], progress)
    for message, book in zip_longest(messages, books):
        if message is None or book is None:
            short, other = (book_path, message_path) if book is None else (message_path, book_path)
            problem = f"has fewer lines than {other.name}: one of them is cut off"
            raise InvalidDataError(short.name, problem)
        yield message.source, message.content, book.content


def _message(line: bytes, midnight: int) -> LobsterMessage:
    time, what, _, size, price, direction = line.split(b",")[:6]
    seconds, _, fraction = time.partition(b".")
    nanos = int(seconds) * NANOS_PER_SECOND + int(fraction[:9].ljust(9, b"0"))
    side = {1: RowKind.BID, -1: RowKind.ASK}[int(direction)]
    return LobsterMessage(midnight + nanos, _KINDS[what], int(size), price, side)


class LobsterPair:
    """Decodes messages, each with the book after it, into rows."""

    def __init__(self, rows: MarketRows) -> None:
        self._rows, self._counts = rows, rows.counts
        self._price = LobsterPrices()
        self._book: dict[RowKind, LobsterLevels] | None = None  # None: unknown
        self._halted = False

    def decode(self, message: LobsterMessage, fields: list[bytes]) -> None:
        """`fields` are those of the orderbook line. Raises DomainError, ValueError, KeyError."""
        self._counts.kinds[message.what] += 1
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
            self._counts.mismatches += 1
        for kind, levels in book.items():
            self._change(kind, self._book[kind], levels)
        self._book = book

    def _halt(self, message: LobsterMessage) -> None:
        # -1 halts, 0 lets quotes in again, 1 lets trading go on.
        if message.price == b"-1" and not self._halted:
            self._counts.gaps += 1
            self._rows.add(RowKind.GAP)
            self._book, self._halted = None, True
        elif message.price == b"1":
            self._halted = False

    def _trade(self, message: LobsterMessage) -> None:
        if "execution" not in message.what:
            return
        # A resting sell order is executed by a buyer.
        kind = RowKind.BUY_TRADE if message.side is RowKind.ASK else RowKind.SELL_TRADE
        price = self._price[message.price]
        if not message.size or not price:
            self._counts.left_out["trade of size or price 0"] += 1
            return
        self._rows.add(kind, price, self._rows.size[str(message.size)])

    def _change(self, kind: RowKind, before: LobsterLevels, after: LobsterLevels) -> None:
        gone = [price for price in before if price not in after]
        changed = [price for price, size in after.items() if before.get(price) != size]
        sizes = [self._rows.size[after[price].decode()] for price in changed]
        prices = [self._price[price] for price in gone + changed]
        self._rows.add_packed_levels(kind, prices, [0] * len(gone) + sizes)


def _side(fields: list[bytes]) -> LobsterLevels:
    levels = dict(zip(fields[0::4], fields[1::4], strict=True))
    for price in _EMPTY:
        levels.pop(price, None)
    return levels


def _fits(
    message: LobsterMessage,
    before: dict[RowKind, LobsterLevels],
    after: dict[RowKind, LobsterLevels],
) -> bool:
    """Whether the book changed as the message says, as far as its level is in view."""
    if message.what in {"hidden execution", "cross trade"}:
        return before == after
    old, new = before[message.side].get(message.price), after[message.side].get(message.price)
    if old is None and new is None:
        return True
    change = int(new or 0) - int(old or 0)
    return change == (message.size if message.what == "add" else -message.size)

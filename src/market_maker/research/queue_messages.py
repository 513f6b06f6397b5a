"""Market-by-order captures, order by order: what joined a queue, was cancelled, was traded.

LOBSTER's pairs, Databento's DBN of market by order, and tables of order events as the R package
ob-analytics writes them (id, timestamp, exchange.timestamp, price, volume, action, direction).
"""

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TypeAlias

from market_maker.model.errors import InvalidDataError
from market_maker.research.known_orders import KnownOrders
from market_maker.research.queue_calibration import QueueMessage
from market_maker.venues.recorded.detection import DBN_MAGIC, ZSTD_MAGIC
from market_maker.venues.recorded.lines import CaptureLines
from market_maker.venues.recorded.lobster import (
    first_line,
    is_book_row,
    is_message_row,
    pair,
)

QueueStream: TypeAlias = Iterator[QueueMessage]

EVENT_COLUMNS = ("id", "timestamp", "exchange.timestamp", "price", "volume", "action", "direction")

_FIELDS = ((b"1",), (b"2", b"3"), (b"4",))
"""Types of LOBSTER's messages: added, cancelled, traded."""

_LOBSTER = {what for kinds in _FIELDS for what in kinds}

_MAGIC_BYTES = 4

TAKES = "LOBSTER pairs, Databento's mbo and tables of order events are read"


def streams_of(paths: Sequence[Path]) -> list[tuple[str, QueueStream]]:
    """Every capture among the files, by the names of its files. A message file of LOBSTER goes with
    the orderbook file of its name, or with the only one there is. Raises InvalidDataError for a
    file that is none of them."""
    found: list[tuple[str, QueueStream]] = []
    left: list[Path] = []
    for path in paths:
        with path.open("rb") as raw:
            magic = raw.read(_MAGIC_BYTES)
        if magic.startswith(DBN_MAGIC) or magic == ZSTD_MAGIC:
            found.append((path.name, _databento(path)))
        elif _columns(first_line(path)) == EVENT_COLUMNS:
            found.append((path.name, event_messages(path)))
        else:
            left.append(path)
    found += (
        (" ".join(path.name for path in each), lobster_messages(each)) for each in _pairs(left)
    )
    return found


def _databento(path: Path) -> QueueStream:
    # Imported where it runs: it needs the extra.
    from market_maker.research.databento_queues import databento_messages  # noqa: PLC0415

    return databento_messages(path)


def _columns(line: bytes) -> tuple[str, ...]:
    text = line.decode("utf-8-sig", "replace").strip()
    return tuple(name.strip('"') for name in text.split(","))


def _pairs(paths: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    if len(paths) in {1, 2}:
        yield pair(paths)
        return
    books = {path.name: path for path in paths if is_book_row(first_line(path))}
    for path in [path for path in paths if path.name not in books]:
        book = books.pop(path.name.replace("message", "orderbook"), None)
        if book is None or not is_message_row(first_line(path)):
            problem = f"no orderbook file of its name is among the files; {TAKES}"
            raise InvalidDataError(path.name, problem)
        yield path, book
    if books:
        problem = f"no message file of its name is among the files; {TAKES}"
        raise InvalidDataError(next(iter(books)), problem)


def lobster_messages(paths: Sequence[Path]) -> QueueStream:
    """What a LOBSTER pair says of visible orders. Raises InvalidDataError."""
    message_path, book_path = pair(paths)
    messages, books = (CaptureLines([path], _unheard) for path in (message_path, book_path))
    for line, book in zip(messages, books, strict=False):
        try:
            message = _of_lobster(line.content, book.content)
        except ValueError:
            raise InvalidDataError(line.source, "a line that is none of LOBSTER's") from None
        if message is not None:
            yield message


def _of_lobster(line: bytes, book: bytes) -> QueueMessage | None:
    _, what, order_id, size, price, side = line.strip().split(b",")[:6]
    if what not in _LOBSTER:
        return None
    fields = book.strip().split(b",")[0 if side == b"-1" else 2 :]
    displayed = dict(zip(fields[0::4], fields[1::4], strict=True)).get(price, b"0")
    added, cancelled, traded = (int(size) if what in kinds else 0 for kinds in _FIELDS)
    level, after = (int(side), int(price)), int(displayed)
    return QueueMessage(level, int(order_id), added, cancelled, traded, after)


def _unheard(_done: int, _total: int) -> None:
    """Nothing is shown."""


def event_messages(path: Path) -> QueueStream:
    """What a table of order events says. An order whose volume falls was traded, one that is
    deleted with volume left was cancelled; orders from before the table are not known, and what
    happens to them is left out. Rows count in the order of the venue's stamps. Raises
    InvalidDataError."""
    text = b"".join(line.content for line in CaptureLines([path], _unheard))
    rows = csv.DictReader(io.StringIO(text.decode("utf-8-sig", "replace")))
    try:
        events = [
            (int(row["exchange.timestamp"]), int(row["timestamp"]), number, row)
            for number, row in enumerate(rows)
        ]
    except (ValueError, TypeError):
        raise InvalidDataError(path.name, "a row without times") from None
    resting = KnownOrders()
    for _, _, number, row in sorted(events, key=lambda event: event[:3]):
        try:
            message = _of_event(resting, row)
        except (ValueError, TypeError):
            problem = "a row without id, price and volume, or of an unknown action"
            raise InvalidDataError(f"{path.name}: line {number + 2}", problem) from None
        if message is not None:
            yield message


def _of_event(resting: KnownOrders, row: dict[str, str]) -> QueueMessage | None:
    order_id, volume = int(row["id"]), int(row["volume"])
    left = resting.orders.get(order_id, ((0, 0), 0))[1]
    match row["action"]:
        case "created":
            side = {"bid": 1, "ask": -1}.get(row["direction"], 0)
            level = side, round(float(row["price"]) * 10**8)
            return resting.add(order_id, level, volume) if volume > 0 and not left else None
        case "changed":
            return resting.cut(order_id, left - volume, traded=True)
        case "deleted":
            return resting.cut(order_id, left, traded=volume == 0)
        case _:
            raise ValueError

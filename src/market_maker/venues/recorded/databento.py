"""Databento's market by order (mbo) and by price (mbp-1, mbp-10, tbbo) into rows.

Source: databento.com/docs, "Schemas and data formats", "Common fields, enums and types": prices in
billionths, an undefined one is a side without orders; the side of a trade is its aggressor's; a
fill takes nothing from the book, the cancel after it does; F_LAST ends an event; an order's size in
a cancel is what was taken away. Several publishers are several books: the first one is read.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.amounts import REMEMBERED_MAX, packed_decimal
from market_maker.venues.recorded.dbn_files import DbnFile, Heading, Odd, Record
from market_maker.venues.recorded.lines import (
    MALFORMED_LINES_MAX,
    MALFORMED_SHARE_MAX,
    Progress,
    file_size,
)
from market_maker.venues.recorded.rows import MarketRows

PRICE_UNIT = Decimal("1e-9")

UNDEFINED_PRICE = 2**63 - 1
LAST, TOP_OF_BOOK, SNAPSHOT, BAD_RECEIPT, BAD_BOOK = 0x80, 0x40, 0x20, 0x08, 0x04
"""Bits of a record's flags."""

ORDERS_MAX = 1 << 22
"""Resting at once in one book: more than any market has."""

_SIDES = {"B": RowKind.BID, "A": RowKind.ASK}
_TRADES = {"B": RowKind.BUY_TRADE, "A": RowKind.SELL_TRADE}
_BAD_BOOK = "the venue's feed lost messages: the book may hold orders that are gone"

Place = tuple[RowKind, int]
"""A side and a price in billionths."""


class PricesOfBillionths(dict[int, int]):
    """Packed prices by their billionths; a dict that remembers. Raises OverflowError."""

    def __missing__(self, billionths: int) -> int:
        if len(self) >= REMEMBERED_MAX:
            self.clear()
        price = self[billionths] = packed_decimal(billionths * PRICE_UNIT)
        return price


def symbol_of(paths: Sequence[Path]) -> str | None:
    """The first symbol that the files name."""
    for path in paths:
        heading = DbnFile(path).heading()
        for symbol in (*heading.symbols, *heading.ids):
            if symbol in heading.ids or not symbol.isdecimal():
                return symbol
    return None


def decode_files(paths: Sequence[Path], symbol: str, rows: MarketRows, progress: Progress) -> None:
    """All files, one after the other in the order of their first receipt. An odd record is counted
    and leaves no row. Raises InvalidDataError."""
    total, done = sum(file_size(path) for path in paths), 0
    counts = rows.counts
    for path in sorted(paths, key=_first_receipt):
        file = DbnFile(path)
        books = DatabentoBooks(_wanted(path, file.heading(), symbol), rows)
        read = file.records(partial(_advance, progress, done, total))
        for number, record in enumerate(read, start=1):
            counts.lines += 1
            books.take(record, f"{path.name}: record {number}")
        done += file_size(path)
    if counts.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * counts.lines):
        problem = f"{counts.malformed} of {counts.lines} records are malformed"
        raise InvalidDataError(paths[0].name, f"{problem} ({counts.samples[0]})")


def _advance(progress: Progress, before: int, total: int, at: int, _: int) -> None:
    progress(before + at, total)


def _first_receipt(path: Path) -> int:
    records = DbnFile(path).records(lambda _done, _total: None)
    return next((one.ts_recv for one in records if not isinstance(one, Odd)), 0)


def _wanted(path: Path, heading: Heading, symbol: str) -> frozenset[int] | None:
    """The instruments that are taken; None for the first one of a file of a single symbol that
    maps none."""
    if symbol in heading.ids:
        return heading.ids[symbol]
    if not heading.ids and heading.symbols in {(), (symbol,)}:
        return None
    named = ", ".join((*heading.ids, *heading.symbols)[:8])
    raise InvalidDataError(path.name, f"holds no {symbol}, but {named}")


class DatabentoBooks:
    """Records of one file into rows. wanted: instruments; None for that of the first record."""

    def __init__(self, wanted: frozenset[int] | None, rows: MarketRows) -> None:
        self._wanted, self._publisher = wanted, -1
        self._rows, self._counts = rows, rows.counts
        self._price = PricesOfBillionths()
        self._orders = RestingOrders()
        self._shown: dict[Place, int] = {}
        self._known = False
        self._cleared = False

    def take(self, record: Record | Odd, source: str) -> None:
        """One record; source: where it stands, for people."""
        if isinstance(record, Odd):
            if record.malformed:
                self._counts.see_malformed(source, record.why)
            else:
                self._counts.left_out[record.why] += 1
            return
        if not self._is_ours(record):
            return
        self._rows.mark()
        try:
            self._decode(record)
        except (OverflowError, KeyError):
            self._rows.take_back()
            self._counts.see_malformed(source, "a price, size or side that cannot be")

    def _is_ours(self, record: Record) -> bool:
        if self._wanted is None:
            self._wanted = frozenset((record.instrument_id,))
        if record.instrument_id not in self._wanted:
            self._counts.left_out["record of another instrument"] += 1
            return False
        if self._publisher < 0:
            self._publisher = record.publisher_id
        if record.publisher_id != self._publisher:
            self._counts.left_out["record of another publisher"] += 1
            return False
        return True

    def _decode(self, record: Record) -> None:
        action, by_order = str(record.action), hasattr(record, "order_id")
        self._counts.kinds["order" if by_order else "book"] += 1
        if record.flags & BAD_BOOK:
            self._counts.remark(_BAD_BOOK)
        if by_order:
            self._change(action, record)
            if action == "T":
                self._trade(record)
            if record.flags & LAST:
                self._show(self._orders.changed(), record)
            return
        if hasattr(record, "levels"):
            self._known = True
            self._show(self._differing(record), record)
        if action == "T":
            self._trade(record)

    def _change(self, action: str, record: Record) -> None:
        """What an order's record does to the book."""
        if record.flags & TOP_OF_BOOK:
            self._counts.left_out["order of a feed of best prices"] += 1
        elif action == "R":
            self._orders.clear()
            self._known = True
        elif not self._known and action in "ACM":
            self._counts.stale_depth += 1
        elif action in {"A", "M"}:
            self._orders.put(record.order_id, (_SIDES[str(record.side)], record.price), record.size)
        elif action == "C":
            self._orders.cut(record.order_id, record.size)

    def _trade(self, record: Record) -> None:
        kind = _TRADES.get(str(record.side))
        if kind is None or record.price in {0, UNDEFINED_PRICE} or not record.size:
            self._counts.left_out["trade without a side, price or size"] += 1
            return
        price, size = self._price[record.price], self._rows.size[str(record.size)]
        self._stamp(record)
        self._rows.add(kind, price, size)
        self._counts.kinds["trade"] += 1

    def _differing(self, record: Record) -> dict[Place, int]:
        """What a whole book changes of the one before; 0 for a level that is gone."""
        after: dict[Place, int] = {}
        for level in record.levels:
            for side, price, size in (
                (RowKind.BID, level.bid_px, level.bid_sz),
                (RowKind.ASK, level.ask_px, level.ask_sz),
            ):
                if price != UNDEFINED_PRICE and size:
                    after[side, price] = size
        return dict.fromkeys(self._shown, 0) | after

    def _show(self, changes: dict[Place, int], record: Record) -> None:
        """Rows of what differs from what was shown, after a CLEAR for the first time."""
        changed = {
            place: size for place, size in changes.items() if self._shown.get(place, 0) != size
        }
        if not self._known or (self._cleared and not changed):
            return
        packed = [
            (side, self._price[price], self._rows.size[str(size)])
            for (side, price), size in changed.items()
        ]
        self._stamp(record)
        if not self._cleared:
            self._rows.add(RowKind.CLEAR)
            self._cleared = True
        for row in packed:
            self._rows.add(*row)
        self._shown.update(changed)
        for place in [place for place, size in changed.items() if not size]:
            del self._shown[place]

    def _stamp(self, record: Record) -> None:
        """An order of a snapshot has the time at which it was entered, perhaps days before."""
        event = record.ts_recv if record.flags & SNAPSHOT else record.ts_event
        receipt = event if record.flags & BAD_RECEIPT else record.ts_recv
        if max(event, receipt) >= UNDEFINED_PRICE:
            raise OverflowError
        self._rows.message(event, receipt)


class RestingOrders:
    """The orders that rest, and the total size at each price."""

    def __init__(self) -> None:
        self._levels: dict[Place, int] = {}
        self._resting: dict[int, tuple[Place, int]] = {}
        self._touched: set[Place] = set()

    def changed(self) -> dict[Place, int]:
        """The levels that were touched since the last call, 0 for one that is gone."""
        found = {place: self._levels.get(place, 0) for place in sorted(self._touched)}
        self._touched.clear()
        return found

    def clear(self) -> None:
        """Nothing rests."""
        self._touched.update(self._levels)
        self._levels.clear()
        self._resting.clear()

    def put(self, number: int, place: Place, size: int) -> None:
        """An order that is new, or whose price and size are now these. Raises OverflowError."""
        if place[1] in {0, UNDEFINED_PRICE} or len(self._resting) >= ORDERS_MAX:
            raise OverflowError
        self.cut(number, None)
        self._resting[number] = place, size
        self._add(place, size)

    def cut(self, number: int, size: int | None) -> None:
        """Take `size` from an order, all of it for None. One that is not known stays so: it was
        entered before the file begins."""
        place, before = self._resting.pop(number, (None, 0))
        if place is None:
            return
        left = 0 if size is None else max(before - size, 0)
        self._add(place, left - before)
        if left:
            self._resting[number] = place, left

    def _add(self, place: Place, size: int) -> None:
        total = self._levels.get(place, 0) + size
        self._touched.add(place)
        if total > 0:
            self._levels[place] = total
        else:
            self._levels.pop(place, None)

"""CSV of Tardis: incremental_book_L2, book_snapshot_N, trades, quotes and derivative_ticker, times
in microseconds.

Source: Tardis docs, "Downloadable CSV files": amounts are absolute, 0 removes a level; rows with
is_snapshot begin the book anew after any other row; side of a trade is the aggressor's.
"""

from collections.abc import Sequence
from pathlib import Path

from market_maker.model.errors import InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.funding_watch import mark_of, rate_of
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.stamps import nanos_of_text
from market_maker.venues.recorded.tables import (
    OpenTable,
    Record,
    TableKind,
    first_record,
    open_tables,
)
from market_maker.venues.recorded.timed_book import TimedBook

_COMMON = frozenset({"symbol", "timestamp", "local_timestamp"})
_LEVELS_MAX = 100

KINDS = tuple(
    TableKind(name, _COMMON | columns, "local_timestamp")
    for name, columns in (
        ("incremental_book_L2", {"is_snapshot", "side", "price", "amount"}),
        ("trades", {"id", "side", "price", "amount"}),
        ("quotes", {"ask_amount", "ask_price", "bid_price", "bid_amount"}),
        ("derivative_ticker", {"funding_timestamp", "funding_rate", "mark_price"}),
        ("book_snapshot", {"asks[0].price", "asks[0].amount", "bids[0].price"}),
    )
)
_SIDES = {"bid": RowKind.BID, "ask": RowKind.ASK}


def tables_of(paths: Sequence[Path]) -> tuple[OpenTable, ...]:
    """Which table each file is. Raises InvalidDataError."""
    return open_tables(paths, KINDS, lambda _path: ())


def symbol_of(paths: Sequence[Path]) -> str | None:
    """The symbol of the first record."""
    return next((first_record(table).get("symbol") for table in tables_of(paths)), None)


class TardisTables:
    """Decodes the records of one symbol into rows. tables: the names of those that there are."""

    def __init__(self, symbol: str, rows: MarketRows, tables: set[str]) -> None:
        self._symbol, self._rows, self._counts = symbol, rows, rows.counts
        best_alone = not tables & {"incremental_book_L2", "book_snapshot"}
        self._book = TimedBook(rows, best_alone=best_alone)
        self._in_snapshot = False

    def decode(self, table: str, record: Record) -> None:
        """See tables.TableDecoder."""
        if record["symbol"] != self._symbol:
            self._counts.left_out[f"{table} of {record['symbol']}"] += 1
            return
        self._counts.kinds[table] += 1
        ts_event = nanos_of_text("timestamp", record["timestamp"])
        ts_recv = nanos_of_text("local_timestamp", record["local_timestamp"])
        if table == "incremental_book_L2":
            self._level(record, ts_event, ts_recv)
        elif table == "trades":
            self._trade(record, ts_event, ts_recv)
        elif table == "quotes":
            bid = (record["bid_price"] or "0", record["bid_amount"] or "0")
            ask = (record["ask_price"] or "0", record["ask_amount"] or "0")
            self._book.best(bid, ask, ts_event, ts_recv)
        elif table == "derivative_ticker":
            self._ticker(record, ts_event, ts_recv)
        else:
            self._whole(record, ts_event, ts_recv)

    def finish(self) -> None:
        """See tables.TableDecoder."""

    def _level(self, record: Record, ts_event: int, ts_recv: int) -> None:
        kind = _SIDES[record["side"]]
        said = record["is_snapshot"].lower()  # pandas writes True
        snapshot = said == "true"
        if said not in {"true", "false"}:
            raise InvalidFieldError("is_snapshot", record["is_snapshot"], "true or false")
        if snapshot and not self._in_snapshot:
            self._book.clear(ts_event, ts_recv)
        self._in_snapshot = snapshot
        self._book.levels(kind, [(record["price"], record["amount"])], ts_event, ts_recv)

    def _whole(self, record: Record, ts_event: int, ts_recv: int) -> None:
        self._book.clear(ts_event, ts_recv)
        for kind, side in ((RowKind.BID, "bids"), (RowKind.ASK, "asks")):
            levels = []
            for place in range(_LEVELS_MAX):
                price = record.get(f"{side}[{place}].price")
                if not price:
                    break
                levels.append((price, record[f"{side}[{place}].amount"]))
            self._book.levels(kind, levels, ts_event, ts_recv)

    def _ticker(self, record: Record, ts_event: int, ts_recv: int) -> None:
        rate, mark = rate_of(record["funding_rate"]), mark_of(record["mark_price"])
        text = record["funding_timestamp"]
        due = nanos_of_text("funding_timestamp", text) if text else 0
        self._rows.next_funding(due, rate, ts_recv)
        self._rows.funding.marked(ts_event, mark)

    def _trade(self, record: Record, ts_event: int, ts_recv: int) -> None:
        side = record["side"]
        if side not in {"buy", "sell"}:
            self._counts.left_out[f"trade of side {side or 'nothing'}"] += 1
            return
        quote = (record["price"], record["amount"])
        self._book.trade(record["id"], quote, ts_event, ts_recv, bought=side == "buy")

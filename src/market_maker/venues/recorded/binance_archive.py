"""CSV of Binance's public archive: order book depth, bookTicker, trades and aggTrades.

Source: data.binance.vision and "Historical market data" of Binance. There is no receipt. Older
files have no header; their columns are known by their number. Times are in ms, or us since 2025.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.rows import UNSTAMPED, MarketRows
from market_maker.venues.recorded.stamps import nanos_of_text
from market_maker.venues.recorded.tables import (
    OpenTable,
    Record,
    TableKind,
    first_line,
    first_record,
    open_tables,
)
from market_maker.venues.recorded.timed_book import TimedBook
from market_maker.venues.recorded.trade_log import PrintedTrade, TradeLog

_TICKER = {"update_id", "best_bid_price", "best_bid_qty", "best_ask_price", "best_ask_qty"}
_AGGREGATE = {"price", "first_trade_id", "last_trade_id", "transact_time", "is_buyer_maker"}

KINDS = tuple(
    TableKind(name, frozenset(columns), stamp)
    for name, columns, stamp in (
        ("depth", {"timestamp", "last_update_id", "side", "update_type", "price"}, "timestamp"),
        ("bookTicker", _TICKER | {"transaction_time"}, "transaction_time"),
        ("aggTrades", _AGGREGATE, "transact_time"),
        ("trades", {"id", "price", "qty", "time", "is_buyer_maker"}, "time"),
    )
)

_HEADLESS = {
    6: ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker"),
    7: ("id", "price", "qty", "quote_qty", "time", "is_buyer_maker", "is_best_match"),
    8: (
        "agg_trade_id",
        "price",
        "quantity",
        "first_trade_id",
        "last_trade_id",
        "transact_time",
        "is_buyer_maker",
        "is_best_match",
    ),
}
_FUTURES_AGGREGATE = _HEADLESS[8][:7]
"""As many columns as trades of the spot market have, whose last two are true or false."""

_SYMBOL = re.compile(
    r"(?P<symbol>[A-Z0-9]+(_PERP|_\d{6})?)[-_](T_DEPTH|trades|aggTrades|bookTicker)"
)
_SIDES = {"b": RowKind.BID, "a": RowKind.ASK, "B": RowKind.BID, "A": RowKind.ASK}
_YES = {"true", "1"}


def symbol_of(paths: Sequence[Path]) -> str | None:
    """The symbol that a file is named after, or that its depth names."""
    for table in tables_of(paths):
        named = _SYMBOL.match(table.path.name)
        if named:
            return named["symbol"]
        if "symbol" in table.columns:
            return first_record(table).get("symbol")
    return None


def tables_of(paths: Sequence[Path]) -> tuple[OpenTable, ...]:
    """Which table each file is. Raises InvalidDataError."""
    return open_tables(paths, KINDS, _headless_columns)


def is_headless(path: Path) -> bool:
    """Whether the file is one of those that name no columns."""
    columns = _headless_columns(path)
    fields = first_line(path).decode("utf-8", "replace").strip().split(",")
    return bool(columns) and fields[0].isdigit() and fields[-1].lower() in {"true", "false"}


def _headless_columns(path: Path) -> tuple[str, ...]:
    fields = first_line(path).decode("utf-8", "replace").strip().split(",")
    columns = _HEADLESS.get(len(fields), ())
    if len(fields) == len(_FUTURES_AGGREGATE) and fields[-2].isdigit():
        return _FUTURES_AGGREGATE
    return columns


def refuse_others(tables: Sequence[OpenTable], symbol: str) -> None:
    """Most of the archive's tables name no symbol, but their files do. Raises InvalidDataError for
    a file that is named after another one."""
    for table in tables:
        named = _SYMBOL.match(table.path.name)
        if named and "symbol" not in table.columns and named["symbol"] != symbol:
            problem = f"is named after {named['symbol']}, and {symbol} is taken: name files of one"
            raise InvalidDataError(table.path.name, problem)


class BinanceArchive:
    """Decodes the records of one symbol into rows. tables: the names of those that there are."""

    def __init__(self, symbol: str, rows: MarketRows, tables: set[str]) -> None:
        self._symbol, self._rows, self._counts = symbol, rows, rows.counts
        self._book = TimedBook(rows, best_alone="depth" not in tables)
        self._trades = TradeLog(rows)
        self._snapshot_id = ""
        self._last_id: int | None = None

    def decode(self, table: str, record: Record) -> None:
        """See tables.TableDecoder."""
        symbol = record.get("symbol", self._symbol)
        if symbol != self._symbol:
            self._counts.left_out[f"{table} of {symbol}"] += 1
            return
        self._counts.kinds[table] += 1
        if table == "depth":
            self._depth(record)
        elif table == "bookTicker":
            bid = (record["best_bid_price"], record["best_bid_qty"])
            ask = (record["best_ask_price"], record["best_ask_qty"])
            ts_event = nanos_of_text("transaction_time", record["transaction_time"])
            self._book.best(bid, ask, ts_event, UNSTAMPED)
        elif table == "trades":
            self._trade(record)
        else:
            self._aggregate(record)

    def finish(self) -> None:
        """See tables.TableDecoder."""
        self._trades.finish()

    def _depth(self, record: Record) -> None:
        kind, ts_event = _SIDES[record["side"]], nanos_of_text("timestamp", record["timestamp"])
        level = [(record["price"], record["qty"])]
        last_id = int(record["last_update_id"])
        if record["update_type"] == "snap":
            if record["last_update_id"] != self._snapshot_id:
                self._snapshot_id = record["last_update_id"]
                self._book.clear(ts_event, UNSTAMPED)
            self._book.levels(kind, level, ts_event, UNSTAMPED)
        elif record["update_type"] != "set":
            raise InvalidFieldError("update_type", record["update_type"], "snap or set")
        else:
            if self._last_id is None:
                self._counts.remark("no snapshot: the book is what changed since the first message")
                self._book.clear(ts_event, UNSTAMPED)
            self._see_break(record.get("pu", ""), last_id)
            self._book.levels(kind, level, ts_event, UNSTAMPED)
        self._last_id = last_id

    def _see_break(self, prev: str, last_id: int) -> None:
        """A message that does not name the one before it. The archive has no snapshot to begin the
        book anew with; levels are absolute, so it goes on."""
        before = self._last_id
        if prev and before is not None and last_id != before and int(prev) > before:
            self._counts.remark("depth messages are missing, and the archive goes on without")

    def _trade(self, record: Record) -> None:
        trade_id = int(record["id"])
        self._trades.trade(self._printed(record, (trade_id, trade_id), "qty", "time"), UNSTAMPED)

    def _aggregate(self, record: Record) -> None:
        ids = (int(record["first_trade_id"]), int(record["last_trade_id"]))
        size = "quantity" if "quantity" in record else "qty"
        self._trades.aggregate(self._printed(record, ids, size, "transact_time"), UNSTAMPED)

    def _printed(self, record: Record, ids: tuple[int, int], size: str, time: str) -> PrintedTrade:
        maker = record["is_buyer_maker"].lower()
        return PrintedTrade(
            first_id=ids[0],
            last_id=ids[1],
            ts_event=nanos_of_text(time, record[time]),
            price=record["price"],
            size=record[size],
            bought=maker not in _YES,
        )

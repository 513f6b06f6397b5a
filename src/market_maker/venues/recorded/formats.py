"""The formats of captures, and how each is read."""
# Databento's is imported where it is used: it needs the extra `databento`.
# ruff: noqa: PLC0415

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.errors import DomainError
from market_maker.venues.recorded import (
    binance,
    binance_archive,
    bybit,
    hftbacktest_npz,
    hyperliquid,
    lobster,
    okx,
    tardis,
)
from market_maker.venues.recorded.detection import detected
from market_maker.venues.recorded.lines import (
    CaptureLines,
    LineDecoder,
    Progress,
    decode_lines,
    received_line,
)
from market_maker.venues.recorded.rows import MarketRows
from market_maker.venues.recorded.tables import TableDecoder, decode_tables

SYMBOL_SOUGHT_LINES = 1_000


class CaptureFormat(StrEnum):
    """The formats that can be imported."""

    BINANCE_FUTURES = "binance-futures"
    BINANCE_SPOT = "binance-spot"
    HYPERLIQUID = "hyperliquid"
    LOBSTER = "lobster"
    BINANCE_ARCHIVE = "binance-archive"
    BYBIT = "bybit"
    OKX = "okx"
    TARDIS = "tardis"
    HFTBACKTEST = "hftbacktest"
    DATABENTO = "databento"
    AUTO = "auto"


class LineFormat(Struct, frozen=True):
    """A format whose lines are JSON. symbol_of: what a payload is about, or None; raises
    msgspec.DecodeError. decoder: of one symbol."""

    symbol_of: Callable[[bytes], str | None]
    decoder: Callable[[str, MarketRows], LineDecoder]


_LINE_FORMATS = {
    CaptureFormat.BINANCE_FUTURES: LineFormat(
        binance.symbol_of, partial(binance.BinanceStreams, futures=True)
    ),
    CaptureFormat.BINANCE_SPOT: LineFormat(
        binance.symbol_of, partial(binance.BinanceStreams, futures=False)
    ),
    CaptureFormat.HYPERLIQUID: LineFormat(hyperliquid.symbol_of, hyperliquid.HyperliquidFrames),
    CaptureFormat.BYBIT: LineFormat(bybit.symbol_of, bybit.BybitMessages),
    CaptureFormat.OKX: LineFormat(okx.symbol_of, okx.OkxMessages),
}


def resolved(capture_format: CaptureFormat, paths: Sequence[Path]) -> CaptureFormat:
    """The format itself, or the one that the files are found to be of. Raises InvalidDataError."""
    if capture_format is CaptureFormat.AUTO:
        return CaptureFormat(detected(paths))
    return capture_format


def find_symbol(capture_format: CaptureFormat, paths: Sequence[Path]) -> str | None:
    """The first symbol that the files name, or None."""
    match capture_format:
        case CaptureFormat.LOBSTER:
            return lobster.symbol_of(paths)
        case CaptureFormat.TARDIS:
            return tardis.symbol_of(paths)
        case CaptureFormat.BINANCE_ARCHIVE:
            return binance_archive.symbol_of(paths)
        case CaptureFormat.HFTBACKTEST:
            return None
        case CaptureFormat.DATABENTO:
            from market_maker.venues.recorded import databento

            return databento.symbol_of(paths)
        case _:
            return next(_symbols(_LINE_FORMATS[capture_format].symbol_of, paths), None)


def read_rows(
    capture_format: CaptureFormat,
    paths: Sequence[Path],
    symbol: str,
    rows: MarketRows,
    progress: Progress,
    *,
    day: date | None = None,
) -> None:
    """All files into rows. day: of a format whose times have none. Raises InvalidDataError."""
    match capture_format:
        case CaptureFormat.LOBSTER:
            lobster.decode_pair(paths, day, rows, progress)
        case CaptureFormat.HFTBACKTEST:
            hftbacktest_npz.decode_events(paths, rows, progress)
        case CaptureFormat.DATABENTO:
            from market_maker.venues.recorded import databento

            databento.decode_files(paths, symbol, rows, progress)
        case CaptureFormat.TARDIS | CaptureFormat.BINANCE_ARCHIVE:
            _read_tables(capture_format, paths, symbol, rows, progress)
        case _:
            decoder = _LINE_FORMATS[capture_format].decoder(symbol, rows)
            decode_lines(CaptureLines(paths, progress), decoder, rows, capture_format)


def _read_tables(
    capture_format: CaptureFormat,
    paths: Sequence[Path],
    symbol: str,
    rows: MarketRows,
    progress: Progress,
) -> None:
    of_tardis = capture_format is CaptureFormat.TARDIS
    tables = tardis.tables_of(paths) if of_tardis else binance_archive.tables_of(paths)
    if not of_tardis:
        binance_archive.refuse_others(tables, symbol)
    names = {table.kind.name for table in tables}
    decoder: TableDecoder = (
        tardis.TardisTables(symbol, rows, names)
        if of_tardis
        else binance_archive.BinanceArchive(symbol, rows, names)
    )
    decode_tables(tables, decoder, rows, progress)


def _symbols(symbol_of: Callable[[bytes], str | None], paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        lines = CaptureLines([path], lambda _done, _total: None)
        for line in islice(lines, SYMBOL_SOUGHT_LINES):
            try:
                received = received_line(line.content)
                symbol = symbol_of(received.payload) if received and received.payload else None
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, DomainError):
                continue
            if symbol:
                yield symbol

"""The formats of captures, and how each is read."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.model.errors import DomainError
from market_maker.venues.recorded import binance, hyperliquid, lobster
from market_maker.venues.recorded.lines import (
    CaptureLines,
    LineDecoder,
    Progress,
    decode_lines,
    received_line,
)
from market_maker.venues.recorded.rows import MarketRows

SYMBOL_SOUGHT_LINES = 1_000


class CaptureFormat(StrEnum):
    """The formats that can be imported."""

    BINANCE_FUTURES = "binance-futures"
    BINANCE_SPOT = "binance-spot"
    HYPERLIQUID = "hyperliquid"
    LOBSTER = "lobster"


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
}


def find_symbol(capture_format: CaptureFormat, paths: Sequence[Path]) -> str | None:
    """The first symbol that the files name, or None."""
    if capture_format is CaptureFormat.LOBSTER:
        return lobster.symbol_of(paths)
    symbol_of = _LINE_FORMATS[capture_format].symbol_of
    return next(_symbols(symbol_of, paths), None)


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
    if capture_format is CaptureFormat.LOBSTER:
        lobster.decode_pair(paths, day, rows, progress)
        return
    decoder = _LINE_FORMATS[capture_format].decoder(symbol, rows)
    decode_lines(CaptureLines(paths, progress), decoder, rows, capture_format)


def _symbols(symbol_of: Callable[[bytes], str | None], paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        lines = CaptureLines([path], lambda _done, _total: None)
        for line in islice(lines, SYMBOL_SOUGHT_LINES):
            try:
                received = received_line(line.content)
                symbol = symbol_of(received.payload) if received and received.payload else None
            except (msgspec.DecodeError, UnicodeDecodeError, DomainError):
                continue
            if symbol:
                yield symbol

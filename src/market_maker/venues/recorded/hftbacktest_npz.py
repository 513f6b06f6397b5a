"""The event files of hftbacktest: an npz whose `data` has one event a record.

Source: hftbacktest 2 docs, "Data": ev holds the kind in its low byte and flags above; px and qty
are floats; DEPTH levels are absolute, 0 removes one; of a trade the flag is the aggressor's side.
"""

import zipfile
import zlib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.venues.recorded.amounts import packed_decimal
from market_maker.venues.recorded.lines import (
    MALFORMED_LINES_MAX,
    MALFORMED_SHARE_MAX,
    UNPACKED_FREE,
    UNPACKED_RATIO_MAX,
    Progress,
    file_size,
)
from market_maker.venues.recorded.rows import MarketRows

MEMBER = "data.npy"
_FIELDS = ("ev", "exch_ts", "local_ts", "px", "qty")
_DEPTH, _TRADE, _CLEAR, _SNAPSHOT = 1, 2, 3, 4
_BUY, _SELL, _LOCAL = 1 << 29, 1 << 28, 1 << 30
_KIND_MASK = 0xFF
_DECIMALS = 10
"""A float of a price or size is one of at most so many decimals."""

_STAMP_FIRST, _STAMP_END = 10**18, 1 << 62
"""2001, before which no number is nanoseconds since the Unix epoch, and 2116. Two stamps between
can be added and taken from one another in 64 bits."""

_DAMAGES = (
    OSError,
    ValueError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,
    SyntaxError,
    MemoryError,
)


def decode_events(paths: Sequence[Path], rows: MarketRows, progress: Progress) -> None:
    """All events that reached us, of all files in the order of their receipts. Raises
    InvalidDataError."""
    total, counts = sum(file_size(path) for path in paths), rows.counts
    parts = sorted(
        ((_events(path), path.name) for path in paths), key=lambda part: int(part[0]["local_ts"][0])
    )
    for number, (events, name) in enumerate(parts, start=1):
        _decode(events, name, rows)
        progress(total * number // len(parts), total)
    if counts.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * counts.lines):
        problem = f"{counts.malformed} of {counts.lines} events are malformed"
        raise InvalidDataError(paths[0].name, f"{problem} ({counts.samples[0]})")


def _events(path: Path) -> NDArray[np.void]:
    """The events of a file. Raises InvalidDataError."""
    room = max(UNPACKED_FREE, UNPACKED_RATIO_MAX * file_size(path))
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MEMBER).file_size > room:
                raise InvalidDataError(path.name, "unpacks to too much: this is no event file")
            with archive.open(MEMBER) as member:
                events: NDArray[np.void] = np.lib.format.read_array(member, allow_pickle=False)
    except KeyError:
        raise InvalidDataError(path.name, f"holds no {MEMBER}: no hftbacktest file") from None
    except _DAMAGES:
        raise InvalidDataError(path.name, "is damaged, or no hftbacktest file") from None
    names = events.dtype.names or ()
    if not events.size:
        raise InvalidDataError(path.name, "it holds no event")
    if events.ndim != 1 or not set(_FIELDS) <= set(names):
        found = ", ".join(names) or "columns without names"
        problem = f"an event has {', '.join(_FIELDS)}; this file has {found}"
        raise InvalidDataError(path.name, problem)
    return events


def _decode(events: NDArray[np.void], name: str, rows: MarketRows) -> None:
    counts = rows.counts
    counts.lines += len(events)
    flags = events["ev"].astype(np.int64)
    local = flags & _LOCAL != 0
    counts.left_out["event that did not reach us"] += int(np.count_nonzero(~local))
    numbers = (np.flatnonzero(local) + 1).tolist()
    events, flags = events[local], flags[local]
    prices, sizes = _packed(events["px"]), _packed(events["qty"])
    kinds = (flags & _KIND_MASK).tolist()
    sides = (flags & (_BUY | _SELL)).tolist()
    stamps = zip(events["exch_ts"].tolist(), events["local_ts"].tolist(), strict=True)
    amounts = zip(prices.tolist(), sizes.tolist(), strict=True)
    in_snapshot = False
    for number, kind, side, (ts_event, ts_recv), (price, size) in zip(
        numbers, kinds, sides, stamps, amounts, strict=True
    ):
        problem = ""
        if side not in {_BUY, _SELL} and kind != _CLEAR:
            problem = "neither of a buyer nor of a seller"
        elif price < 0 or size < 0:
            problem = "a price or size that cannot be"
        elif not _is_time(ts_event) or not _is_time(ts_recv):
            problem = "a time that is none in nanoseconds since the Unix epoch"
        if problem:
            counts.see_malformed(f"{name}: event {number}", problem)
            continue
        rows.message(ts_event, ts_recv)
        if kind == _SNAPSHOT and not in_snapshot:
            rows.add(RowKind.CLEAR)
        in_snapshot = kind == _SNAPSHOT
        _add(kind, side, price, size, rows)


def _is_time(stamp: int) -> bool:
    return _STAMP_FIRST <= stamp < _STAMP_END


def _add(kind: int, side: int, price: int, size: int, rows: MarketRows) -> None:
    bought = side == _BUY
    counts = rows.counts
    if kind in {_DEPTH, _SNAPSHOT} and price:
        counts.kinds["depth"] += 1
        rows.add(RowKind.BID if bought else RowKind.ASK, price, size)
    elif kind == _TRADE and price and size:
        counts.kinds["trade"] += 1
        rows.add(RowKind.BUY_TRADE if bought else RowKind.SELL_TRADE, price, size)
    else:
        counts.left_out["clear of one side" if kind == _CLEAR else f"event {kind}"] += 1


def _packed(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Packed amounts of floats; -1 for one that is none."""
    with np.errstate(over="ignore"):  # an amount without end is none, which is found below
        rounded = np.round(values, _DECIMALS)
    distinct, inverse = np.unique(rounded, return_inverse=True)
    packed = np.full(len(distinct), -1, dtype=np.int64)
    for place, value in enumerate(distinct.tolist()):
        try:
            packed[place] = packed_decimal(Decimal(repr(value)))
        except OverflowError:
            continue
    return packed[inverse]

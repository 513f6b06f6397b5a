"""From capture files to a Recording, with a report of everything that was noticed."""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from enum import StrEnum
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording, RowKind
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND
from market_maker.research.book_check import BookCheck, check_book
from market_maker.venues.recorded import binance, hyperliquid, lobster
from market_maker.venues.recorded.binance_futures import BinanceFutures
from market_maker.venues.recorded.binance_spot import BinanceSpot
from market_maker.venues.recorded.hyperliquid import Hyperliquid
from market_maker.venues.recorded.instruments import known_instrument
from market_maker.venues.recorded.lines import Lines, Progress, decode_lines
from market_maker.venues.recorded.rows import UNSTAMPED, Columns, Rows, Tally

BASE_LATENCY_NS = NANOS_PER_MS
"""The fastest message is taken to have travelled this long, where the recorder's clock was
behind the venue's and says nothing about it."""

FINEST_STEP = Decimal("1E-8")
"""Finest grid that is looked for where no tick or lot size is known."""

SYMBOL_SOUGHT_LINES = 1_000

ROUNDED_SIZES_MAX = 10
ROUNDED_SHARE_MAX = 0.01
"""With more of the distinct sizes off the grid than both of these, the lot size is wrong."""


class CaptureFormat(StrEnum):
    """The formats that can be imported."""

    BINANCE_FUTURES = "binance-futures"
    BINANCE_SPOT = "binance-spot"
    HYPERLIQUID = "hyperliquid"
    LOBSTER = "lobster"


class ImportOptions(Struct, frozen=True):
    """What overrides the table of known instruments; None leaves it to the table or the data."""

    symbol: str | None = None
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    min_notional: Decimal | None = None


class ImportReport(Struct, frozen=True):
    """What was read and what was noticed; the counts are those of venues.recorded.rows.Tally.

    inferred: which of tick_size and lot_size were found from the data. crossed: messages after
    which best bid >= best ask. tops_compared, tops_agreed: best prices of another feed at the
    same sequence number as the book. rounded_sizes: sizes (each counted once) between two lots,
    kept as the upper one. clock_shift_ns: added to the recorder's stamps. span_s:
    first to last receipt, seconds.
    """

    format: str
    instrument: Instrument
    inferred: tuple[str, ...]
    lines: int
    messages: dict[str, int]
    unknown: dict[str, int]
    malformed: int
    malformed_samples: tuple[str, ...]
    stale_depth: int
    unusable_snapshots: int
    late_tickers: int
    duplicate_trades: int
    backlog_trades: int
    missing_trades: int
    receipt_reversals: int
    mismatches: int
    rounded_sizes: int
    gaps: int
    crossed: int
    tops_compared: int
    tops_agreed: int
    clock_shift_ns: int
    span_s: float
    rows: int
    rows_by_kind: dict[str, int]


def _no_progress(_done: int, _total: int) -> None:
    """Tell nobody."""


def import_capture(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    options: ImportOptions,
    progress: Progress = _no_progress,
) -> tuple[Recording, ImportReport]:
    """Decode contiguous parts of one capture, in order. Raises InvalidDataError.

    LOBSTER takes its message and its orderbook file.
    """
    instrument, inferred = _instrument(capture_format, inputs, options, progress)
    rows, tally = _decode(capture_format, inputs, instrument, progress)
    _refuse_mixed(tally, instrument, inputs)
    columns = rows.columns()
    if not (columns.kind == RowKind.CLEAR).any():
        problem = f"it holds no snapshot of the book of {instrument.symbol} that can be used"
        raise InvalidDataError(_names(inputs), problem)
    _refuse_wrong_lot(rows, instrument, inputs)
    shift = _clock_shift(tally.offset_min)
    recording = Recording(
        instrument=instrument,
        kind=columns.kind,
        ticks=columns.ticks,
        lots=columns.lots,
        ts_event=_event_times(columns, shift),
        ts_recv=columns.ts_recv + shift,
        clock_shift_ns=shift,
        origin=f"{capture_format}: {_names(inputs)}",
    )
    check = check_book(recording, rows.expected)
    return recording, _report(capture_format, recording, tally, check, inferred)


def _decode(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    instrument: Instrument,
    progress: Progress,
) -> tuple[Rows, Tally]:
    rows, tally = Rows(instrument), Tally()
    match capture_format:
        case CaptureFormat.BINANCE_FUTURES:
            futures = BinanceFutures(instrument, rows, tally)
            decode_lines(Lines(inputs, progress), futures, tally, capture_format)
        case CaptureFormat.BINANCE_SPOT:
            spot = BinanceSpot(instrument, rows, tally)
            decode_lines(Lines(inputs, progress), spot, tally, capture_format)
        case CaptureFormat.HYPERLIQUID:
            frames = Hyperliquid(instrument, rows, tally)
            decode_lines(Lines(inputs, progress), frames, tally, capture_format)
            frames.finish()
        case CaptureFormat.LOBSTER:
            lobster.decode_pair(inputs, instrument, rows, tally, progress)
    tally.rounded_sizes = rows.size.rounded
    return rows, tally


def _instrument(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    options: ImportOptions,
    progress: Progress,
) -> tuple[Instrument, tuple[str, ...]]:
    """The instrument, and which of its fields were found from the data."""
    symbol = options.symbol or _find_symbol(capture_format, inputs)
    known = known_instrument(capture_format, symbol)
    tick_size, lot_size, notional = options.tick_size, options.lot_size, options.min_notional
    if known is not None:
        tick_size = known.tick_size if tick_size is None else tick_size
        lot_size = known.lot_size if lot_size is None else lot_size
        notional = known.min_notional if notional is None else notional
    notional = Decimal(0) if notional is None else notional
    if tick_size is not None and lot_size is not None:
        return Instrument(symbol, tick_size, lot_size, notional), ()
    given = Instrument(
        symbol,
        FINEST_STEP if tick_size is None else tick_size,
        FINEST_STEP if lot_size is None else lot_size,
        notional,
    )
    rows, _ = _decode(capture_format, inputs, given, progress)
    columns = rows.columns()
    found: dict[str, Decimal] = {}
    if tick_size is None:
        found["tick_size"] = _power_of_ten(columns.ticks)
    if lot_size is None:
        found["lot_size"] = _power_of_ten(columns.lots)
    return msgspec.structs.replace(given, **found), tuple(found)


def _power_of_ten(counts: NDArray[np.int64]) -> Decimal:
    """The largest power of ten that divides all of these counts of FINEST_STEP."""
    common = int(np.gcd.reduce(counts)) if len(counts) else 0
    step = FINEST_STEP
    while common and common % 10 == 0:
        common //= 10
        step *= 10
    return Decimal(f"{step.normalize():f}")


def _find_symbol(capture_format: CaptureFormat, inputs: Sequence[Path]) -> str:
    if capture_format is CaptureFormat.LOBSTER:
        symbol = lobster.symbol_of(lobster.pair(inputs)[0])
    else:
        symbol_of = (
            hyperliquid.symbol_of
            if capture_format is CaptureFormat.HYPERLIQUID
            else binance.symbol_of
        )
        symbol = next(_symbols(symbol_of, inputs), None)
    if symbol is None:
        problem = f"not a {capture_format} capture: no symbol in its first lines"
        raise InvalidDataError(inputs[0].name, problem)
    return symbol


def _symbols(symbol_of: Callable[[bytes], str | None], inputs: Sequence[Path]) -> Iterator[str]:
    for _, _, line in islice(Lines(inputs, _no_progress), SYMBOL_SOUGHT_LINES):
        try:
            symbol = symbol_of(line.partition(b" ")[2])
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if symbol:
            yield symbol


def _refuse_mixed(tally: Tally, instrument: Instrument, inputs: Sequence[Path]) -> None:
    """A REST snapshot names no symbol: beside depth of several it could be of any."""
    if not (tally.depth_of_others and tally.kinds["snapshot"]):
        return
    ours, others = instrument.symbol, ", ".join(tally.depth_of_others)
    if tally.kinds["depth"]:
        problem = f"depth of {others} beside that of {ours}, and snapshots that name no symbol:"
        problem += " split the capture by symbol"
    else:
        problem = f"it holds no depth of {ours}, but of {others}"
    raise InvalidDataError(_names(inputs), problem)


def _refuse_wrong_lot(rows: Rows, instrument: Instrument, inputs: Sequence[Path]) -> None:
    sizes = rows.size
    if sizes.rounded > max(ROUNDED_SIZES_MAX, ROUNDED_SHARE_MAX * sizes.converted):
        problem = (
            f"{sizes.rounded} of {sizes.converted} different sizes are no multiple of the lot"
            f" size {instrument.lot_size}: give another --lot-size"
        )
        raise InvalidDataError(_names(inputs), problem)


def _clock_shift(offset_min: int | None) -> int:
    """What to add to receipts so that none comes before its event."""
    if offset_min is None or offset_min >= 0:
        return 0
    return BASE_LATENCY_NS - offset_min


def _event_times(columns: Columns, shift: int) -> NDArray[np.int64]:
    """Event times, with those that the venue did not give put in.

    They are the receipt less the base latency, but no earlier than any event received before,
    and no later than the receipt.
    """
    unstamped = columns.ts_event == UNSTAMPED
    if not unstamped.any():
        return columns.ts_event
    receipts = columns.ts_recv + shift
    latest = np.maximum.accumulate(columns.ts_event)
    guess = np.minimum(np.maximum(receipts - BASE_LATENCY_NS, latest), receipts)
    return np.where(unstamped, guess, columns.ts_event)


def _report(
    capture_format: CaptureFormat,
    recording: Recording,
    tally: Tally,
    check: BookCheck,
    inferred: tuple[str, ...],
) -> ImportReport:
    by_kind = np.bincount(recording.kind, minlength=len(RowKind))
    return ImportReport(
        format=capture_format.value,
        instrument=recording.instrument,
        inferred=inferred,
        lines=tally.lines,
        messages=dict(tally.kinds),
        unknown=dict(tally.unknown),
        malformed=tally.malformed,
        malformed_samples=tuple(tally.samples),
        stale_depth=tally.stale_depth,
        unusable_snapshots=tally.unusable_snapshots,
        late_tickers=tally.late_tickers,
        duplicate_trades=tally.duplicate_trades,
        backlog_trades=tally.backlog_trades,
        missing_trades=tally.missing_trades,
        receipt_reversals=tally.receipt_reversals,
        mismatches=tally.mismatches,
        rounded_sizes=tally.rounded_sizes,
        gaps=tally.gaps,
        crossed=check.crossed,
        tops_compared=check.compared,
        tops_agreed=check.agreed,
        clock_shift_ns=recording.clock_shift_ns,
        span_s=(recording.end - recording.start) / NANOS_PER_SECOND,
        rows=recording.rows,
        rows_by_kind={kind.name: int(by_kind[kind]) for kind in RowKind},
    )


def _names(inputs: Sequence[Path]) -> str:
    return ", ".join(path.name for path in inputs)

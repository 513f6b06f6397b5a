"""From capture files to a Recording, with a report of everything that was noticed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_HOUR
from market_maker.research.book_check import check_book
from market_maker.research.import_report import (
    Assembled,
    ImportReport,
    remarks_of,
    remarks_of_book,
    report_of,
)
from market_maker.research.imported_funding import with_funding
from market_maker.research.instrument_choice import (
    ChosenInstrument,
    GivenSizes,
    choose_instrument,
)
from market_maker.venues.recorded.amounts import counts
from market_maker.venues.recorded.clocks import CaptureClock, bring_together
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.formats import CaptureFormat, find_symbol, read_rows, resolved
from market_maker.venues.recorded.gridding import (
    PackedRows,
    price_counts,
    size_counts,
)
from market_maker.venues.recorded.hyperliquid import BACKLOG_AGE_NS
from market_maker.venues.recorded.instrument_files import InstrumentFacts, read_instrument
from market_maker.venues.recorded.lines import CaptureLines, Progress
from market_maker.venues.recorded.outages import mark_silences
from market_maker.venues.recorded.rows import ExpectedTop, MarketRows, RawColumns

TABLES = (CaptureFormat.TARDIS, CaptureFormat.BINANCE_ARCHIVE)
SPAN_DAYS_MAX = 400
NANOS_PER_DAY = 24 * NANOS_PER_HOUR


class ImportOptions(Struct, frozen=True):
    """What overrides the table of known instruments; None leaves it to the table or the data.
    instrument_file: what the venue says of its instruments. day: of formats whose times count from
    midnight."""

    symbol: str | None = None
    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    min_notional: Decimal | None = None
    instrument_file: Path | None = None
    day: date | None = None


def _no_progress(_done: int, _total: int) -> None:
    """Nothing is shown."""


def import_capture(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    options: ImportOptions,
    progress: Progress = _no_progress,
) -> tuple[Recording, ImportReport]:
    """Decode the files of one capture. Raises InvalidDataError.

    Where there are several, their lines are brought in order of receipt. LOBSTER takes its message
    and its orderbook file.
    """
    capture_format = resolved(capture_format, inputs)
    symbol = options.symbol or _symbol_of(capture_format, inputs)
    given = GivenSizes(options.tick_size, options.lot_size, options.min_notional)
    _check(capture_format, inputs, symbol, given, options.day)
    file = options.instrument_file
    facts = None if file is None else read_instrument(file, symbol)
    rows = MarketRows(CaptureCounts())
    read_rows(capture_format, inputs, symbol, rows, progress, day=options.day)
    _refuse_mixed(rows.counts, symbol, inputs)
    if not rows.has_book:
        held = ", ".join(f"{count:,} {kind}" for kind, count in rows.counts.kinds.most_common(5))
        problem = f"it holds no snapshot of the book of {symbol} that can be used"
        problem += f", but {held}" if held else ""
        if rows.counts.malformed:
            problem += f"; {rows.counts.malformed} lines are malformed ({rows.counts.samples[0]})"
        raise InvalidDataError(_names(inputs), problem)
    try:
        made = _assembled(capture_format, inputs, symbol, rows, given=given, facts=facts)
    except DomainError as error:
        raise InvalidDataError(_names(inputs), str(error)) from None
    days = (made.recording.end - made.recording.start) / NANOS_PER_DAY
    if days > SPAN_DAYS_MAX:
        problem = (
            f"its receipts span {days:,.0f} days: more than {SPAN_DAYS_MAX} are no one capture"
        )
        raise InvalidDataError(_names(inputs), problem)
    check = check_book(made.recording, made.expected)
    remarks = (*made.recording.remarks, *remarks_of_book(check))
    made = msgspec.structs.replace(
        made, recording=msgspec.structs.replace(made.recording, remarks=remarks)
    )
    return made.recording, report_of(capture_format, made, check)


def _check(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    symbol: str,
    given: GivenSizes,
    day: date | None,
) -> None:
    """Before everything is read. Raises InvalidDataError."""
    try:
        given.check(symbol)
    except InvalidFieldError as error:
        raise InvalidDataError(_names(inputs), str(error)) from None
    if day is not None and capture_format is not CaptureFormat.LOBSTER:
        problem = f"date: '{day}' is not allowed; allowed: nothing beside {capture_format}, whose"
        raise InvalidDataError(_names(inputs), f"{problem} times name their day")


def _symbol_of(capture_format: CaptureFormat, inputs: Sequence[Path]) -> str:
    """Raises InvalidDataError where the files name none."""
    symbol = find_symbol(capture_format, inputs)
    if symbol is None:
        problem = f"not a {capture_format} capture, or one that names no symbol: give --symbol"
        if capture_format in TABLES and not any(map(_has_record, inputs)):
            problem = "it holds no record below its header"
        raise InvalidDataError(inputs[0].name, problem)
    return symbol


def _has_record(path: Path) -> bool:
    """Whether there is a second line."""
    lines = iter(CaptureLines([path], _no_progress))
    return len(list(islice((line for line in lines if line.content.strip()), 2))) > 1


def _assembled(
    capture_format: CaptureFormat,
    inputs: Sequence[Path],
    symbol: str,
    rows: MarketRows,
    *,
    given: GivenSizes,
    facts: InstrumentFacts | None,
) -> Assembled:
    """The recording, when everything has been read. Raises InvalidFieldError."""
    columns = rows.columns()
    clock = bring_together(columns.ts_event, columns.ts_recv)
    _drop_backlog(rows, columns, clock)
    packed = PackedRows(columns.kind, columns.price, columns.size)
    chosen = choose_instrument(capture_format, symbol, packed, given, facts)
    instrument = chosen.instrument
    ticks, on_grid, rounded_prices = price_counts(packed, instrument.tick_size, chosen.price_step)
    lots, rounded_sizes = size_counts(packed, chosen.size_step)
    kept = rows.kept() & on_grid
    message = columns.message[kept]
    marked = mark_silences(columns.kind[kept], clock.ts_event[message], clock.ts_recv[message])
    recording = Recording(
        instrument=instrument,
        kind=marked.kind,
        ticks=_spread_out(ticks[kept], marked.source),
        lots=_spread_out(lots[kept], marked.source),
        ts_event=marked.ts_event,
        ts_recv=marked.ts_recv,
        clock_shift_ns=clock.pieces[0].shift_ns,
        origin=f"{capture_format}: {_names(inputs)}",
        remarks=remarks_of(rows.counts, clock, marked),
    )
    return Assembled(
        recording=with_funding(recording, rows.funding, clock.ts_recv),
        counts=rows.counts,
        clock=clock,
        inferred=chosen.inferred,
        rounded_prices=rounded_prices,
        rounded_sizes=rounded_sizes,
        expected=_expected(rows, kept, marked.source, chosen),
        outages=marked.outages,
    )


def _spread_out(column: NDArray[np.int64], source: NDArray[np.int64]) -> NDArray[np.int64]:
    """A column with 0 in the rows that were put in."""
    return np.where(source < 0, 0, column[source])


def _drop_backlog(rows: MarketRows, columns: RawColumns, clock: CaptureClock) -> None:
    """Trades that were old when they came, beside the fastest message of the capture."""
    for suspect in rows.suspects:
        if not len(suspect.rows):
            continue
        receipt = int(clock.ts_recv[columns.message[suspect.rows.start]])
        if receipt - suspect.oldest - clock.fastest > BACKLOG_AGE_NS:
            rows.counts.backlog_trades += len(suspect.rows)
            rows.drop(suspect.rows)


def _expected(
    rows: MarketRows,
    kept: NDArray[np.bool_],
    source: NDArray[np.int64],
    chosen: ChosenInstrument,
) -> tuple[ExpectedTop, ...]:
    """What another feed says of the best levels, in ticks and lots, after rows that are kept.
    source: of each row of the recording its place among those, -1 for one that was put in."""
    if not rows.expected:
        return ()
    ends = np.flatnonzero(source >= 0) + 1  # rows of the recording up to each one kept
    place = np.concatenate(([0], ends))[np.concatenate(([0], np.cumsum(kept)))]
    fields = np.array([msgspec.structs.astuple(top) for top in rows.expected], dtype=np.int64)
    ticks = [counts(fields[:, side], chosen.instrument.tick_size) for side in (1, 3)]
    lots = [counts(fields[:, side], chosen.size_step).rounded_up for side in (2, 4)]
    found = zip(
        place[fields[:, 0]].tolist(),
        ticks[0].whole.tolist(),
        lots[0].tolist(),
        ticks[1].rounded_up.tolist(),
        lots[1].tolist(),
        strict=True,
    )
    return tuple(ExpectedTop(*values) for values in found)


def _refuse_mixed(seen: CaptureCounts, symbol: str, inputs: Sequence[Path]) -> None:
    """A REST snapshot names no symbol: beside depth of several it could be of any."""
    if not (seen.depth_of_others and seen.nameless_snapshots):
        return
    others = ", ".join(seen.depth_of_others)
    if seen.kinds["depth"]:
        problem = f"depth of {others} beside that of {symbol}, and snapshots that name no symbol:"
        problem += " split the capture by symbol"
    else:
        problem = f"it holds no depth of {symbol}, but of {others}"
    raise InvalidDataError(_names(inputs), problem)


def _names(inputs: Sequence[Path]) -> str:
    return ", ".join(path.name for path in inputs)

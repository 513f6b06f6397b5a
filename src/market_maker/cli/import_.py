"""`market_maker import`: captures of market data into one recording."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.progress import Progress as ProgressBar

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.research.import_report import ImportReport
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.research.kernel_cache import prepare_beside
from market_maker.storage.recording import write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from market_maker.venues.recorded.lines import Progress

LINE_EVERY_PERCENT = 10
QUIET_BYTES_MAX = 32 << 20
"""Smaller captures take seconds: without a terminal there is nothing to say before the end."""


_Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="IN...", help="Files of one capture, in any order; plain, gzip, lz4 or zip."
    ),
]
_Output = Annotated[Path, typer.Option("--output", "-o", help="The recording to write.")]
_Format = Annotated[CaptureFormat, typer.Option("--format", help="What IN is; auto finds it.")]
_Symbol = Annotated[
    str | None, typer.Option(help="Take this symbol; else the first one that is named.")
]
_Instrument = Annotated[
    Path | None,
    typer.Option(
        help="What the venue says of its instruments: exchangeInfo, instruments-info, "
        "public/instruments or meta, as JSON.",
    ),
]
_TickSize = Annotated[
    str | None, typer.Option(help="Quote currency; else known, else found from the data.")
]
_LotSize = Annotated[
    str | None, typer.Option(help="Base currency; else known, else found from the data.")
]
_MinNotional = Annotated[
    str | None, typer.Option(help="Smallest order, quote currency; else known, else 0.")
]
_Day = Annotated[
    str | None,
    typer.Option("--date", help="The day of files whose times count from midnight: LOBSTER."),
]
_Force = Annotated[bool, typer.Option("--force", help="Replace an existing recording.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the report as JSON.")]


def command(
    inputs: _Inputs,
    output: _Output,
    capture_format: _Format = CaptureFormat.AUTO,
    symbol: _Symbol = None,
    instrument: _Instrument = None,
    tick_size: _TickSize = None,
    lot_size: _LotSize = None,
    min_notional: _MinNotional = None,
    day: _Day = None,
    force: _Force = False,
    as_json: _Json = False,
) -> None:
    """Turn captured market data into a recording."""
    refuse_output(output, inputs, force=force)
    if symbol is not None and not symbol.strip():
        raise InvalidFieldError("symbol", symbol, "a name")
    options = ImportOptions(
        symbol=symbol,
        tick_size=_decimal("tick-size", tick_size),
        lot_size=_decimal("lot-size", lot_size),
        min_notional=_decimal("min-notional", min_notional),
        instrument_file=instrument,
        day=_day(day),
    )
    prepare_beside()  # what is imported will be replayed
    with _shown_progress() as progress:
        recording, report = import_capture(capture_format, inputs, options, progress)
        size = write_recording(output, recording)
    if as_json:
        shown = {**msgspec.to_builtins(report), "output": str(output), "bytes": size}
        shown["bytes_per_row"] = round(size / report.rows, 3)
        print(msgspec.json.encode(shown).decode())
    else:
        print("\n".join(_summary(report, output, size)))


def refuse_output(output: Path, inputs: list[Path], *, force: bool) -> None:
    """Refuse before the work what could not be written after it. Raises InvalidDataError."""
    problem = None
    if os.path.realpath(output) in map(os.path.realpath, inputs):
        problem = "the output cannot be one of the inputs"
    elif output.is_dir():
        problem = "the output is a folder; name a file"
    elif output.exists() and not output.is_file():
        problem = "the output is a pipe or a device; name a file"
    elif output.exists() and not force:
        problem = "the output exists already; --force replaces it"
    elif not output.parent.is_dir():
        problem = "the output's folder does not exist"
    if problem:
        raise InvalidDataError(str(output), problem)


def _decimal(field: str, text: str | None) -> Decimal | None:
    if text is None:
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        raise InvalidFieldError(field, text, "a decimal, like 0.01") from None


def _day(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise InvalidFieldError("date", text, "a day, like 2012-06-21") from None


@contextmanager
def _shown_progress() -> Iterator[Progress]:
    """A bar on a terminal, else a line now and then; both on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines_of_progress()
        return
    with ProgressBar(console=console, transient=True) as bar:
        task = bar.add_task("Importing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _lines_of_progress() -> Progress:
    shown = 0

    def show(done: int, total: int) -> None:
        nonlocal shown
        percent = 100 * done // max(total, 1)
        if percent < shown:
            shown = 0  # a second pass
        if total > QUIET_BYTES_MAX and percent >= shown + LINE_EVERY_PERCENT:
            shown = percent - percent % LINE_EVERY_PERCENT
            print(f"importing: {percent} % read", file=sys.stderr)

    return show


def _summary(report: ImportReport, output: Path, size: int) -> Iterator[str]:
    yield f"{output}: {report.rows:,} rows, {size:,} bytes, {size / report.rows:.2f} bytes per row"
    yield from _instrument(report.instrument)
    if report.inferred:
        yield f"  found from data {', '.join(report.inferred)}: check them against the venue's"
    yield f"  lines           {report.lines:,}: {_counts(report.messages)}"
    yield f"  span            {report.span_s:,.1f} s"
    yield f"  rows            {_counts(report.rows_by_kind)}"
    yield f"  clock shift     {report.clock_shift_ns:,} ns added to the recorder's stamps"
    yield f"  book            {report.gaps} gaps, {report.crossed} times crossed"
    if report.tops_compared:
        yield (
            f"  best prices     {report.tops_agreed:,} of {report.tops_compared:,} agree with the"
            " book at the same sequence number"
        )
    for remark in report.remarks:
        yield f"  note            {remark}"
    for label, count in _noticed(report):
        if count:
            yield f"  {label:<15} {count:,}"
    if report.left_out:
        yield f"  left out        {_counts(report.left_out)}"
    for sample in report.malformed_samples:
        yield f"  malformed       {sample}"


def _instrument(instrument: Instrument) -> Iterator[str]:
    yield (
        f"  instrument      {instrument.symbol}: tick {instrument.tick_size},"
        f" lot {instrument.lot_size}, minimum notional {instrument.min_notional}"
    )
    if instrument.contract is ContractKind.INVERSE:
        value = f"{instrument.contract_value} {instrument.quote_currency}"
        yield f"  contract        inverse, {value} each"
    for band in instrument.price_grid.bands:
        since, step = instrument.price(band.since), instrument.price(band.step)
        yield f"  prices          from {since.normalize():f} in steps of {step.normalize():f}"


def _noticed(report: ImportReport) -> Iterator[tuple[str, int]]:
    yield "funding paid", report.payments
    yield "malformed lines", report.malformed
    yield "stale depth", report.stale_depth
    yield "old snapshots", report.unusable_snapshots
    yield "late tickers", report.late_tickers
    yield "trades twice", report.duplicate_trades
    yield "trades backlog", report.backlog_trades
    yield "trades missing", report.missing_trades
    yield "receipts back", report.receipt_reversals
    yield "not as the book", report.mismatches
    yield "outages", report.outages
    yield "clock steps", report.clock_steps
    yield "prices left out", report.rounded_prices
    yield "sizes rounded", report.rounded_sizes


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items() if count)

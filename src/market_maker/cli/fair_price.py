"""`market_maker fair-price`: what each source of fair foretells of the mid."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.table import Table

from market_maker.cli import progress
from market_maker.cli import replay_options as options
from market_maker.cli.progress import venue_ready
from market_maker.cli.table_console import table_console
from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.research.fair_accuracy import (
    HORIZONS_S,
    WARMUP_SECONDS,
    FairAccuracy,
    fair_accuracy,
)
from market_maker.research.inverse import as_linear
from market_maker.research.leading import check_overlap
from market_maker.research.resampling import few_blocks
from market_maker.research.wording import NONE, number, percent, signed
from market_maker.storage.recording import read_recording

_Recordings = Annotated[
    list[Path], typer.Argument(metavar="RECORDING...", help="Recordings made by `import`.")
]
_Lead = Annotated[
    Path | None,
    typer.Option(
        help="A recording of another market of the same time: a term of a forecast of its own.",
        metavar="RECORDING",
    ),
]


class FairReport(Struct, frozen=True):
    """What was found of one recording. remarks: what is to be known of its data."""

    recording: str
    symbol: str
    remarks: tuple[str, ...]
    sources: tuple[FairAccuracy, ...]


def command(recordings: _Recordings, lead: _Lead = None, as_json: options.Json = False) -> None:
    """Put what mid, weighted mid, microprice and forecasts said beside what the mid then did."""
    second = None if lead is None else read_recording(lead)
    reports = [_report(path, second) for path in recordings]
    if as_json:
        print(msgspec.json.encode(reports).decode())
        return
    console = table_console()
    for report in reports:
        console.print(_table(report))
        few = few_blocks(report.sources[0].blocks)
        for sentence in (few, *(f"Of {report.recording}: {each}." for each in report.remarks)):
            if sentence:
                console.print(sentence, highlight=False)


def _report(path: Path, lead: Recording | None) -> FairReport:
    rows = read_recording(path)
    symbol = rows.instrument.symbol
    if lead is not None:
        check_overlap(rows, lead)
    linear, _ = as_linear(rows)
    venue_ready(len(linear.ts_recv))
    with progress.shown(f"asking {symbol}") as show:

        def advance(now: Nanos) -> None:
            show(
                (now - rows.start) // NANOS_PER_SECOND, (rows.end - rows.start) // NANOS_PER_SECOND
            )

        found = fair_accuracy(linear, lead, advance)
    if not found:
        least = WARMUP_SECONDS + HORIZONS_S[-1]
        seconds = (rows.end - rows.start) / NANOS_PER_SECOND
        raise InvalidDataError(path.name, f"{seconds:.0f} s long: it takes more than {least:g} s")
    return FairReport(path.name, symbol, rows.remarks, found)


def _table(report: FairReport) -> Table:
    first = report.sources[0]
    title = (
        f"{report.recording}: {first.moves:,} moves, {first.blocks} blocks; slope of the move on "
        "fair less mid (1 is right), R² of that line, and the share of variance that fair takes "
        "away as it stands, with 95 % of block resamples"
    )
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2), header_style="dim")
    for name in ("after", "fair"):
        table.add_column(name)
    for name in ("slope", "of resamples", "R²", "as it stands", "of resamples"):
        table.add_column(name, justify="right")
    for each in report.sources:
        table.add_row(f"{each.horizon_s:g} s", each.source, *_cells(each))
    return table


def _cells(each: FairAccuracy) -> Iterator[str]:
    if each.slope is None or each.r_squared is None:
        yield from (NONE, NONE, NONE)
    else:
        yield number(each.slope, 2)
        yield _bracket(each.slope_low, each.slope_high)
        yield percent(each.r_squared)
    yield percent(each.as_it_stands)
    if each.as_it_stands_low is None:
        yield NONE
    else:
        yield f"{percent(each.as_it_stands_low)} to {percent(each.as_it_stands_high)}"


def _bracket(low: float | None, high: float | None) -> str:
    return NONE if low is None or high is None else f"{signed(low)} to {signed(high)}"

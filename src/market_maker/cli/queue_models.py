"""`market_maker queue-models`: how far the queue models are from market-by-order data."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from msgspec import Struct
from rich.console import Console
from rich.table import Table

from market_maker.cli import replay_options as options
from market_maker.cli.import_ import refuse_output
from market_maker.cli.report_file import write_report
from market_maker.cli.table_console import table_console
from market_maker.model.errors import InvalidDataError
from market_maker.model.shared_fields import shared_fields
from market_maker.research.queue_calibration import (
    EXPONENTS,
    QueueModelError,
    judged,
    probes_of,
)
from market_maker.research.queue_fit import QueueFit, fit_of
from market_maker.research.queue_messages import streams_of
from market_maker.research.wording import number, percent

ARRIVALS_MIN = 10
"""Fewer orders that came to the head of their queue say nothing."""

_Inputs = Annotated[
    list[Path],
    typer.Argument(
        metavar="FILE...",
        help="Market by order, any number of captures: LOBSTER pairs, Databento's mbo, tables of "
        "order events; plain or packed.",
    ),
]
_Out = Annotated[
    Path | None,
    typer.Option("--out", help="Write the fit here, for `replay --queue calibrated --queue-fit`."),
]


class QueueModelReport(Struct, frozen=True, kw_only=True):
    """models: the pessimistic one and the power model by exponent. exponent: with the least mean
    distance; low, high: where 95 % of resamples put it. reason: why a replay refuses the fit, empty
    where it takes it."""

    models: tuple[QueueModelError, ...]
    exponent: float
    low: float
    high: float
    reason: str


def command(
    inputs: _Inputs, out: _Out = None, force: options.Force = False, as_json: options.Json = False
) -> None:
    """Put the fronts of the queue models beside the true ones of market-by-order captures."""
    if out is not None:
        refuse_output(out, inputs, force=force)
    fit, report = report_of(inputs)
    if out is not None:
        write_report(out, msgspec.json.format(msgspec.json.encode(fit)).decode() + "\n")
    if as_json:
        print(msgspec.json.encode(report).decode())
    else:
        _print(report, table_console())


def report_of(inputs: list[Path]) -> tuple[QueueFit, QueueModelReport]:
    """Raises InvalidDataError for what is no market by order, or holds too few orders."""
    streams = streams_of(inputs)
    probes = [probe for _, stream in streams for probe in probes_of(stream)]
    arrivals = sum(probe.arrived is not None for probe in probes)
    if arrivals < ARRIVALS_MIN:
        problem = (
            f"{arrivals} orders came to the head of their queue: at least {ARRIVALS_MIN} have to"
        )
        raise InvalidDataError(" ".join(name for name, _ in streams), problem)
    fit = fit_of([name for name, _ in streams], probes)
    models = tuple(judged(probes, each) for each in (None, *EXPONENTS))
    return fit, QueueModelReport(models=models, **shared_fields(QueueModelReport, fit))


def _print(report: QueueModelReport, console: Console) -> None:
    first = report.models[0]
    title = (
        f"{first.probes:,} orders joined a queue, {first.arrivals:,} came to its head; distance "
        "from the true front as a share of what stood before at first"
    )
    table = Table(title=title, title_justify="left", box=None, padding=(0, 2), header_style="dim")
    table.add_column("model")
    for name in ("distance", "error", "bias", "arrivals seen", "too early", "false"):
        table.add_column(name, justify="right")
    for each in report.models:
        name = "pessimistic" if each.exponent is None else f"exponent {each.exponent:g}"
        shares = (percent(share) for share in (each.found, each.early, each.false))
        distance = (percent(share) for share in (each.front, each.front_error, each.bias))
        table.add_row(name, *distance, *shares)
    console.print(table)
    ends = f"95 % of resamples: {number(report.low, 1)} to {number(report.high, 1)}"
    least = f"least distance at exponent {number(report.exponent, 1)}, {ends}"
    console.print(f"{least}; {EXPONENTS[0]:g} to {EXPONENTS[-1]:g} are tried", highlight=False)
    verdict = (
        f"a replay refuses this fit: {report.reason}"
        if report.reason
        else "a replay takes this fit"
    )
    console.print(verdict, highlight=False)

"""`market_maker parity`: what a pool did live against what a replay says."""

import os
import sys
from typing import Annotated

import msgspec
import typer

from market_maker.cli import replay_options as options
from market_maker.cli.audit import DataDir
from market_maker.cli.moments import moment
from market_maker.cli.parity_table import print_parity
from market_maker.cli.progress import venue_ready
from market_maker.cli.report_file import check_report, write_report
from market_maker.journaling.journal_files import JOURNAL_FOLDER
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.research.live_stretch import lived
from market_maker.research.parity import parity
from market_maker.research.parity_report import render_parity
from market_maker.research.parity_result import result_of
from market_maker.settings import settings_of

_Moment = Annotated[str | None, typer.Option(help="UTC: 2026-11-20T23:15:00Z.", metavar="MOMENT")]


def command(
    symbol: Annotated[str, typer.Option(help="Of the pool, as BTCUSDT-PERP.")],
    since: _Moment = None,
    until: _Moment = None,
    latency_ms: options.LatencyMs = options.DEFAULT_LATENCY_MS,
    entry_latency_ms: options.EntryLatencyMs = None,
    response_latency_ms: options.ResponseLatencyMs = None,
    queue: options.Queue = QueueModel.PROBABILITY.value,
    queue_fit: options.QueueFitPath = None,
    maker_fee_bps: options.MakerFeeBps = "0",
    as_json: options.Json = False,
    report: options.Report = None,
    force: options.Force = False,
    data_dir: DataDir = None,
) -> None:
    """Replay what a pool's journal saw of the market, under the terms a simulation would assume,
    and split the gap to what the pool earned into latency, fees, funding, queue and fills."""
    ways = options.Latencies(latency_ms, "0", entry_latency_ms, response_latency_ms)
    assumed = options.exchange_settings(ways, queue, maker_fee_bps, queue_fit)
    first, last = _span(since, until)
    folder = settings_of(os.environ, data_dir).data_dir / JOURNAL_FOLDER
    check_report(report, folder, force=force)
    found = lived(folder, symbol, first, last)
    venue_ready()
    compared = parity(found.longest, assumed, _nothing)
    result = result_of(found, compared)
    if report is not None:
        write_report(report, render_parity(compared, result))
    if as_json:
        print(msgspec.json.encode(result).decode())
    else:
        print_parity(result)
    if report is not None:
        print(f"report: {report}", file=sys.stderr)


def _span(since: str | None, until: str | None) -> tuple[Nanos | None, Nanos | None]:
    first = None if since is None else moment("--since", since)
    last = None if until is None else moment("--until", until)
    if first is not None and last is not None and first >= last:
        raise InvalidFieldError("--until", until, "a moment after --since")
    return first, last


def _nothing(_done: int) -> None:
    pass

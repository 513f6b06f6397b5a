"""`market_maker record`: a live market of Hyperliquid as recordings for `replay`."""

import asyncio
import os
import sys
from functools import partial
from pathlib import Path
from typing import Annotated

import msgspec
import typer
import uvloop

from market_maker.cli.embedded import checked_seconds
from market_maker.cli.end_requests import on_end_request
from market_maker.cli.maker_arguments import MakerArguments, maker_options
from market_maker.cli.report_file import write_report
from market_maker.clocks import WallClock
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.standalone.capture import META_NAME, MarketRecorder, Pieces, sizes
from market_maker.standalone.log_output import MakerLogger, logs_of
from market_maker.standalone.opening import (
    http_session,
    listed_market,
    market_prefix,
    url_of,
)
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.start_patience import StartPatience
from market_maker.standalone.stopping import MakerStop

MINUTES_MAX = 24 * 60


@maker_options
def command(
    *,
    given: MakerArguments,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="Folder of the recordings.")
    ] = Path("recordings"),
    rotate_minutes: Annotated[
        int, typer.Option(min=1, max=MINUTES_MAX, help="Begin a new recording so often.")
    ] = 60,
    keep_frames: Annotated[
        bool, typer.Option("--keep-frames", help="Keep the frames beside their recording.")
    ] = False,
    seconds: Annotated[
        float | None, typer.Option(help="End by itself so long after it began; else run on.")
    ] = None,
) -> None:
    """Record a live market (book, best prices, trades) into recordings that `replay` and `compare`
    take. What a crash leaves behind is made into a recording at the next start; no key is needed.
    """
    checked_seconds(seconds)
    output.mkdir(parents=True, exist_ok=True)
    settled = given.settle(os.environ)
    clock = WallClock()
    logs = logs_of(settled.settings, clock, (), sys.stdout)
    span = Nanos(rotate_minutes * 60 * NANOS_PER_SECOND)
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            made, problem = runner.run(
                _record(settled.settings, clock, logs.logger(), output, span, keep_frames, seconds)
            )
    finally:
        logs.close()
    typer.echo("\n".join(sizes(made)))
    if problem:
        raise InvalidDataError(str(output), problem)


async def _record(
    settings: MakerSettings,
    clock: WallClock,
    log: MakerLogger,
    folder: Path,
    span: Nanos,
    keep: bool,
    seconds: float | None,
) -> tuple[list[Path], str]:
    """The recordings, and what did not become one."""
    stop = MakerStop(log.warning)
    on_end_request(lambda number: stop.ask(number.name))
    if seconds is not None:
        asyncio.get_running_loop().call_later(seconds, stop.ask, "time is up")
    async with http_session() as http:
        patience = StartPatience(clock, log, stop, settings.start_within_secs)
        asking = partial(listed_market, settings, http, clock)
        market, meta = await patience.until_answered(asking)
        prefix = market_prefix(settings, market)
        described = folder / f"{prefix}.{META_NAME}"
        write_report(described, msgspec.json.encode(meta).decode())
        recorder = MarketRecorder(
            url_of(settings), market.coin, Pieces(folder, prefix, span), clock, log, keep=keep
        )
        return await recorder.run(http, stop, described), recorder.problem

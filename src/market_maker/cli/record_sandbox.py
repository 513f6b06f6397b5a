"""`market_maker record-sandbox`: a recording of the sandbox exchange, made without a capture."""

from pathlib import Path
from typing import Annotated

import typer

from market_maker.cli.import_ import refuse_output
from market_maker.cli.progress import shown
from market_maker.research.kernel_cache import prepare_beside
from market_maker.research.sandbox_recording import record_sandbox
from market_maker.sandbox.listings import listing
from market_maker.storage.recording import write_recording

MINUTES = 30
MINUTES_MAX = 24 * 60


def command(
    output: Annotated[Path, typer.Option("--output", "-o", help="The recording to write.")],
    symbol: Annotated[str, typer.Option(help="An instrument of the sandbox.")] = "BTCUSDT-PERP",
    minutes: Annotated[
        int, typer.Option(min=1, max=MINUTES_MAX, help="Of the market's time.")
    ] = MINUTES,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Same seed, same recording.")] = 1,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing recording.")] = False,
) -> None:
    """Let the sandbox exchange trade with itself and record its book and trades, as fast as the
    machine does: a recording to try `replay`, `compare` and `estimates` on, without a capture."""
    refuse_output(output, [], force=force)
    found = listing(symbol)
    prepare_beside()  # what is recorded will be replayed
    with shown("Recording the sandbox") as progress:
        recording = record_sandbox(found, seed, minutes * 60, progress)
    size = write_recording(output, recording)
    typer.echo(f"{symbol}: {minutes} min, {recording.rows:,} rows, seed {seed}")
    typer.echo(f"wrote {output}: {size:,} bytes")

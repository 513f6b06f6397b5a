"""`market_maker demo`: a pool of three members quotes on the sandbox exchange, in real time."""

import math
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Annotated

import msgspec
import typer

from market_maker.bootstrap import DEMO_SYMBOL, Demo, demo, demo_config
from market_maker.cli.display import Display, display_for
from market_maker.cli.screen import Frame
from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidFieldError
from market_maker.model.lifecycle import Command
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.service.clocks import WallClock
from market_maker.service.summary import Ending, Summary, summarise

STEP = Nanos(10 * NANOS_PER_MS)
"""Between two looks at the market."""
WIND_DOWN_MAX = Nanos(10 * NANOS_PER_SECOND)
"""How long the venue may take to prove that nothing of ours is left."""
SECONDS_MAX = 7 * 86_400
SEED_MAX = 2**32 - 1
OPERATOR = "demo"
EXIT_UNPROVED = 1
EXIT_INTERRUPTED = 130


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after this long; else run until Ctrl-C.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the market: the same seed, the same traders.")] = 1,
    config: Annotated[
        Path | None, typer.Option(help="A pool configuration (TOML) in place of the demo's.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object at the end, nothing else on stdout.")
    ] = False,
) -> None:
    """Quote on the sandbox exchange in real time: no account, no server.

    Ends with every order cancelled and the exchange's own word that none is left.
    """
    length = _length(seconds)
    if not 0 <= seed <= SEED_MAX:
        raise InvalidFieldError("seed", seed, f"a whole number from 0 to {SEED_MAX}")
    pool = demo_config() if config is None else load_pool_config(config, DEMO_SYMBOL)
    clock = WallClock()
    with interrupts() as stop, display_for(sys.stdout, as_json=as_json) as display:
        run = Run(demo(pool, seed, clock.now()), clock, display)
        try:
            summary = run.whole(length, stop)
        except SecondInterruptError:
            display.close()
            print(run.left_behind(), file=sys.stderr)
            raise typer.Exit(EXIT_INTERRUPTED) from None
    if as_json:
        print(msgspec.json.Encoder(decimal_format="number").encode(summary).decode())
    else:
        print(report(summary))
    if summary.failure is not None or summary.open_orders != 0 or not summary.checks.all_hold:
        raise typer.Exit(EXIT_UNPROVED)

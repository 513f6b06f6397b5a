"""`market_maker emulate hyperliquid`: that venue in a process of its own."""

from importlib import import_module
from typing import Annotated

import typer

from market_maker.cli.emulate_serving import Port, run, serve
from market_maker.clocks import ShiftedClock, WallClock
from market_maker.emulators.hyperliquid.faults import CHANCES
from market_maker.emulators.hyperliquid.markets import sandbox_markets
from market_maker.emulators.hyperliquid.opening import (
    TEST_ADDRESS,
    HyperliquidOptions,
    opened,
)
from market_maker.emulators.hyperliquid.server import HyperliquidServer
from market_maker.model.units import NANOS_PER_SECOND, Nanos

USUAL_ACCOUNTS = [f"{TEST_ADDRESS}=100000"]
AHEAD_MAX_S = 366 * 86_400
"""A year."""

Seed = Annotated[int, typer.Option(help="Of the markets and the faults.")]
Accounts = Annotated[
    list[str] | None,
    typer.Option(
        "--account",
        help="An account with so much collateral in every dex. Without any: the address of the "
        "key 0x0123…0123 that client libraries test with, 100000.",
        metavar="ADDRESS=USD",
    ),
]
Agents = Annotated[
    list[str] | None,
    typer.Option("--agent", help="A key that acts for an account.", metavar="ADDRESS=ACCOUNT"),
]
Vaults = Annotated[
    list[str] | None,
    typer.Option("--vault", help="A vault that an account leads.", metavar="ADDRESS=ACCOUNT"),
]
Coins = Annotated[
    list[str] | None, typer.Option("--coin", help="One that is traded. Without any: all are.")
]
Caps = Annotated[
    list[str] | None,
    typer.Option("--oi-cap", help="Another open interest cap.", metavar="COIN=USD"),
]
ScheduleVolume = Annotated[
    float, typer.Option(help="USD traded before scheduleCancel is allowed.", min=0)
]
Limited = Annotated[
    bool, typer.Option("--limits/--no-limits", help="The venue's limits by IP and by address.")
]
Mainnet = Annotated[
    bool,
    typer.Option("--mainnet-signatures", help="Also take actions signed for the main network."),
]
Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        help=f"What goes wrong, and how often: {', '.join(CHANCES)}.",
        metavar="NAME=PROBABILITY",
    ),
]
Frozen = Annotated[
    list[str] | None, typer.Option("--freeze", help="A coin whose books are not streamed.")
]
Recordings = Annotated[
    list[str] | None,
    typer.Option(
        "--recording",
        help="Market data made by `import` instead of simulated traders for a coin; without COIN= "
        "for that of its symbol.",
        metavar="[COIN=]FILE",
    ),
]
RecordingsWait = Annotated[
    bool,
    typer.Option("--recordings-wait", help="They begin when a client subscribes to their book."),
]
FastBook = Annotated[
    int, typer.Option(help="How often fast books are sent; 0: as they change.", min=0)
]
ClockAhead = Annotated[
    float,
    typer.Option(
        help="Seconds that its clock is ahead of this machine's; behind, below 0.",
        min=-AHEAD_MAX_S,
        max=AHEAD_MAX_S,
    ),
]
DelayMs = Annotated[int, typer.Option(help="How long each answer takes.", min=0)]


def hyperliquid(
    *,
    port: Port = 3001,
    seed: Seed = 1,
    accounts: Accounts = None,
    agents: Agents = None,
    vaults: Vaults = None,
    coins: Coins = None,
    oi_caps: Caps = None,
    schedule_volume: ScheduleVolume = 1_000_000,
    limits: Limited = True,
    mainnet: Mainnet = False,
    faults: Faults = None,
    frozen: Frozen = None,
    delay_ms: DelayMs = 0,
    clock_ahead: ClockAhead = 0.0,
    recordings: Recordings = None,
    recordings_wait: RecordingsWait = False,
    fast_book_ms: FastBook = 500,
) -> None:
    """Run a Hyperliquid in a box: /info, /exchange and /ws for any client of that venue. What was
    done is forgotten when it is stopped."""
    options = HyperliquidOptions(
        seed=seed,
        accounts=accounts or USUAL_ACCOUNTS,
        agents=agents or [],
        vaults=vaults or [],
        coins=coins or [],
        oi_caps=oi_caps or [],
        schedule_volume=schedule_volume,
        limits=limits,
        mainnet=mainnet,
        faults=faults or [],
        frozen=frozen or [],
        delay_ms=delay_ms,
        fast_book_ms=fast_book_ms,
    )
    clock = ShiftedClock(WallClock(), Nanos(int(clock_ahead * NANOS_PER_SECOND)))
    markets = sandbox_markets(seed)
    if recordings:
        # The replay venue needs numba, which everything else here does without.
        recorded = import_module("market_maker.emulators.hyperliquid.recorded_markets")
        markets = recorded.recorded_markets(
            recorded.read_all(recordings), markets, waits=recordings_wait
        )
    venue = opened(options, clock.now(), markets)
    said = f"hyperliquid at {{url}} with {len(venue.world.universe.listed)} perpetuals"
    run(serve(HyperliquidServer(venue, clock).app, port, said))

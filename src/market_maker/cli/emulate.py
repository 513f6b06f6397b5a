"""`market_maker emulate`: outside services in processes of their own."""

from typing import Annotated

import typer

from market_maker.cli.emulate_hyperliquid import hyperliquid
from market_maker.cli.emulate_platform import platform
from market_maker.cli.emulate_serving import Port, run, serve
from market_maker.clocks import WallClock
from market_maker.emulators.exchange import Exchange
from market_maker.emulators.server import ExchangeServer, WireFaults
from market_maker.emulators.wallet import TransferBook, WalletFaults, WalletServer
from market_maker.sandbox.listings import LISTINGS

DropAnswers = Annotated[
    float,
    typer.Option(
        help="Probability that a request has its effect and no answer.",
        min=0,
        max=1,
    ),
]
Errors = Annotated[
    float,
    typer.Option(help="Probability of a 503, half of them after the effect.", min=0, max=1),
]

app = typer.Typer(no_args_is_help=True, help="Outside services to develop and test against.")


@app.callback()
def _root() -> None:
    """Take no options of its own."""


@app.command("exchange")
def exchange(
    *,
    port: Port = 3000,
    seed: Annotated[int, typer.Option(help="Of the markets.")] = 1,
    drop_answers: DropAnswers = 0.0,
    errors: Errors = 0.0,
    delay_ms: Annotated[
        int, typer.Option(help="How long each answer about orders takes.", min=0)
    ] = 0,
) -> None:
    """Run the sandbox exchange as an order service. Its markets, orders and positions live until it
    is stopped, whatever happens to those who trade on it."""
    faults = WireFaults(drop=drop_answers, error=errors, delay_ms=delay_ms)
    clock = WallClock()
    server = ExchangeServer(Exchange(LISTINGS, seed, clock.now()), clock, faults, seed)
    said = f"exchange at {{url}} with {len(LISTINGS)} instruments"
    run(serve(server.app, port, said))


@app.command("wallet")
def wallet(
    *,
    port: Port = 3002,
    seed: Annotated[int, typer.Option(help="Of the faults.")] = 1,
    lose_requests: Annotated[
        float,
        typer.Option(help="Probability that a request is cut off before its effect.", min=0, max=1),
    ] = 0.0,
    drop_answers: DropAnswers = 0.0,
    errors: Errors = 0.0,
    delay_ms: Annotated[int, typer.Option(help="How long each answer takes.", min=0)] = 0,
) -> None:
    """Run a wallet that settlements can be paid through: set WALLET_URL to its address. What was
    transferred is forgotten when it is stopped."""
    faults = WalletFaults(lose=lose_requests, drop=drop_answers, error=errors, delay_ms=delay_ms)
    run(serve(WalletServer(TransferBook(), faults, seed).app, port, "wallet at {url}"))


app.command("hyperliquid")(hyperliquid)
app.command("platform")(platform)

"""`market_maker try-hyperliquid`: a Hyperliquid in a box with the maker trading on it."""

import os
import secrets
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from market_maker.cli.embedded import checked_seconds
from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.hyperliquid.keys import SigningKey

COLLATERAL = 100_000
END_WITHIN_S = 40
LINE_MAX = 1_000
SETTINGS = {
    "HYPERLIQUID_METRICS_PORT": "0",
    "HYPERLIQUID_LOG_FORMAT": "compact",
    "HYPERLIQUID_MIN_TRADES": "20",
}


def command(
    seconds: Annotated[
        float | None, typer.Option(help="End by itself after this long; else run until Ctrl-C.")
    ] = None,
    asset: Annotated[str, typer.Option(help="What to trade.")] = "BTC",
    dex: Annotated[str, typer.Option(help="A builder's dex, such as hyna.")] = "",
    seed: Annotated[int, typer.Option(help="Of the markets.")] = 1,
) -> None:
    """Start the emulated venue and `market_maker run` on it, with a throw-away key and nothing but
    loopback. It quotes after some twenty seconds, as it has to see the market first. Everything is
    gone when it ends."""
    checked_seconds(seconds)
    key = secrets.token_hex(32)
    address = SigningKey.from_text(key).address
    with (
        tempfile.TemporaryDirectory(prefix="market_maker-") as folder,
        _emulator(address, seed) as url,
    ):
        typer.echo(f"emulated venue at {url}; throw-away account {address}")
        environ = {
            **{n: v for n, v in os.environ.items() if not n.startswith("HYPERLIQUID_")},
            **SETTINGS,
            "HYPERLIQUID_PRIVATE_KEY": key,
            "HYPERLIQUID_NETWORK": url,
            "HYPERLIQUID_STATE_DIR": folder,
        }
        options = ["--asset", asset, *(["--dex", dex] if dex else [])]
        options += [] if seconds is None else ["--seconds", str(seconds)]
        code = _maker(["run", *options], environ)
    if code:
        raise typer.Exit(code)


@contextmanager
def _emulator(address: str, seed: int) -> Iterator[str]:
    """Its address, while it runs. In a session of its own: Ctrl-C is the maker's."""
    words = ["emulate", "hyperliquid", "--port", "0", "--seed", str(seed)]
    process = subprocess.Popen(  # noqa: S603  ourselves
        [*_ourselves(), *words, "--account", f"{address}={COLLATERAL}"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline(LINE_MAX)
        url = next((word for word in said.split() if word.startswith("http")), None)
        if url is None:
            raise VenueUnavailableError("the emulated venue did not start")
        yield url
    finally:
        process.terminate()
        process.wait(END_WITHIN_S)
        if process.stdout is not None:
            process.stdout.close()


def _maker(words: list[str], environ: dict[str, str]) -> int:
    """Its exit code. It ends in good order by the signals that we are given."""
    process = subprocess.Popen([*_ourselves(), *words], env=environ)  # noqa: S603  ourselves
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda *_: process.terminate())
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            # The terminal sends the signal to the maker, too.
            continue


def _ourselves() -> list[str]:
    return [sys.executable, "-m", "market_maker"]

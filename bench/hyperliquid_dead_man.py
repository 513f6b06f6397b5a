"""The second part of `python -m bench dead_man`: an emulated Hyperliquid, `market_maker run` on it
and a watchdog with an agent's key, each a process of its own; the maker is killed, or stopped."""

import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.processes import Process, ask
from market_maker.venues.hyperliquid.keys import SigningKey

MAKER, AGENT = "07" * 32, "08" * 32
ACCOUNT = SigningKey.from_text(MAKER).address
NETWORK = {"HYPERLIQUID_PRIVATE_KEY": MAKER, "HYPERLIQUID_METRICS_PORT": "0"}
GIVEN_UP_S = 30.0
QUOTING_WITHIN_S = 90.0
OLD_FILLS = 2_000
"""Rows that the venue shows of an account at most."""


class MakerDrill:
    """An emulated venue that goes on, and makers on it that die."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._moments = folder, random.Random(seed)
        agent = f"{SigningKey.from_text(AGENT).address}={ACCOUNT}"
        who = ("--account", f"{ACCOUNT}=100000", "--agent", agent, "--coin", "BTC")
        # What is measured is asked for more often than the venue allows.
        given = ("--port", "0", "--no-limits", "--seed", str(seed), *who)
        self.venue = Process(folder / "venue.log", "emulate", "hyperliquid", *given)
        self.maker = self._run()
        self.data_dir = self._data_dir()

    def _run(self) -> Process:
        return Process(
            self.folder / "maker.log",
            *("run", "--asset", "BTC", "--state-dir", str(self.folder / "state")),
            **NETWORK,
            HYPERLIQUID_NETWORK=self.venue.url,
        )

    def _data_dir(self) -> Path:
        self._quotes()
        (found,) = (self.folder / "state").glob("makers/*/BTC-*")
        return found

    @contextmanager
    def watchdog(self, patience: float) -> Iterator[None]:
        dog = Process(
            self.folder / "watchdog.log",
            *("watchdog", "--patience", str(patience), "--data-dir", str(self.data_dir)),
            HYPERLIQUID_NETWORK=self.venue.url,
            WATCHDOG_HYPERLIQUID_KEY=AGENT,
        )
        try:
            assert dog.process.stdout is not None
            assert "cancels at Hyperliquid" in dog.process.stdout.readline()
            yield
        finally:
            dog.end()

    def dies(self, how: signal.Signals) -> dict[str, Any]:
        """Kill it while it quotes; what was seen until the book was empty."""
        self._quotes()
        time.sleep(self._moments.uniform(0.0, 1.0))
        open_then, fills_then = self._open(), self._fills()
        self.maker.process.send_signal(how)
        died = time.monotonic()
        empty_at = 0.0
        for _ in range(2):
            while self._open():
                assert time.monotonic() - died < GIVEN_UP_S, "orders stand"
                time.sleep(0.005)
            empty_at = empty_at or time.monotonic() - died
        seen = {"open": open_then, "fills": self._fills() - fills_then, "seconds": empty_at}
        self._again()
        return seen

    def unwatched(self, seconds: float) -> dict[str, Any]:
        """The same with nothing beside it."""
        self._quotes()
        open_then, fills_then = self._open(), self._fills()
        self.maker.process.send_signal(signal.SIGKILL)
        time.sleep(seconds)
        return {"open": open_then, "left": self._open(), "fills": self._fills() - fills_then}

    def end(self) -> None:
        self.maker.end()
        self.venue.end()

    def _again(self) -> None:
        self.maker.end()
        self.maker = self._run()

    def _quotes(self) -> None:
        until = time.monotonic() + QUOTING_WITHIN_S
        while not self._open():
            assert self.maker.process.poll() is None, "it ended"
            assert time.monotonic() < until, "it does not quote"
            time.sleep(0.05)

    def _open(self) -> int:
        return len(self._ask("openOrders"))

    def _fills(self) -> int:
        known = self._ask("userFills")
        assert len(known) < OLD_FILLS, "the venue shows no more fills than these"
        return len(known)

    def _ask(self, kind: str) -> Any:
        return ask(f"{self.venue.url}/info", "POST", {"type": kind, "user": ACCOUNT})

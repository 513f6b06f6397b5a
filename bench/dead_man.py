"""The dead man, measured: `python -m bench dead_man`. An exchange, the service and a watchdog, each
a process of its own; the service is killed, or stopped, at random moments while it quotes. Then the
same of a maker on an emulated Hyperliquid.

from death to an empty book   when the exchange says of every account that nothing is open
fills in between              that no process watched
without a watchdog            the same for ten seconds, for comparison: orders that still stand
"""

import argparse
import random
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.hyperliquid_dead_man import MakerDrill
from bench.processes import Process, ask

SYMBOLS = ("BTCUSDT-PERP", "ETHUSDT-PERP")
ACCOUNTS = ("account-acme", "account-beta")
GIVEN_UP_S = 30.0
UNWATCHED_S = 10.0
QUOTING_WITHIN_S = 60.0

POOL = {
    "enabled": True, "gamma": "0.01", "kappa": "200", "tau": "1", "vol_lookback_seconds": 60,
    "num_levels": 3, "level_spacing_bps": "0.5", "min_spread_bps": "0.1", "max_spread_bps": "30",
    "order_size_usdt": "1000", "max_pool_position_usdt": "600000", "max_pool_loss_usdt": "50000",
    "check_staleness": True, "staleness_threshold_ms": "2000", "quote_interval_ms": "20",
    "price_threshold_bps": "0.05", "warmup_samples": 2, "max_messages_per_second": 1000,
}  # fmt: skip
PARTICIPANT = {
    "initial_margin_usdt": "1000000", "max_drawdown_pct": "90", "revenue_model": "KEEP_ALL",
    "revenue_share_pct": "0", "tier": "TIER_3", "enrolled_by": "bench", "notes": "",
}  # fmt: skip


class Drill:
    """An exchange that goes on, and services on it that die."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self._moments = folder, random.Random(seed)
        self.exchange = Process(
            folder / "exchange.log", "emulate", "exchange", "--port", "0", "--seed", str(seed)
        )
        self.service = self._serve()
        for symbol in SYMBOLS:
            self._call("POST", "/pools", {"symbol": symbol, **POOL})
        for account, weight in zip(ACCOUNTS, ("60", "40"), strict=True):
            given = {"user_id": account, "account_id": account, "display_name": account}
            name = self._call("POST", "/participants", PARTICIPANT | given)["participant_id"]
            self._call("POST", f"/participants/{name}/activate", {})
            limits = {"position_limit_usdt": "300000", "max_loss_usdt": "40000"}
            member = {"participant_id": name, "capital_weight_pct": weight, **limits}
            for symbol in SYMBOLS:
                self._call("POST", f"/pools/{symbol}/members", member)

    def _serve(self) -> Process:
        return Process(
            self.folder / "service.log",
            *("serve", "--data-dir", str(self.folder / "data")),
            HTTP_PORT="any",
            METRICS_PORT="any",
            DISABLE_AUTH="true",
            ORDER_SERVICE_URL=self.exchange.url,
        )

    @contextmanager
    def watchdog(self, patience: float) -> Iterator[None]:
        dog = Process(
            self.folder / "watchdog.log",
            *("watchdog", "--patience", str(patience), "--data-dir", str(self.folder / "data")),
            ORDER_SERVICE_URL=self.exchange.url,
        )
        try:
            yield
        finally:
            dog.end()

    def dies(self, how: signal.Signals) -> dict[str, Any]:
        """Kill it while it quotes; what was seen until the book was empty."""
        self._quote()
        time.sleep(self._moments.uniform(0.0, 1.0))
        open_then, fills_then = self._open(), self._fills()
        self.service.process.send_signal(how)
        died = time.monotonic()
        seconds = self._empty_after(died)
        seen = {"open": open_then, "fills": self._fills() - fills_then, "seconds": seconds}
        self.service.end()
        self.service = self._serve()
        return seen

    def unwatched(self, seconds: float) -> dict[str, Any]:
        """The same with nothing beside it."""
        self._quote()
        open_then, fills_then = self._open(), self._fills()
        self.service.process.send_signal(signal.SIGKILL)
        time.sleep(seconds)
        left = {"open": open_then, "left": self._open(), "fills": self._fills() - fills_then}
        self.service.end()
        self.service = self._serve()
        return left

    def end(self) -> None:
        self.service.end()
        self.exchange.end()

    def _quote(self) -> None:
        until = time.monotonic() + QUOTING_WITHIN_S
        for symbol in SYMBOLS:
            while True:
                try:
                    self._call("POST", f"/pools/{symbol}/enable", {})
                    break
                except OSError:
                    assert time.monotonic() < until, "it cannot be enabled"
                    time.sleep(0.1)
        while not all(self._open_on(symbol) for symbol in SYMBOLS):
            assert time.monotonic() < until, "it does not quote"
            time.sleep(0.05)

    def _empty_after(self, died: float) -> float:
        empty_at = 0.0
        for _ in range(2):
            while self._open():
                assert time.monotonic() - died < GIVEN_UP_S, "orders stand"
                time.sleep(0.005)
            empty_at = empty_at or time.monotonic() - died
        return empty_at

    def _call(self, method: str, path: str, body: dict[str, Any]) -> Any:
        return ask(f"{self.service.url}/v1{path}", method, body)

    def _open_on(self, symbol: str) -> int:
        queries = (f"symbol={symbol}&account_id={account}" for account in ACCOUNTS)
        return sum(len(ask(f"{self.exchange.url}/v1/orders?{q}")["orders"]) for q in queries)

    def _open(self) -> int:
        return sum(map(self._open_on, SYMBOLS))

    def _fills(self) -> int:
        return sum(self._fills_of(symbol, account) for symbol in SYMBOLS for account in ACCOUNTS)

    def _fills_of(self, symbol: str, account: str) -> int:
        after = count = 0
        while True:
            query = f"symbol={symbol}&account_id={account}&after={after}"
            page = ask(f"{self.exchange.url}/v1/fills?{query}")["fills"]
            if not page:
                return count
            count, after = count + len(page), page[-1]["trade_id"]


def line(name: str, seen: list[dict[str, Any]]) -> str:
    seconds, fills = [s["seconds"] for s in seen], [s["fills"] for s in seen]
    return (
        f"{name:<10} {len(seen):>3} times  {median(s['open'] for s in seen):>3.0f} open"
        f"  empty after {median(seconds):.2f} s, worst {max(seconds):.2f} s"
        f"  fills {sum(fills) / len(fills):.1f}, most {max(fills)}"
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench dead_man", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--patience", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    patience = f"patience {options.patience} s"
    with tempfile.TemporaryDirectory() as folder:
        drill = Drill(Path(folder), options.seed)
        print(f"dead man at the order service: 2 symbols, 2 members, {patience}", flush=True)
        _measure(drill, options)
    with tempfile.TemporaryDirectory() as folder:
        maker = MakerDrill(Path(folder), options.seed)
        print(f"dead man at Hyperliquid: `run` on BTC, {patience}", flush=True)
        _measure(maker, options)
    return 0


def _measure(drill: Drill | MakerDrill, options: argparse.Namespace) -> None:
    try:
        with drill.watchdog(options.patience):
            for name, how in (("kill -9", signal.SIGKILL), ("SIGSTOP", signal.SIGSTOP)):
                seen = [drill.dies(how) for _ in range(options.rounds)]
                print(line(name, seen), flush=True)
        left = drill.unwatched(UNWATCHED_S)
        print(
            f"unwatched    1 time   {left['open']:>3} open  {left['left']} stand after"
            f" {UNWATCHED_S:.0f} s  fills {left['fills']}",
            flush=True,
        )
    finally:
        drill.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""kill -9 of `market_maker run` at random moments, with a watchdog beside it, at the emulator.

    python -m tests.simulation.hyperliquid_kill_drill --moments 50 [--seed 1]

After each: the watchdog has the book empty within its patience and SLACK_S, and the next run finds
nothing of ours left and quotes again.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from random import Random
from statistics import median

from market_maker.clocks import WallClock
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.e2e.drill import CLIENT, PUT_AWAY_WITHIN_S, address_in, market_maker

MAKER, AGENT = "07" * 32, "08" * 32
ACCOUNT = SigningKey.from_text(MAKER).address
COIN = "BTC"
PATIENCE_S = 1.0
SLACK_S = 60.0
"""For a loaded machine."""

QUOTES_WITHIN_S = 60.0
CONFIG = """
[trading]
target_liquidity = 0.01
max_absolute_position_size = 0.05
[strategy]
min_trades = 0
[strategy.ladder_config]
num_levels = 3
"""


class KillDrill:
    """An emulator and a watchdog that go on, and makers that are killed. worst: of seconds."""

    def __init__(self, folder: Path, seed: int) -> None:
        self._folder, self._moments, self._clock = folder, Random(seed), WallClock()
        agent = f"{SigningKey.from_text(AGENT).address}={ACCOUNT}"
        who = ("--account", f"{ACCOUNT}=100000", "--agent", agent)
        log = folder / "venue.log"
        emulator = ("emulate", "hyperliquid", "--port", "0", "--no-limits", "--coin", COIN)
        self._venue = market_maker(log, *emulator, *who, "--seed", str(seed))
        self._url = address_in(self._venue, log)
        self._state = folder / "state"
        self._config = folder / "market_maker.toml"
        self._config.write_text(CONFIG)
        watched = self._state / "makers" / "custom" / f"{COIN}-{ACCOUNT}"
        watched.mkdir(mode=0o700, parents=True)
        self._dog = market_maker(
            folder / "watchdog.log",
            *("watchdog", "--patience", str(PATIENCE_S), "--data-dir", str(watched)),
            HYPERLIQUID_NETWORK=self._url,
            WATCHDOG_HYPERLIQUID_KEY=AGENT,
        )
        self.seconds: list[float] = []
        self.problems: list[str] = []

    def moment(self) -> None:
        """One maker's life, and what was left of it."""
        maker = market_maker(
            self._folder / "maker.log",
            *("run", "--config", str(self._config), "--network", self._url, "--asset", COIN),
            *("--state-dir", str(self._state), "--metrics-port", "0"),
            HYPERLIQUID_PRIVATE_KEY=MAKER,
        )
        try:
            if not self._until(self._open, QUOTES_WITHIN_S):
                self.problems.append("it does not quote")
                return
            self._clock.sleep(Nanos(int(self._moments.uniform(0, 2) * NANOS_PER_SECOND)))
        finally:
            maker.kill()
            maker.communicate()
        died = self._clock.now()
        if not self._until(lambda: not self._open(), PATIENCE_S + SLACK_S):
            self.problems.append(f"{self._open()} orders stand")
        self.seconds.append((self._clock.now() - died) / NANOS_PER_SECOND)

    def names_are_unique(self) -> bool:
        """Whether no cloid was ever used twice."""
        rows = self._ask("historicalOrders")
        names = {row["order"]["oid"]: row["order"]["cloid"] for row in rows}
        return len(set(names.values())) == len(names)

    def end(self) -> None:
        """Stop what goes on."""
        for process in (self._dog, self._venue):
            process.terminate()
            process.communicate(timeout=PUT_AWAY_WITHIN_S)

    def _ask(self, kind: str):
        return CLIENT.post(f"{self._url}/info", json={"type": kind, "user": ACCOUNT}).json()

    def _open(self) -> int:
        return len(self._ask("openOrders"))

    def _until(self, happened, within_s: float) -> bool:
        since = self._clock.now()
        while not happened():
            if (self._clock.now() - since) / NANOS_PER_SECOND > within_s:
                return False
            self._clock.sleep(Nanos(NANOS_PER_SECOND // 100))
        return True


def kill_drill(folder: Path, moments: int, seed: int) -> KillDrill:
    """All of them, and what did not hold in `problems`."""
    drill = KillDrill(folder, seed)
    try:
        for _ in range(moments):
            drill.moment()
        if not drill.names_are_unique():
            drill.problems.append("a name was used twice")
    finally:
        drill.end()
    return drill


def main() -> int:
    """Exit code 1 when something did not hold."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--moments", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        done = kill_drill(Path(folder), options.moments, options.seed)
    sys.stdout.write(
        f"{len(done.seconds)} kills, patience {PATIENCE_S} s: empty after "
        f"{median(done.seconds):.2f} s, worst {max(done.seconds):.2f} s; "
        f"problems: {done.problems or 'none'}\n"
    )
    return 1 if done.problems else 0


if __name__ == "__main__":
    sys.exit(main())

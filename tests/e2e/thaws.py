"""Workers that are frozen, taken over from, and thaw while their successors quote.

    python -m tests.e2e.thaws --seeds 1-3 --frozen 30

Twice with each seed. First the whole service is frozen and cut off from the database, so that no
one can end it; then a worker is frozen and its edge killed, whose other worker ends by itself: with
an edge a frozen worker is ended (`tests.e2e.cuts`). Another service takes over and quotes, and what
was frozen thaws. What the exchange wrote to its own topic decides: of what thawed no order came, no
slot of a member ever had two live orders, every fill stands in the database once; and the processes
that thawed ended by themselves.
"""

import argparse
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from market_maker.clocks import WallClock
from tests.e2e.cuts import WITHIN_S, S, World, world
from tests.support.tcp_proxy import Cut

STILL_S = 5.0
"""How long the successor is watched after the thaw."""


class Frozen:
    """Processes of a service that stand still."""

    def __init__(self, service: World, *, edge_killed: bool) -> None:
        self.service, self._edge_killed = service, edge_killed
        workers = [service.pid_of(number) for number in (1, 2)]
        self.pids = workers[:1] if edge_killed else [service.process.pid, *workers]
        for pid in self.pids:
            os.kill(pid, signal.SIGSTOP)
        if edge_killed:
            service.kill_nine()
        else:
            service.roads["POSTGRES_URL"].cut(Cut.RESET)

    def thaw(self) -> None:
        """They go on, and find out."""
        if not self._edge_killed:
            self.service.roads["POSTGRES_URL"].heal()
        for pid in self.pids:
            os.kill(pid, signal.SIGCONT)

    def have_ended(self) -> bool:
        """Whether none of them runs any more."""
        if not self._edge_killed:
            self.service.process.poll()
        return not any(map(_runs, self.pids))

    def put_away(self) -> None:
        """Whatever happened."""
        for pid in filter(_runs, self.pids):
            os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


def thaw(folder: Path, seed: int, frozen_s: float, *, edge_killed: bool) -> Iterator[str]:
    """One line for each step. Raises AssertionError."""
    folder.chmod(0o700)
    clock = WallClock()
    with world(folder, seed) as first, ExitStack() as stack:
        second = _successor(first)
        frozen = Frozen(first, edge_killed=edge_killed)
        stack.callback(frozen.put_away)
        began = clock.now()
        second.start()
        stack.callback(second.put_away)
        second.enable()
        second.wait_until_quoting()
        took = (clock.now() - began) / S
        what = "a worker, its edge killed" if edge_killed else "a service"
        yield f"frozen: {what}; another service quotes after {took:.1f} s"
        second.stays_up(max(0.1, frozen_s - took))
        frozen.thaw()
        thawed, stood = clock.now(), (clock.now() - began) / S
        second.until(frozen.have_ended, WITHIN_S, lambda: ("they do not end", first.said()))
        yield f"thawed after {stood:.1f} s, ended {(clock.now() - thawed) / S:.1f} s later"
        second.stays_up(STILL_S)
        second.wait_until_quoting()
        assert {status["state"] for status in second.statuses()} == {"ACTIVE"}
        second.finish()
        orders, fills = second.judge([])
        yield f"seed {seed}: {orders} orders, {fills} fills, all judged right"


def _successor(first: World) -> World:
    other = first.data_dir / "other"
    other.mkdir(mode=0o700)
    second = World(other, first.direct, first.roads, first.topics, first.server)
    second.settings |= first.direct
    return second


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e.thaws", description=__doc__)
    parser.add_argument("--seeds", default="1", help="one, or a range: 1-3")
    parser.add_argument("--frozen", type=float, default=30.0, help="seconds")
    given = parser.parse_args()
    first, _, last = given.seeds.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        for edge_killed in (False, True):
            with tempfile.TemporaryDirectory(prefix="market-maker-thaws-") as name:
                for line in thaw(Path(name), seed, given.frozen, edge_killed=edge_killed):
                    sys.stdout.write(f"{line}\n")
                    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""An event loop whose time passes only while nothing can be done.

Where every task waits and no bytes are on their way, its time leaps to the next timer. What runs on
it does not depend on how fast or how busy the machine is: a second of a loaded machine is as long
as one of an idle machine. Sockets are real, and have to be of this process: of others it would not
know that they are about to answer. While a thread works for it (a disk, a database) its time stands
still.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Coroutine
from contextlib import suppress
from fcntl import ioctl
from termios import TIOCOUTQ
from typing import Any, TypeVar

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from tests.support.patient_loop import CountedThreads, Working

Given = TypeVar("Given")

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)

LEAP_MAX_S = 0.5
"""Before leaps of more than that on end with nothing arriving, what is on its way gets real time to
arrive: what is sent to this machine itself is there at once, but for a machine under load."""

MOMENT_S = 0.001
ON_ITS_WAY_MAX_S = 5.0
"""Of real time: a connection that leads nowhere is on its way for ever."""

CONNECTING = (2, 3)
"""States of TCP in which it is not yet known whether there is a listener."""

SIOCOUTQNSD = 0x894B


class LeapingSelector(Working):
    """time: seconds that passed, all by leaps."""

    def __init__(self) -> None:
        super().__init__()
        self.time = self._arrived = 0.0

    def select(self, timeout: float | None = None):
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.working:
            return super().select(None)
        ready = super().select(0)
        if not ready and self.time + timeout - self._arrived > LEAP_MAX_S:
            ready = self._arriving()
            self._arrived = self.time + timeout
        if ready:
            self._arrived = self.time
        else:
            self.time += timeout
        return ready

    def _arriving(self):
        """What arrives in a moment, or while something is on its way."""
        for _ in range(int(ON_ITS_WAY_MAX_S / MOMENT_S)):
            ready = super().select(MOMENT_S)
            if ready or not any(map(is_on_its_way, self.get_map())):
                break
        return ready


def is_on_its_way(descriptor: int) -> bool:
    """Whether a connection of TCP is being made, or what was sent on it has not arrived yet."""
    if not hasattr(socket, "TCP_INFO"):
        return False
    with suppress(OSError):
        known = socket.socket(fileno=os.dup(descriptor))
        with known:
            if known.family != socket.AF_INET or known.type != socket.SOCK_STREAM:
                return False
            state = known.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)[0]
            return state in CONNECTING or _queued(known, TIOCOUTQ) > _queued(known, SIOCOUTQNSD)
    return False


def _queued(known: socket.socket, which: int) -> int:
    answer = ioctl(known, which, bytes(4))
    return int.from_bytes(answer, sys.byteorder)


class LeapingLoop(CountedThreads):
    """Its `time` starts at 0."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.time


class LoopClock:
    """`start` and the time of the event loop since; each reading is later than the one before."""

    def __init__(self, start: Nanos = NOON) -> None:
        self._loop = asyncio.get_running_loop()
        self._start = self._last = start

    def now(self) -> Nanos:
        passed = int(self._loop.time() * NANOS_PER_SECOND)
        self._last = Nanos(max(self._start + passed, self._last + 1))
        return self._last


def leaping(main: Coroutine[Any, Any, Given]) -> Given:
    """Run it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=LeapingLoop) as runner:
        return runner.run(main)

"""An event loop whose time passes only while nothing can be done.

Where every task waits and no bytes are on their way, its time leaps to the next timer. What runs on
it does not depend on how fast or how busy the machine is: a second of a loaded machine is as long
as one of an idle machine. Sockets are real, and have to be of this process: of others it would not
know that they are about to answer. While a thread works for it (a disk, a database) its time stands
still.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

from market_maker.model.units import NANOS_PER_SECOND, Nanos

Given = TypeVar("Given")

NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)

LEAP_MAX_S = 0.5
"""After leaps of so much on end with nothing arriving, bytes get a moment of real time to arrive:
what is sent to this machine itself is there at once, but for a machine under load."""

MOMENT_S = 0.001


class LeapingSelector(selectors.DefaultSelector):
    """time: seconds that passed, all by leaps. working: threads that work for the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.time = self._arrived = 0.0
        self.working = 0

    def select(self, timeout: float | None = None):
        if timeout is None or timeout <= 0:
            return super().select(timeout)
        if self.working:
            return super().select(None)
        ready = super().select(0)
        if not ready and self.time - self._arrived >= LEAP_MAX_S:
            ready = super().select(MOMENT_S)
            self._arrived = self.time
        if ready:
            self._arrived = self.time
        else:
            self.time += timeout
        return ready


class LeapingLoop(asyncio.SelectorEventLoop):
    """Its `time` starts at 0."""

    def __init__(self) -> None:
        self._leaping = LeapingSelector()
        super().__init__(self._leaping)

    def time(self) -> float:
        return self._leaping.time

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any):
        work = super().run_in_executor(executor, func, *args)
        self._leaping.working += 1
        work.add_done_callback(self._worked)
        return work

    def _worked(self, _work: object) -> None:
        self._leaping.working -= 1


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

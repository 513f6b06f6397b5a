"""An event loop whose time leaves out what the machine takes for itself.

A limit of a second in product code is meant for a database that does not answer, not for a test's
machine that stands still: where it runs out there, a test of something else fails. On this loop a
stall of the process is no longer than BUSY_MAX_S, what has arrived was there before a limit ran
out, and while a thread works for the loop (a database in memory, a file) time goes SLOWLY times
slower. What waits for another process waits in real time, as on any other loop.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar

Given = TypeVar("Given")

BUSY_MAX_S = 0.001
"""No more than that of what a round of the loop takes counts as time."""

SLOWLY = 20
WAITING = ("kafka-", "publisher")
"""Of the names of threads that wait for a broker, all the time: they do not work for the loop."""


class Working(selectors.DefaultSelector):
    """working: threads that work for the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.working = 0


class CountedThreads(asyncio.SelectorEventLoop):
    """Its selector knows how many threads work for it."""

    def __init__(self, known: Working) -> None:
        self._known = known
        super().__init__(known)

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any):
        work = super().run_in_executor(executor, func, *args)
        self._known.working += 1
        work.add_done_callback(self._worked)
        return work

    def _worked(self, _work: object) -> None:
        self._known.working -= 1


class PatientSelector(Working):
    """real: seconds of the machine."""

    def __init__(self, real: Callable[[], float]) -> None:
        super().__init__()
        self._real = real
        self._lost, self._woke = 0.0, real()

    def time(self) -> float:
        """Seconds; within a round of the loop they do not run on for long."""
        return min(self._real(), self._woke + BUSY_MAX_S) - self._lost

    def select(self, timeout: float | None = None):
        began, pace = self._real(), SLOWLY if self.working else 1
        self._lost += max(0.0, began - self._woke - BUSY_MAX_S)
        ready = super().select(timeout * pace if timeout else timeout)
        self._woke = self._real()
        passed = self._woke - began
        self._lost += passed - min(passed / pace, _most(timeout, has_news=bool(ready)))
        return ready


def _most(timeout: float | None, *, has_news: bool) -> float:
    """Seconds that a wait may count as: when news came while the process stood still is not known,
    and the next timer is left as much as it had."""
    if timeout is None:
        return BUSY_MAX_S
    return max(timeout / 2 if has_news else timeout, 0.0)


class PatientLoop(CountedThreads):
    """Its `time` leaves out what the machine takes."""

    def __init__(self) -> None:
        self._patient = PatientSelector(super().time)
        super().__init__(self._patient)

    def time(self) -> float:
        return self._patient.time()

    def run_in_executor(self, executor: Executor | None, func: Callable[..., Any], *args: Any):
        if getattr(executor, "_thread_name_prefix", "").startswith(WAITING):
            return asyncio.SelectorEventLoop.run_in_executor(self, executor, func, *args)
        return super().run_in_executor(executor, func, *args)


def patient(main: Coroutine[Any, Any, Given]) -> Given:
    """Run it to its end on a loop of its own."""
    with asyncio.Runner(loop_factory=PatientLoop) as runner:
        return runner.run(main)

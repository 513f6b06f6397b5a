"""SHUTDOWN_TIMEOUT holds at any load: a thread of its own ends the process when it is over.

The orderly end runs on the event loop, which a loaded machine may starve, and waits for threads
that may hang on a disk or a collector. This does not.
"""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Timer

EXIT_CODE = 1


class HardDeadline:
    """end: what ends the process."""

    def __init__(self, within_s: float, end: Callable[[], object] | None = None) -> None:
        self._end = end or _exit
        self._timer = Timer(within_s, self._end)
        self._timer.daemon = True
        self._started = False

    def start(self) -> None:
        """The time runs from now on; starting again changes nothing."""
        if not self._started:
            self._started = True
            self._timer.start()

    def cancel(self) -> None:
        """The end was orderly."""
        self._timer.cancel()


@contextmanager
def ending_within(
    within_s: float, on_ask: Callable[[Callable[[], None]], None]
) -> Iterator[HardDeadline]:
    """From the moment of asking, what happens inside has so long to end. on_ask: takes what is
    called in that moment."""
    deadline = HardDeadline(within_s)
    on_ask(deadline.start)
    try:
        yield deadline
    finally:
        deadline.cancel()


def _exit() -> None:
    line = '{"level":"error","event":"shutdown not finished within SHUTDOWN_TIMEOUT"}\n'
    # The log's own writer may be what hangs.
    os.write(sys.__stderr__.fileno() if sys.__stderr__ else 2, line.encode())
    os._exit(EXIT_CODE)

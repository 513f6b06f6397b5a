"""Whether who reads what a command prints has left, as `head` does once it has its lines.

Libraries end a command of their own accord then, with code 1 and their own ideas of what becomes of
standard output; and a connection to a server can break with the same error. Copies of both
descriptors say which it was.
"""

import os
import select
import sys
from contextlib import suppress
from types import TracebackType
from typing import Final, Self

STANDARD: Final = (1, 2)
"""Standard output and the error stream."""


class OutputReaders:
    """Those of both streams, from where it is entered on."""

    def __init__(self) -> None:
        self._kept: dict[int, int] = {}

    def __enter__(self) -> Self:
        for stream in STANDARD:
            with suppress(OSError):  # closed from the beginning
                self._kept[stream] = os.dup(stream)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for copy in self._kept.values():
            os.close(copy)
        self._kept.clear()

    def left(self) -> frozenset[int]:
        """The streams that are read no more."""
        return frozenset(stream for stream, copy in self._kept.items() if _is_unread(copy))

    def hang_up(self) -> None:
        """Let what is printed to those that are read no more, by the interpreter's end too, go
        nowhere."""
        for stream in self.left():
            _to_nowhere(stream)
        for written in (sys.stdout, sys.stderr):
            with suppress(OSError, ValueError):
                written.flush()


def drop_unwritten() -> None:
    """Let what standard output does not take go nowhere: the interpreter would try again at its
    end, complain in its own words and end with 120."""
    try:
        sys.stdout.flush()
    except OSError:
        _to_nowhere(1)
        sys.stdout.flush()


def _to_nowhere(stream: int) -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream)
    os.close(nowhere)


def _is_unread(descriptor: int) -> bool:
    poll = select.poll()
    # Of no event: an end that hung up is said all the same.
    poll.register(descriptor, 0)
    return any(found & (select.POLLERR | select.POLLHUP) for _, found in poll.poll(0))

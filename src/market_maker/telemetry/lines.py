"""Writing lines without waiting for the reader.

A full pipe or a full disk stops a writer. The loop that cancels orders must not be that writer,
so a thread of its own is.
"""

import fcntl
import os
import queue
import stat
import threading
from contextlib import suppress
from typing import TextIO

CAPACITY = 10_000
"""Lines that may wait."""
PATIENCE_S = 5.0
"""How long closing waits for the last lines to be written."""


def appending(stream: TextIO) -> None:
    """A file that log rotation empties (copytruncate) is written on from its new end. Standard
    error that a shell sent to a file (2> service.log) would be written on from where it was, behind
    as many zeros as were taken away."""
    with suppress(AttributeError, OSError, ValueError):  # no file at all
        handle = stream.fileno()
        if stat.S_ISREG(os.fstat(handle).st_mode):
            flags = fcntl.fcntl(handle, fcntl.F_GETFL)
            fcntl.fcntl(handle, fcntl.F_SETFL, flags | os.O_APPEND)


class LineWriter:
    """Writes lines to `stream` in the order in which they come. When `capacity` lines wait, a new
    one is given up, and counted; so is one that the stream refuses. dropped: how many. problem: why
    the newest one was, empty when it was written."""

    def __init__(self, stream: TextIO, capacity: int = CAPACITY) -> None:
        appending(stream)
        self._stream = stream
        self._waiting: queue.Queue[str | None] = queue.Queue(capacity)
        self.dropped, self.problem = 0, ""
        self._thread = threading.Thread(target=self._write, name="log-writer", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Never waits."""
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self.dropped += 1

    def close(self) -> None:
        """Write what waits, then end."""
        try:
            self._waiting.put(None, timeout=PATIENCE_S)
        except queue.Full:
            return
        self._thread.join(PATIENCE_S)

    def _write(self) -> None:
        while (line := self._waiting.get()) is not None:
            try:
                self._stream.write(line + "\n")
                if self._waiting.empty():
                    self._flush()
            except (OSError, ValueError) as error:  # the disk is full; the stream was closed
                self.dropped += 1
                self.problem = str(error)
        # The request to end may have been waiting behind the last line.
        with suppress(OSError, ValueError):
            self._flush()

    def _flush(self) -> None:
        try:
            self._stream.flush()
        except (OSError, ValueError) as error:
            self.problem = str(error)
            raise
        self.problem = ""

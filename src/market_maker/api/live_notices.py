"""What happened, for streams: moves between states, fills, records of the audit log, each numbered
and encoded once, and kept for a while for readers that missed some."""

from collections import deque
from collections.abc import Callable
from itertools import islice

import msgspec

from market_maker.model.units import NANOS_PER_SECOND, Nanos

KEPT_FOR = 300 * NANOS_PER_SECOND
"""A reader that was away for less misses nothing."""
KEPT_MAX = 50_000
"""Some 20 MB: as many fills in that time are 166 a second."""


TAIL = b"\n\n"
"""Of an event."""


def head_of(kind: str, number: int) -> bytes:
    """What stands before the content of an event."""
    return b"event: %s\nid: %d\ndata: " % (kind.encode(), number)


def frame_of(kind: str, number: int, content: bytes) -> bytes:
    """One event of text/event-stream, as it is sent."""
    return b"".join((head_of(kind, number), content, TAIL))


class Notice(msgspec.Struct, frozen=True):
    """One thing that happened. number: grows by one with each. at: when it was noted. only: of the
    pool whose readers get it, empty for all readers."""

    number: int
    at: Nanos
    kind: str
    only: str
    frame: bytes


class Notices:
    """The latest of them. now: the service's time. last: the number of the newest one, 0 before
    any."""

    def __init__(self, now: Callable[[], Nanos]) -> None:
        self._now = now
        self._kept: deque[Notice] = deque(maxlen=KEPT_MAX)
        self.last = 0

    def add(self, kind: str, fields: object, *, only: str = "") -> None:
        """One more. fields: as JSON has them."""
        self.last += 1
        frame = frame_of(kind, self.last, msgspec.json.encode(fields))
        at = self._now()
        self._kept.append(Notice(self.last, at, kind, only, frame))
        while self._kept[0].at < at - KEPT_FOR:
            self._kept.popleft()

    def after(self, number: int) -> tuple[Notice, ...] | None:
        """Those after `number`, oldest first; None where some are no longer kept, and for a number
        that never was."""
        count = self.last - number
        if count < 0 or count > len(self._kept):
            return None
        return tuple(islice(reversed(self._kept), count))[::-1]

    def forget(self) -> None:
        """Readers that were away begin anew: what happened meanwhile was not seen here."""
        self._kept.clear()
        self.last += 1

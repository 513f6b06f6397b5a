"""What happened, for streams: moves between states, fills, records of the audit log, each numbered
and encoded once, and kept for a while for readers that missed some."""

from collections import deque
from itertools import islice

import msgspec

NOTICES_KEPT = 2_000
"""The latest, of all kinds."""


def frame_of(kind: str, number: int, content: bytes) -> bytes:
    """One event of text/event-stream, as it is sent."""
    return b"event: %s\nid: %d\ndata: %s\n\n" % (kind.encode(), number, content)


class Notice(msgspec.Struct, frozen=True):
    """One thing that happened. number: grows by one with each. only: of the pool whose readers get
    it, empty for all readers."""

    number: int
    kind: str
    only: str
    frame: bytes


class Notices:
    """The latest of them. last: the number of the newest one, 0 before any."""

    def __init__(self) -> None:
        self._kept: deque[Notice] = deque(maxlen=NOTICES_KEPT)
        self.last = 0

    def add(self, kind: str, fields: object, *, only: str = "") -> None:
        """One more. fields: as JSON has them."""
        self.last += 1
        frame = frame_of(kind, self.last, msgspec.json.encode(fields))
        self._kept.append(Notice(self.last, kind, only, frame))

    def after(self, number: int) -> tuple[Notice, ...] | None:
        """Those after `number`, oldest first; None where some are no longer kept, and for a number
        that never was."""
        count = self.last - number
        if count < 0 or count > len(self._kept):
            return None
        return tuple(islice(self._kept, len(self._kept) - count, None)) if count else ()

    def forget(self) -> None:
        """Readers that were away begin anew: what happened meanwhile was not seen here."""
        self._kept.clear()
        self.last += 1

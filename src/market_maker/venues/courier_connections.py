"""The connections of a courier: made where they are missing, kept in use, and counted."""

import asyncio
import ssl
from collections import deque
from typing import Protocol
from urllib.parse import urlsplit

from msgspec import Struct

from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.courier_line import ENDED, CourierLine, RequestEnds
from market_maker.venues.http import SILENT, why

CONNECTIONS_MAX = 200
"""Of one server; more requests wait for one that is free."""

KEPT_OPEN = 32
"""Connections on which a flood of cancels finds room, also when little has been asked before."""

OPENED_AT_ONCE = 4

KEPT_S = 15.0
"""One that is idle for so long is closed: servers do it too, and what is written then is lost."""

CLOSED = "the service is being left"

REQUEST_TIMEOUT_S = 2.0
"""From the moment a request is asked for, or the answer before its own on the same connection, to
the end of its answer."""

BODY_MAX = 1_000_000


class LineTerms(Struct, frozen=True, kw_only=True):
    """most, kept: how many connections there may be, and how many are where nothing is asked.
    timeout_s: within which one is made, and answers. to: what is at the other end, in one word, by
    which `watch` counts."""

    most: int = CONNECTIONS_MAX
    kept: int = KEPT_OPEN
    timeout_s: float = REQUEST_TIMEOUT_S
    body_max: int = BODY_MAX
    to: str = "order_service"
    watch: ConnectionWatch = UNCOUNTED


USUAL_TERMS = LineTerms()


class Asking(RequestEnds, Protocol):
    """Whose requests the connections carry."""

    def refused(self, problem: str, *, is_last: bool) -> None:
        """A connection could not be made. is_last: and there is no other."""


class CourierConnections:
    """To the server at one address. open: those that can be written to; idle: those of them on
    which everything is answered, the longest first; making: tasks that make one."""

    def __init__(self, url: str, asking: Asking, terms: LineTerms) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, "a checked address"
        self._host = parts.hostname
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._asking, self._terms = asking, terms
        self._kept = min(terms.kept, terms.most)
        self._left = False
        self.open: deque[CourierLine] = deque()
        self.idle: list[CourierLine] = []
        self.making: set[asyncio.Task[None]] = set()

    @property
    def is_busy(self) -> bool:
        """Whether something was written that is not answered."""
        return any(line.waiting for line in self.open)

    def leave(self) -> None:
        """Close them, for good."""
        self._left = True
        for task in tuple(self.making):
            task.cancel()
        for line in tuple(self.open):
            line.fail(CLOSED)

    # which one

    def for_cancel(self) -> CourierLine | None:
        """One that is free, or they take turns."""
        if self.idle:
            return self.idle.pop()
        self.open.rotate()
        return self.open[0] if self.open else None

    def last_used(self) -> CourierLine:
        """Of the idle ones, for an order: it was hardly closed."""
        return self.idle.pop()

    def longest_idle(self) -> CourierLine:
        """For a question, which keeps it in use; what is left of a flood grows old."""
        return self.idle.pop(-1 if len(self.open) > self._kept else 0)

    def not_used(self, line: CourierLine) -> None:
        """It is as idle as it was."""
        self.idle.append(line)

    # how many

    def tend(self) -> None:
        """Close what has been idle for long, and have room for a flood."""
        now = asyncio.get_running_loop().time()
        for line in [each for each in self.idle if now - each.idle_since > KEPT_S]:
            line.fail(ENDED, end=GivenUp.IDLE)
        missing = self._kept - len(self.open) - len(self.making)
        for _ in range(min(missing, OPENED_AT_ONCE)):
            self._make()

    def make_up(self, wanted: int) -> None:
        """So many requests wait for one each."""
        room = self._terms.most - len(self.open) - len(self.making)
        for _ in range(min(wanted - len(self.making), room)):
            self._make()

    def give_up_silent(self, before: float) -> None:
        """Those whose first request began to wait before then, by the loop's clock."""
        for line in [each for each in self.open if each.waiting]:
            if line.waiting[0].since <= before:
                line.fail(ENDED, SILENT, GivenUp.SILENT)

    def _make(self) -> None:
        task = asyncio.get_running_loop().create_task(self._made())
        self.making.add(task)
        task.add_done_callback(self.making.discard)

    async def _made(self) -> None:
        loop, terms, whole = asyncio.get_running_loop(), self._terms, False
        line = CourierLine(self, self._asking, terms.body_max)
        try:
            async with asyncio.timeout(terms.timeout_s):
                await loop.create_connection(lambda: line, self._host, self._port, ssl=self._tls)
            whole = True
        except (OSError, UnicodeError) as error:
            if line.transport is None:
                problem = why(error)
                terms.watch.given_up(terms.to, GivenUp.ENDED, problem)
                is_last = not self.open and len(self.making) <= 1
                self._asking.refused(problem, is_last=is_last)
        finally:
            if line.transport is not None and not whole:
                # Given up in the moment in which it was there: uvloop ends it without a word.
                line.fail(ENDED)

    # what they report

    def opened(self, line: CourierLine) -> None:
        """It can be written to."""
        self._terms.watch.made(self._terms.to)
        self.open.append(line)
        self.is_idle(line)

    def is_idle(self, line: CourierLine) -> None:
        """Everything on it is answered."""
        line.idle_since = asyncio.get_running_loop().time()
        self.idle.append(line)
        self._asking.serve()

    def left(self, line: CourierLine, end: GivenUp, problem: str) -> None:
        """It is not used any more; said again where that is known already."""
        if line in self.open and not self._left:
            self._terms.watch.given_up(self._terms.to, end, problem)
        for place in (self.open, self.idle):
            if line in place:
                place.remove(line)

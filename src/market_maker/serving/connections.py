"""Connections of an HTTP listener: few enough, and none that says nothing for long.

A request that is never finished costs its sender nothing, and us a descriptor. So the head of a
request has to come within HEAD_WITHIN_S, connections are counted in total and by address, and
where a new one finds no room, the oldest that waits for its client makes room for it: for the rest
of a request, head or body, for the next one, or for the client to read. A client that sends whole
requests and reads is served however many others there are.
"""

import asyncio
from collections import Counter
from typing import Any

from msgspec import Struct
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_WITHIN_S = 10.0
"""From connecting, or from the first byte of a further request, to the end of its head."""
DONE_WITHIN_S = 330.0
"""From the head of a request to the last byte of its answer: a reader who does not read holds a
connection no longer. Longer than a stream lasts (api.stream), so that a stream ends by itself."""
READ_WITHIN_S = 30.0
"""How long an answer may wait for its reader to read on."""


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """How many connections at one time: together, and from one address."""

    total: int = 256
    per_address: int = 128


class ConnectionBook:
    """Who is connected to one listener. refused: connections that found no room; evicted: those
    that had to make it."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._by_address: Counter[str] = Counter()
        # In the order in which they began to wait: dict keeps it.
        self._waiting: dict[GuardedProtocol, str] = {}
        self.refused = self.evicted = 0

    def admit(self, address: str) -> bool:
        """Whether there is room for one more, after one has made room where that is needed."""
        if self._by_address[address] >= self._limits.per_address:
            fits = self._evict(address)
        elif self._by_address.total() >= self._limits.total:
            fits = self._evict(None)
        else:
            fits = True
        self.refused += not fits
        return fits

    def opened(self, connection: "GuardedProtocol", address: str) -> None:
        """It counts from now on."""
        self._by_address[address] += 1
        self._waiting[connection] = address

    def waits(self, connection: "GuardedProtocol", address: str) -> None:
        """No request of it is under way any more."""
        self._waiting.pop(connection, None)
        self._waiting[connection] = address

    def works(self, connection: "GuardedProtocol") -> None:
        """A whole request of it is under way: it is not closed for another one."""
        self._waiting.pop(connection, None)

    def closed(self, connection: "GuardedProtocol", address: str) -> None:
        """It counts no longer."""
        self._waiting.pop(connection, None)
        self._by_address[address] -= 1
        if not self._by_address[address]:
            del self._by_address[address]

    def _evict(self, address: str | None) -> bool:
        for connection, where in self._waiting.items():
            if address is None or where == address:
                self.evicted += 1
                connection.cut()
                return True
        return False


class GuardedProtocol(H11Protocol):
    """uvicorn's HTTP/1.1, within the limits of a connection book."""

    def __init__(self, *, book: ConnectionBook, **given: Any) -> None:
        super().__init__(**given)
        self._book = book
        self._address: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._done_by = 0.0

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        peer = transport.get_extra_info("peername")
        address = str(peer[0]) if isinstance(peer, tuple) else ""
        super().connection_made(transport)
        if not self._book.admit(address):
            transport.abort()
            return
        self._address = address
        self._book.opened(self, address)
        self._within(HEAD_WITHIN_S)

    @override
    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self._under_way, self._is_at_work
        super().data_received(data)
        if self._address is None or self.transport.is_closing():
            return
        if self._under_way and not before[0]:
            self._begin_answer()
        elif not self._under_way and self._timer is None:
            self._within(HEAD_WITHIN_S)
        if self._is_at_work and not before[1]:
            self._book.works(self)

    @override
    def on_response_complete(self) -> None:
        if self._address is not None:
            self._book.waits(self, self._address)
            self._within(HEAD_WITHIN_S)
        super().on_response_complete()
        if self._address is not None and self._under_way and not self.transport.is_closing():
            # A further request had come in the same piece.
            self._begin_answer()
            if self._is_at_work:
                self._book.works(self)

    @override
    def pause_writing(self) -> None:
        super().pause_writing()
        if self._address is not None:
            self._book.waits(self, self._address)
            self._within(min(READ_WITHIN_S, self._done_by - self.loop.time()))

    @override
    def resume_writing(self) -> None:
        super().resume_writing()
        if self._address is not None and self._is_at_work:
            self._book.works(self)
            self._within(self._done_by - self.loop.time())

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._forget()
        super().connection_lost(exc)

    def cut(self) -> None:
        """Close it at once, whatever is on its way."""
        self._forget()
        self.transport.abort()

    @property
    def _under_way(self) -> bool:
        # uvicorn has None there before the first request, whatever it declares.
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    @property
    def _is_at_work(self) -> bool:
        """Whether a request of it has come whole and is not answered yet."""
        return self._under_way and not self.cycle.more_body

    def _begin_answer(self) -> None:
        self._done_by = self.loop.time() + DONE_WITHIN_S
        self._within(DONE_WITHIN_S)

    def _within(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = self.loop.call_later(seconds, self.cut)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _forget(self) -> None:
        self._stop_timer()
        if self._address is not None:
            self._book.closed(self, self._address)
            self._address = None

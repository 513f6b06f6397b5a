"""Requests to one HTTP server on connections that are kept, each written when it is asked for.

A kill sends thousands of cancels at once. A cancel therefore waits for nothing: where every
connection is busy it is written behind what waits there already, as HTTP/1.1 allows for a request
that may be repeated (RFC 9112, 9.3.2), and it is written again, once, where its connection ends
before it is answered. Where many wait, those asked for together share a write, which costs most.
An order has a connection to itself, is written once or never, and never later than it may. A
question waits a little while many cancels do: what it would find out is no longer true by then.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.courier_line import (
    ENDED,
    NO_ANSWER,
    Answering,
    CourierLine,
    CourierReply,
    CourierRequest,
    Replies,
    RequestRank,
)
from market_maker.venues.http import SILENT, headers_of, why

CONNECTIONS_MAX = 200
"""Of one server; more requests wait for one that is free."""

KEPT_OPEN = 32
"""Connections on which a flood of cancels finds room, also when little has been asked before."""

OPENED_AT_ONCE = 4
KEPT_S = 15.0
"""One that is idle for so long is closed: servers do it too, and what is written then is lost."""

QUESTIONS_AT_ONCE = 32
"""More would only wait at a server that is slow, and be given up there one by one."""

CANCELS_FIRST = 32
"""While more cancels than this are not answered, no question is asked."""

GIVES_WAY_S = 3.0
"""But after so long: at a server that is slow there are always as many, and what is not asked for
is not known."""

WATCH_S = 0.1
"""How often it is seen whether something was not answered in time."""

REQUEST_TIMEOUT_S = 2.0
"""From the moment a request is asked for, or the answer before its own on the same connection, to
the end of its answer."""

BODY_MAX = 1_000_000
TOO_LATE = "it was not sent in time"
CALLED_OFF = "it was called off before it was sent"
NOT_SENT = (TOO_LATE, CALLED_OFF)
CLOSED = "the service is being left"
SERVER = "order_service"
"""What is at the other end, where connections are counted."""


class Courier:
    """To the server at one address, while it is entered. prefix: before each path. token: sent as a
    bearer token where there is one. watch: where its connections are counted. cancels: that are not
    answered yet; connections: that are open, at most; kept: how many of them are where nothing is
    asked."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        connections: int = CONNECTIONS_MAX,
        timeout_s: float = REQUEST_TIMEOUT_S,
        body_max: int = BODY_MAX,
        gives_way_s: float = GIVES_WAY_S,
        kept: int = KEPT_OPEN,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None, "a checked address"
        self.url, self.token, self.watch = url, token, watch
        self._host, self.prefix = parts.hostname, parts.path.rstrip("/")
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._head = headers_of(url, token)
        self._most, self._timeout_s, self._body_max = connections, timeout_s, body_max
        self._gives_way_s, self._kept = gives_way_s, min(kept, connections)
        self._open: deque[CourierLine] = deque()
        self._idle: list[CourierLine] = []
        self._queues: tuple[deque[CourierRequest], ...] = tuple(deque() for _ in RequestRank)
        self._connecting: set[asyncio.Task[None]] = set()
        self._watching: asyncio.TimerHandle | None = None
        self._left = False
        self._asked = set[CourierRequest]()
        self.cancels = 0

    @property
    def connections(self) -> int:
        """As above."""
        return len(self._open)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left = True
        for task in tuple(self._connecting):
            task.cancel()
        for connection in tuple(self._open):
            connection.fail(CLOSED)
        for queue in self._queues:
            while queue:
                self.unanswered(queue.popleft(), CLOSED, may_repeat=False)
        if self._watching is not None:
            self._watching.cancel()

    def cancel(self, method: str, targets: Sequence[str]) -> Replies:
        """Requests that may be repeated and go before all others."""
        self.cancels += len(targets)
        return self._ask([self._plain(method, each) for each in targets], RequestRank.CANCEL)

    def order(self, target: str, body: bytes, by: float, *, first: bool = False) -> Answering:
        """POST, by then or not at all. first: before the others that wait for a connection."""
        line = f"POST {self.prefix}{target} HTTP/1.1\r\n".encode()
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        content = b"".join((line, self._head, about, body))
        return self._ask([content], RequestRank.ORDER, by, first=first)[0]

    def call_off(self, order: Answering, method: str, target: str) -> Answering | None:
        """An order that is not wanted any more: it is not written where it was not, and is
        cancelled right behind it where it waits for its answer; None where nothing is sent."""
        orders = self._queues[RequestRank.ORDER]
        for request in orders:
            if request.reply is order:
                orders.remove(request)
                request.done(CourierReply(NO_ANSWER, problem=CALLED_OFF))
                return None
        for connection in self._open:
            if connection.waiting and connection.waiting[0].reply is order:
                self.cancels += 1
                answer = asyncio.get_running_loop().create_future()
                content = self._plain(method, target)
                connection.write(CourierRequest(content, RequestRank.CANCEL, answer))
                return answer
        return None

    def question(self, target: str) -> Answering:
        """GET."""
        return self._ask([self._plain("GET", target)], RequestRank.QUESTION)[0]

    def tend(self) -> None:
        """Now and then, while the server answers: close what has been idle for long, and have
        room for a flood."""
        now = asyncio.get_running_loop().time()
        for connection in [each for each in self._idle if now - each.idle_since > KEPT_S]:
            connection.fail(ENDED, end=GivenUp.IDLE)
        missing = self._kept - len(self._open) - len(self._connecting)
        for _ in range(min(missing, OPENED_AT_ONCE)):
            self._connect()

    def _plain(self, method: str, target: str) -> bytes:
        return f"{method} {self.prefix}{target} HTTP/1.1\r\n".encode() + self._head + b"\r\n"

    def _ask(
        self,
        contents: Sequence[bytes],
        urgency: RequestRank,
        by: float | None = None,
        *,
        first: bool = False,
    ) -> Replies:
        loop, queue = asyncio.get_running_loop(), self._queues[urgency]
        requests = [CourierRequest(each, urgency, loop.create_future(), by) for each in contents]
        (queue.extendleft if first else queue.extend)(requests)
        self.serve()
        if self._watching is None:
            self._watching = loop.call_later(WATCH_S, self._watch)
        return [request.reply for request in requests]

    # who goes where

    def serve(self) -> None:
        """Write what can be written, and make the connections that are missing."""
        if self._left:
            return
        cancels, orders, questions = self._queues
        while cancels and (connection := self._for_cancel()) is not None:
            # As many more as wait on each connection already.
            share = min(len(cancels), max(1, (self.cancels - len(cancels)) // len(self._open)))
            connection.write(*[cancels.popleft() for _ in range(share)])
        while self._idle and orders:
            self._write(self._idle.pop(), orders.popleft())
        while self._idle and questions and self._may_ask():
            self._asked.add(questions[0])
            # The one idle longest, which keeps it in use; what is left of a flood grows old.
            rested = self._idle.pop(-1 if len(self._open) > self._kept else 0)
            self._write(rested, questions.popleft())
        wanted = len(cancels) + len(orders)
        if questions and self._may_ask():
            wanted += min(len(questions), QUESTIONS_AT_ONCE - len(self._asked))
        room = self._most - len(self._open) - len(self._connecting)
        for _ in range(min(wanted - len(self._connecting), room)):
            self._connect()

    def _may_ask(self) -> bool:
        """The first of the questions that wait."""
        if len(self._asked) >= QUESTIONS_AT_ONCE:
            return False
        return self.cancels <= CANCELS_FIRST or not self._gives_way(self._queues[-1][0])

    def _gives_way(self, question: CourierRequest) -> bool:
        return question.reply.get_loop().time() - question.asked_at < self._gives_way_s

    def _for_cancel(self) -> CourierLine | None:
        """One that is free, or they take turns."""
        if self._idle:
            return self._idle.pop()
        self._open.rotate()
        return self._open[0] if self._open else None

    def _write(self, connection: CourierLine, request: CourierRequest) -> None:
        if request.is_late:
            request.done(CourierReply(NO_ANSWER, problem=TOO_LATE))
            self._idle.append(connection)
        else:
            connection.write(request)

    def _connect(self) -> None:
        task = asyncio.get_running_loop().create_task(self._connected())
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)

    async def _connected(self) -> None:
        loop, made, whole = asyncio.get_running_loop(), CourierLine(self, self._body_max), False
        try:
            async with asyncio.timeout(self._timeout_s):
                await loop.create_connection(lambda: made, self._host, self._port, ssl=self._tls)
            whole = True
        except (OSError, UnicodeError) as error:
            if made.transport is None:
                self._refused(why(error))
        finally:
            if made.transport is not None and not whole:
                # Given up in the moment in which it was there: uvloop ends it without a word.
                made.fail(ENDED)

    def _refused(self, problem: str) -> None:
        """No connection could be made: one request less waits, and none where it was the last."""
        self.watch.given_up(SERVER, GivenUp.ENDED, problem)
        is_last = not self._open and len(self._connecting) <= 1
        for queue in self._queues:
            while queue:
                self.unanswered(queue.popleft(), problem, may_repeat=False)
                if not is_last:
                    return

    # what connections report

    def opened(self, connection: CourierLine) -> None:
        """It can be written to."""
        self.watch.made(SERVER)
        self._open.append(connection)
        self.is_idle(connection)

    def is_idle(self, connection: CourierLine) -> None:
        """Everything on it is answered. An order has the one used last: it was hardly closed."""
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        self.serve()

    def left(self, connection: CourierLine, end: GivenUp, problem: str) -> None:
        """It is not used any more; said again where that is known already."""
        if connection in self._open and not self._left:
            self.watch.given_up(SERVER, end, problem)
        for place in (self._open, self._idle):
            if connection in place:
                place.remove(connection)

    def answered(self, request: CourierRequest) -> None:
        """Over."""
        self._asked.discard(request)
        if request.urgency is RequestRank.CANCEL:
            self.cancels -= 1
            if self.cancels == CANCELS_FIRST:
                self.serve()

    def unanswered(self, request: CourierRequest, problem: str, *, may_repeat: bool) -> None:
        """Its connection is gone."""
        self._asked.discard(request)
        again = may_repeat and request.urgency is not RequestRank.ORDER and not request.is_repeated
        if again and not self._left and not request.reply.done():
            request.is_repeated, request.since = True, request.reply.get_loop().time()
            self._queues[request.urgency].append(request)
            self.serve()
        else:
            self.answered(request)
            request.done(CourierReply(NO_ANSWER, problem=problem))

    def _watch(self) -> None:
        """What was not answered in time is given up, and its connection with it."""
        loop = asyncio.get_running_loop()
        before = loop.time() - self._timeout_s
        for connection in [each for each in self._open if each.waiting]:
            if connection.waiting[0].since <= before:
                connection.fail(ENDED, SILENT, GivenUp.SILENT)
        _, orders, questions = self._queues
        while orders and orders[0].is_late:
            orders.popleft().done(CourierReply(NO_ANSWER, problem=TOO_LATE))
        if self.cancels > CANCELS_FIRST:
            for question in filter(self._gives_way, questions):
                question.since = loop.time()
        for queue in self._queues:
            while queue and queue[0].since <= before:
                self.unanswered(queue.popleft(), SILENT, may_repeat=False)
        self.serve()
        pending = any(self._queues) or any(each.waiting for each in self._open)
        self._watching = loop.call_later(WATCH_S, self._watch) if pending else None

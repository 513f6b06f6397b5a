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
from enum import IntEnum
from typing import Self, TypeAlias, cast
from urllib.parse import urlsplit

from msgspec import Struct
from typing_extensions import override

from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.http import SILENT, headers_of, why
from market_maker.venues.http_answers import AnswerReader, HttpAnswer, UnreadableAnswerError

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
NO_ANSWER = 0
TOO_LATE = "it was not sent in time"
ENDED = "the connection ended"
CLOSED = "the service is being left"
SERVER = "order_service"
"""What is at the other end, where connections are counted."""


class RequestRank(IntEnum):
    """In which order requests have their turn."""

    CANCEL = 0
    ORDER = 1
    QUESTION = 2


class CourierReply(Struct, frozen=True):
    """status: NO_ANSWER where there was none, for the reason in `problem`."""

    status: int
    body: bytes = b""
    problem: str = ""


Replies: TypeAlias = list[asyncio.Future[CourierReply]]


class _Request:
    """content: all of its bytes. by: nothing of it is written later, by the loop's clock. asked_at:
    when it was asked for; since: when its time began."""

    __slots__ = ("asked_at", "by", "content", "is_repeated", "reply", "since", "urgency")

    def __init__(
        self,
        content: bytes,
        urgency: RequestRank,
        reply: asyncio.Future[CourierReply],
        by: float | None = None,
    ) -> None:
        self.content, self.urgency, self.by, self.reply = content, urgency, by, reply
        self.asked_at = self.since = reply.get_loop().time()
        self.is_repeated = False

    @property
    def is_late(self) -> bool:
        """Whether it must not be written any more."""
        return self.by is not None and self.reply.get_loop().time() > self.by

    def done(self, reply: CourierReply) -> None:
        """Who asked may have gone."""
        if not self.reply.done():
            self.reply.set_result(reply)


class _Connection(asyncio.Protocol):
    """waiting: what was written and is not answered, in this order."""

    def __init__(self, courier: "Courier", body_max: int) -> None:
        self._courier, self._reader = courier, AnswerReader(body_max)
        self.waiting: deque[_Request] = deque()
        self.idle_since = 0.0
        self.transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast("asyncio.WriteTransport", transport)
        # Written at once, not when the loop comes to its end: it may be busy for long.
        self.transport.set_write_buffer_limits(high=0)
        self._courier.opened(self)

    @override
    def data_received(self, data: bytes) -> None:
        try:
            answers = self._reader.feed(data)
        except UnreadableAnswerError as error:
            self.fail(str(error), ENDED, GivenUp.UNREADABLE)
            return
        asked = len(self.waiting)
        for answer in answers[:asked]:
            self._take(answer)
        # What comes unasked would be taken for the answer to the next request.
        unasked = len(answers) > asked or (self._reader.begun and not self.waiting)
        if unasked or self._reader.closes:
            self.fail(ENDED)
        elif answers and not self.waiting:
            self._courier.is_idle(self)

    def _take(self, answer: HttpAnswer) -> None:
        request = self.waiting.popleft()
        if self.waiting:
            self.waiting[0].since = request.reply.get_loop().time()
        self._courier.answered(request)
        request.done(CourierReply(answer.status, answer.body))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        last = self._reader.end()
        if last is not None and self.waiting:
            self._take(last)
        self.fail(ENDED)

    def write(self, *requests: _Request) -> None:
        """Behind whatever waits here."""
        assert self.transport is not None
        self.waiting += requests
        self.transport.write(b"".join([request.content for request in requests]))

    def fail(self, problem: str, of_first: str = "", end: GivenUp = GivenUp.ENDED) -> None:
        """Nothing is expected of it any more: what may be repeated is asked elsewhere. of_first:
        why that is not so for the request whose turn it was; nor is it where a part of its answer
        has come."""
        left, self.waiting = self.waiting, deque()
        self._courier.left(self, end, problem)
        if self.transport is not None:
            self.transport.abort()
        if left and (of_first or self._reader.begun):
            self._courier.unanswered(left.popleft(), of_first or problem, may_repeat=False)
        for request in left:
            self._courier.unanswered(request, problem, may_repeat=True)
        self._courier.serve()


class Courier:
    """To the server at one address, while it is entered. prefix: before each path. token: sent as a
    bearer token where there is one. watch: where its connections are counted. cancels: that are not
    answered yet; connections: that are open, at most."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        connections: int = CONNECTIONS_MAX,
        timeout_s: float = REQUEST_TIMEOUT_S,
        body_max: int = BODY_MAX,
        gives_way_s: float = GIVES_WAY_S,
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
        self._gives_way_s = gives_way_s
        self._open: deque[_Connection] = deque()
        self._idle: list[_Connection] = []
        self._queues: tuple[deque[_Request], ...] = tuple(deque() for _ in RequestRank)
        self._connecting: set[asyncio.Task[None]] = set()
        self._watching: asyncio.TimerHandle | None = None
        self._left = False
        self._asked = set[_Request]()
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

    def order(self, target: str, body: bytes, by: float) -> asyncio.Future[CourierReply]:
        """POST, by then or not at all."""
        line = f"POST {self.prefix}{target} HTTP/1.1\r\n".encode()
        about = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        return self._ask([b"".join((line, self._head, about, body))], RequestRank.ORDER, by)[0]

    def question(self, target: str) -> asyncio.Future[CourierReply]:
        """GET."""
        return self._ask([self._plain("GET", target)], RequestRank.QUESTION)[0]

    def tend(self) -> None:
        """Now and then, while the server answers: close what has been idle for long, and have
        room for a flood."""
        now = asyncio.get_running_loop().time()
        for connection in [each for each in self._idle if now - each.idle_since > KEPT_S]:
            connection.fail(ENDED, end=GivenUp.IDLE)
        missing = min(KEPT_OPEN, self._most) - len(self._open) - len(self._connecting)
        for _ in range(min(missing, OPENED_AT_ONCE)):
            self._connect()

    def _plain(self, method: str, target: str) -> bytes:
        return f"{method} {self.prefix}{target} HTTP/1.1\r\n".encode() + self._head + b"\r\n"

    def _ask(
        self, contents: Sequence[bytes], urgency: RequestRank, by: float | None = None
    ) -> Replies:
        loop = asyncio.get_running_loop()
        requests = [_Request(each, urgency, loop.create_future(), by) for each in contents]
        self._queues[urgency].extend(requests)
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
            rested = self._idle.pop(-1 if len(self._open) > KEPT_OPEN else 0)
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

    def _gives_way(self, question: _Request) -> bool:
        return question.reply.get_loop().time() - question.asked_at < self._gives_way_s

    def _for_cancel(self) -> _Connection | None:
        """One that is free, or they take turns."""
        if self._idle:
            return self._idle.pop()
        self._open.rotate()
        return self._open[0] if self._open else None

    def _write(self, connection: _Connection, request: _Request) -> None:
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
        loop, made, whole = asyncio.get_running_loop(), _Connection(self, self._body_max), False
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
        """No connection was made: one request less waits for one, none where there is no other."""
        self.watch.given_up(SERVER, GivenUp.ENDED, problem)
        is_last = not self._open and len(self._connecting) <= 1
        for queue in self._queues:
            while queue:
                self.unanswered(queue.popleft(), problem, may_repeat=False)
                if not is_last:
                    return

    # what connections report

    def opened(self, connection: _Connection) -> None:
        """It can be written to."""
        self.watch.made(SERVER)
        self._open.append(connection)
        self.is_idle(connection)

    def is_idle(self, connection: _Connection) -> None:
        """Everything on it is answered. An order has the one used last: it was hardly closed."""
        connection.idle_since = asyncio.get_running_loop().time()
        self._idle.append(connection)
        self.serve()

    def left(self, connection: _Connection, end: GivenUp, problem: str) -> None:
        """It is not used any more; said again where that is known already."""
        if connection in self._open and not self._left:
            self.watch.given_up(SERVER, end, problem)
        for place in (self._open, self._idle):
            if connection in place:
                place.remove(connection)

    def answered(self, request: _Request) -> None:
        """It is over."""
        self._asked.discard(request)
        if request.urgency is RequestRank.CANCEL:
            self.cancels -= 1
            if self.cancels == CANCELS_FIRST:
                self.serve()

    def unanswered(self, request: _Request, problem: str, *, may_repeat: bool) -> None:
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

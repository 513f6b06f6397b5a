"""Requests to one HTTP server on connections that are kept, each written when it is asked for.

A kill sends thousands of cancels at once. A cancel therefore waits for nothing: where every
connection is busy it is written behind what waits there already, as HTTP/1.1 allows for a request
that may be repeated (RFC 9112, 9.3.2), and it is written again, once, where its connection ends
before it is answered. Where many wait, those asked for together share a write, which costs most.
An order has a connection to itself, is written once or never, and never later than it may. A
question waits a little while many cancels do: what it would find out is no longer true by then.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from typing import Self
from urllib.parse import urlsplit

from market_maker.venues.courier_connections import (
    CLOSED,
    USUAL_TERMS,
    CourierConnections,
    LineTerms,
)
from market_maker.venues.courier_line import (
    NO_ANSWER,
    Answering,
    CourierLine,
    CourierReply,
    CourierRequest,
    Replies,
    RequestRank,
)
from market_maker.venues.http import SILENT, headers_of

QUESTIONS_AT_ONCE = 32
"""More would only wait at a server that is slow, and be given up there one by one."""

CANCELS_FIRST = 32
"""While more cancels than this are not answered, no question is asked."""

GIVES_WAY_S = 3.0
"""But after so long: at a server that is slow there are always as many, and what is not asked for
is not known."""

WATCH_S = 0.1
"""How often it is seen whether something was not answered in time."""

TOO_LATE = "it was not sent in time"
CALLED_OFF = "it was called off before it was sent"
NOT_SENT = (TOO_LATE, CALLED_OFF)


class Courier:
    """To the server at one address, while it is entered. token: sent as a bearer token where there
    is one. prefix: before each path. lines: its connections, counted by `watch`. cancels: that are
    not answered yet."""

    def __init__(
        self,
        url: str,
        *,
        token: str | None = None,
        gives_way_s: float = GIVES_WAY_S,
        terms: LineTerms = USUAL_TERMS,
    ) -> None:
        self.url, self.token, self.prefix = url, token, urlsplit(url).path.rstrip("/")
        self._head = headers_of(url, token)
        self.watch, self._timeout_s, self._gives_way_s = terms.watch, terms.timeout_s, gives_way_s
        self._queues: tuple[deque[CourierRequest], ...] = tuple(deque() for _ in RequestRank)
        self._watching: asyncio.TimerHandle | None = None
        self._left = False
        self._asked = set[CourierRequest]()
        self.lines = CourierConnections(url, self, terms)
        self.cancels = 0

    @property
    def connections(self) -> int:
        """That are open."""
        return len(self.lines.open)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._left = True
        self.lines.leave()
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
        for line in self.lines.open:
            if line.waiting and line.waiting[0].reply is order:
                self.cancels += 1
                answer = asyncio.get_running_loop().create_future()
                line.write(CourierRequest(self._plain(method, target), RequestRank.CANCEL, answer))
                return answer
        return None

    def question(self, target: str) -> Answering:
        """GET."""
        return self._ask([self._plain("GET", target)], RequestRank.QUESTION)[0]

    def tend(self) -> None:
        """Now and then, while the server answers."""
        self.lines.tend()

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
        """Write what can be written, and have the connections made that are missing."""
        if self._left:
            return
        cancels, orders, questions = self._queues
        lines = self.lines
        while cancels and (line := lines.for_cancel()) is not None:
            # As many more as wait on each connection already.
            share = min(len(cancels), max(1, (self.cancels - len(cancels)) // len(lines.open)))
            line.write(*[cancels.popleft() for _ in range(share)])
        while lines.idle and orders:
            self._write(lines.last_used(), orders.popleft())
        while lines.idle and questions and self._may_ask():
            self._asked.add(questions[0])
            self._write(lines.longest_idle(), questions.popleft())
        wanted = len(cancels) + len(orders)
        if questions and self._may_ask():
            wanted += min(len(questions), QUESTIONS_AT_ONCE - len(self._asked))
        lines.make_up(wanted)

    def _may_ask(self) -> bool:
        """The first of the questions that wait."""
        if len(self._asked) >= QUESTIONS_AT_ONCE:
            return False
        return self.cancels <= CANCELS_FIRST or not self._gives_way(self._queues[-1][0])

    def _gives_way(self, question: CourierRequest) -> bool:
        return question.reply.get_loop().time() - question.asked_at < self._gives_way_s

    def _write(self, line: CourierLine, request: CourierRequest) -> None:
        if request.is_late:
            request.done(CourierReply(NO_ANSWER, problem=TOO_LATE))
            self.lines.not_used(line)
        else:
            line.write(request)

    # what becomes of requests

    def refused(self, problem: str, *, is_last: bool) -> None:
        """One request less waits for a connection, and none where there is no other."""
        for queue in self._queues:
            while queue:
                self.unanswered(queue.popleft(), problem, may_repeat=False)
                if not is_last:
                    return

    def answered(self, request: CourierRequest) -> None:
        """It is over."""
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
        self.lines.give_up_silent(before)
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
        pending = any(self._queues) or self.lines.is_busy
        self._watching = loop.call_later(WATCH_S, self._watch) if pending else None

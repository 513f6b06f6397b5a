"""One connection of a courier: requests out, their answers in, in this order."""

import asyncio
from collections import deque
from enum import IntEnum
from typing import Protocol, TypeAlias, cast

from msgspec import Struct
from typing_extensions import override

from market_maker.ports.connections import GivenUp
from market_maker.venues.http_answers import AnswerReader, HttpAnswer, UnreadableAnswerError

NO_ANSWER = 0
ENDED = "the connection ended"


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


Answering: TypeAlias = asyncio.Future[CourierReply]
Replies: TypeAlias = list[Answering]


class CourierRequest:
    """content: all of its bytes. by: nothing of it is written later, by the loop's clock. asked_at:
    when it was asked for; since: when its time began."""

    __slots__ = ("asked_at", "by", "content", "is_repeated", "reply", "since", "urgency")

    def __init__(
        self, content: bytes, urgency: RequestRank, reply: Answering, by: float | None = None
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


class RequestEnds(Protocol):
    """Where it is said what becomes of requests."""

    def serve(self) -> None:
        """Write what can be written."""

    def answered(self, request: CourierRequest) -> None:
        """It is over."""

    def unanswered(self, request: CourierRequest, problem: str, *, may_repeat: bool) -> None:
        """Its connection is gone."""


class LineEnds(Protocol):
    """Where it is said what becomes of connections."""

    def opened(self, line: "CourierLine") -> None:
        """It can be written to."""

    def is_idle(self, line: "CourierLine") -> None:
        """Everything on it is answered."""

    def left(self, line: "CourierLine", end: GivenUp, problem: str) -> None:
        """It is not used any more; said again where that is known already."""


class CourierLine(asyncio.Protocol):
    """waiting: what was written and is not answered, in this order."""

    def __init__(self, lines: LineEnds, requests: RequestEnds, body_max: int) -> None:
        self._lines, self._requests, self._reader = lines, requests, AnswerReader(body_max)
        self.waiting: deque[CourierRequest] = deque()
        self.idle_since = 0.0
        self.transport: asyncio.WriteTransport | None = None

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self.transport = cast("asyncio.WriteTransport", transport)
        # Written at once, not when the loop comes to its end: it may be busy for long.
        self.transport.set_write_buffer_limits(high=0)
        self._lines.opened(self)

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
            self._lines.is_idle(self)

    def _take(self, answer: HttpAnswer) -> None:
        request = self.waiting.popleft()
        if self.waiting:
            self.waiting[0].since = request.reply.get_loop().time()
        self._requests.answered(request)
        request.done(CourierReply(answer.status, answer.body))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        last = self._reader.end()
        if last is not None and self.waiting:
            self._take(last)
        self.fail(ENDED)

    def write(self, *requests: CourierRequest) -> None:
        """Behind whatever waits here."""
        assert self.transport is not None
        self.waiting += requests
        self.transport.write(b"".join([request.content for request in requests]))

    def fail(self, problem: str, of_first: str = "", end: GivenUp = GivenUp.ENDED) -> None:
        """It is given up: what may be repeated is asked elsewhere. of_first: why that is not so for
        the request whose turn it was; nor is it where a part of its answer has come."""
        left, self.waiting = self.waiting, deque()
        self._lines.left(self, end, problem)
        if self.transport is not None:
            self.transport.abort()
        if left and (of_first or self._reader.begun):
            self._requests.unanswered(left.popleft(), of_first or problem, may_repeat=False)
        for request in left:
            self._requests.unanswered(request, problem, may_repeat=True)
        self._requests.serve()

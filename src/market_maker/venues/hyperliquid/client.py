"""Requests to /info and /exchange: bounded in time, in size and in weight."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any

import aiohttp
from msgspec import Struct

from market_maker.model.errors import (
    InvalidDataError,
    VenueRefusedError,
    VenueUnavailableError,
)
from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.venues.conversation import REQUESTS, Conversation
from market_maker.venues.courier import TOO_LATE, Courier
from market_maker.venues.courier_connections import LineTerms
from market_maker.venues.courier_line import CourierReply
from market_maker.venues.http import bounded
from market_maker.venues.hyperliquid.addresses import MAINNET_URL, server_url
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.exchange_wire import ActionAnswer, action_answer
from market_maker.venues.hyperliquid.info import Question, answer_of, weight_of
from market_maker.venues.hyperliquid.signing import Network, SignedRequest, body

REQUEST_TIMEOUT_S = 3.0
"""From the first byte of a request to the last of its answer."""

BODY_MAX = 20_000_000
"""Bytes of one answer: all spot markets are some hundred thousand."""

WAIT_MAX = Nanos(60 * NANOS_PER_SECOND)
"""How long a question waits for weight before it is given up."""

WAIT_STEP_S = 0.25

ACTIONS_AT_ONCE = 100
"""Connections for actions: an answer takes the venue some tenths of a second."""

KEPT_OPEN = 8
"""Of them, so that what stops eight hundred orders is written at once."""

ACTIONS = "hyperliquid_actions"
"""What is at the other end of them, where connections are counted."""

_LIMITED = 429
_SERVER_ERROR = 500
_ITS_WORDS = (400, 422, _LIMITED)
"""What the venue refuses with; other statuses come from something before it, or of a fault."""
_DID_NOTHING = (400, 401, 403, 404, 405, 411, 413, 414, 415, 422)
"""Statuses of an action that are given before anything is done. All others prove nothing: a 408 may
come from something between us and the venue, after the effect."""


class Delivery(Enum):
    """What came of an action. ANSWERED: the venue said what it did. REFUSED: it did nothing.
    LIMITED: the same, for the venue says that too much was sent. HELD: not sent, for our own budget
    does not allow it. UNKNOWN: nothing is proved."""

    ANSWERED = "answered"
    REFUSED = "refused"
    LIMITED = "limited"
    HELD = "held"
    UNKNOWN = "unknown"


class Delivered(Struct, frozen=True):
    """answer: with ANSWERED. problem: in words, with the others."""

    delivery: Delivery
    answer: ActionAnswer = ActionAnswer()
    problem: str = ""


class Rest:
    """One server. Follows no redirects, sends no cookies; never shows what it signs with, for it
    does not have it. An action has a connection to itself and is written once, at once where there
    is one, beside the questions; `tend` and `hang_up` are for who sends many. on_limited: called
    when the venue answers a question with 429, which is then asked again when the pause is over,
    for WAIT_MAX; without it the question fails at once. conversation: notified of every answer and
    every failure. watch: where connections for actions are counted."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        budget: WeightBudget,
        timeout_s: float = REQUEST_TIMEOUT_S,
        *,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        self.url, self.budget = server_url("base_url", url), budget
        self._session, self._clock = session, clock
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._terms = LineTerms(
            most=ACTIONS_AT_ONCE,
            kept=KEPT_OPEN,
            timeout_s=timeout_s,
            body_max=BODY_MAX,
            to=ACTIONS,
            watch=watch,
        )
        self._courier = self._made()
        self.conversation = Conversation(shown_url(self.url), clock)
        self.on_limited: Callable[[], None] | None = None

    async def hang_up(self) -> None:
        """Close the connections for actions: what is not answered is not known."""
        before, self._courier = self._courier, self._made()
        async with before:
            pass

    def _made(self) -> Courier:
        return Courier(self.url, terms=self._terms)

    def tend(self) -> None:
        """Now and then: have connections ready for actions, while the venue answers."""
        if not self.conversation.is_broken:
            self._courier.tend()

    @property
    def network(self) -> Network:
        """For whom to sign."""
        return Network.MAINNET if self.url == MAINNET_URL else Network.TESTNET

    async def ask(self, question: Question[Any], *, urgent: bool = False) -> Any:
        """The answer. Raises VenueUnavailableError: none came in time, or not what it should be;
        VenueRefusedError: the venue does not understand the question."""
        name = question.type
        status, raw = await self._posted(question, urgent=urgent)
        if status == _LIMITED:
            raise VenueUnavailableError(f"{name}: too many requests (HTTP 429)")
        if status is None or status >= _SERVER_ERROR:
            raise VenueUnavailableError(f"{name}: {f'HTTP {status}' if status else 'no answer'}")
        if not _fine(status):
            raise VenueRefusedError(f"{name}: HTTP {status}: {raw[:200].decode(errors='replace')}")
        self.budget.answered()
        try:
            answer = answer_of(name, raw)
        except InvalidDataError as error:
            self.conversation.failed(REQUESTS, f"{name}: not the answer that it should be")
            raise VenueUnavailableError(str(error)) from None
        self.conversation.heard(REQUESTS)
        self.budget.add(self._clock.now(), weight_of(name, answer))
        return answer

    async def _posted(self, question: Question[Any], *, urgent: bool) -> tuple[int | None, bytes]:
        """Status and body; after a 429 once more, where that is waited for."""
        began = self._clock.now()
        while True:
            await self._weigh(question.weight, urgent=urgent)
            status, raw = await self._post("/info", question.body())
            if status != _LIMITED:
                return status, raw
            self.budget.refused(self._clock.now())
            if self.on_limited is None or self._clock.now() - began > WAIT_MAX:
                return status, raw
            self.on_limited()

    def act(
        self, request: SignedRequest, weight: int, *, urgent: bool = False
    ) -> Awaitable[Delivered]:
        """Send an action once: it is never sent again by itself. It is written before this returns
        where a connection is free, else as soon as one is, urgent ones first."""
        now = self._clock.now()
        if self.budget.take(now, weight, urgent=urgent):
            return self._not_sent(now)
        by = asyncio.get_running_loop().time() + self._terms.timeout_s
        return self._delivered(self._courier.order("/exchange", body(request), by, first=urgent))

    async def _delivered(self, answering: Awaitable[CourierReply]) -> Delivered:
        reply = await answering
        status, raw = reply.status or None, reply.body
        if reply.problem == TOO_LATE:
            return Delivered(Delivery.HELD, problem="no connection to the venue in time")
        self._note("/exchange", status)
        if status == _LIMITED:
            self.budget.refused(self._clock.now())
            return Delivered(Delivery.LIMITED, problem="too many requests (HTTP 429)")
        if status is None or not (_fine(status) or status in _DID_NOTHING):
            # It may have arrived before its answer was lost.
            return Delivered(Delivery.UNKNOWN, problem=f"HTTP {status}" if status else "no answer")
        if not _fine(status):
            text = raw[:200].decode(errors="replace")
            return Delivered(Delivery.REFUSED, problem=f"HTTP {status}: {text}")
        self.budget.answered()
        try:
            answer = action_answer(raw)
        except InvalidDataError as error:
            self.conversation.failed(REQUESTS, "/exchange: not the answer that it should be")
            return Delivered(Delivery.UNKNOWN, problem=str(error))
        self.conversation.heard(REQUESTS)
        return Delivered(Delivery.ANSWERED, answer)

    async def _not_sent(self, now: Nanos) -> Delivered:
        if self.budget.is_pausing(now):
            return Delivered(Delivery.LIMITED, problem="too many requests: pausing after a 429")
        return Delivered(Delivery.HELD, problem="our own weight budget is used up")

    async def _weigh(self, weight: int, *, urgent: bool) -> None:
        began = self._clock.now()
        while wait := self.budget.take(self._clock.now(), weight, urgent=urgent):
            if self._clock.now() - began > WAIT_MAX:
                raise VenueUnavailableError("our own weight budget is used up")
            # A pause may end earlier than it was said to.
            await asyncio.sleep(min(wait / NANOS_PER_SECOND, WAIT_STEP_S))

    async def _post(self, path: str, payload: bytes) -> tuple[int | None, bytes]:
        """Status and body; None when there was no answer."""
        try:
            async with self._session.post(
                self.url + path,
                data=payload,
                headers={"Content-Type": "application/json"},
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                status, content = answer.status, await bounded(answer.content.iter_any(), BODY_MAX)
        except (aiohttp.ClientError, TimeoutError, OSError):
            status, content = None, b""
        self._note(path, status)
        return status, content

    def _note(self, path: str, status: int | None) -> None:
        """What the status alone proves: a redirect and a 5xx are not the venue's word; whose word
        a success is, its body says."""
        if status is None:
            self.conversation.failed(REQUESTS, f"{path}: no answer")
        elif status in _ITS_WORDS:
            self.conversation.heard(REQUESTS)
        elif not _fine(status):
            self.conversation.failed(REQUESTS, f"{path}: HTTP {status}")


def _fine(status: int) -> bool:
    return 200 <= status < 300  # noqa: PLR2004  what HTTP calls success

"""Requests to an order service: bounded in time and size, and judged by one table."""

import asyncio
from collections.abc import Sequence
from enum import Enum
from urllib.parse import quote, urlencode

import aiohttp
import msgspec

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.shown_url import shown_url
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.base_url import base_url
from market_maker.venues.conversation import REQUESTS, Conversation
from market_maker.venues.courier import NOT_SENT, Courier
from market_maker.venues.courier_connections import (
    CONNECTIONS_MAX,
    REQUEST_TIMEOUT_S,
    LineTerms,
)
from market_maker.venues.courier_line import Answering, CourierReply
from market_maker.venues.http import Answer, decoded, why
from market_maker.venues.order_service.wire import BODY_MAX, OrderInfo, OrderPage, WireOrder

HEARTBEAT_S = 2.0
"""How often a silent stream is asked for a sign of life; it is given up when none comes within half
of that."""

HANDSHAKE_S = 5.0
"""How long a stream may take to be opened."""


SENT_WITHIN_S = 0.8
"""How long after its submission an order may be written to its connection: less than what is left
of a lease when it is checked last (execution.symbol_lease.MARGIN). A process that is frozen in
between must not send it when it thaws."""


LISTS = "lists"
"""The channel of questions whose answers are read: a service that receives orders may still not
answer them."""


class AnswerProof(Enum):
    """What an answer proves. RECEIVED: the service has it, the stream reports the rest. REFUSED: it
    will have no effect. NOT_LET_IN: the same, for the credential is none, or no more. LIMITED: the
    same, for there were too many. LATE: the same, for it was not sent: its connection was not there
    in time, or it was called off. GONE: the service knows no order of that name. UNKNOWN:
    nothing."""

    RECEIVED = "received"
    REFUSED = "refused"
    NOT_LET_IN = "not let in"
    LIMITED = "limited"
    LATE = "late"
    GONE = "gone"
    UNKNOWN = "unknown"


RECEIVED = (200, 201, 202)
_LIMITED = 429
STREAM = "order_service_stream"
"""What is at the other end of a stream, where connections are counted."""
SYMBOL_STREAM = "order_service_symbol"
"""The same for that of one symbol, which has no connection to itself."""

NOT_LET_IN = (401, 403, 407)
"""Statuses that say that the credential is none, or no more."""

SHOWN_END = 4
"""Characters of an account's name that are shown."""

_ITS_WORDS = (400, 409, 422, _LIMITED)
"""What the service refuses with; other statuses come from something before it, or of a fault."""

_NOT_FOUND = 404
"""Of an order or a symbol that the service does not know, and of any web server that has nothing at
the address: a wrong path in ORDER_SERVICE_URL."""

_NEVER_ACCEPTED = (400, 401, 403, 404, 405, 411, 413, 414, 415, 422)
"""Statuses that are given before anything is done. All others prove nothing: a 409 says that an
order of that name exists, a 408 or 5xx may have come after the effect, a redirect is no answer."""


def courier_to(
    url: str,
    token: str | None = None,
    connections: int = CONNECTIONS_MAX,
    timeout_s: float = REQUEST_TIMEOUT_S,
    *,
    watch: ConnectionWatch = UNCOUNTED,
) -> Courier:
    """To the service at that address. token: sent as a bearer token where there is one. watch:
    where its connections are counted."""
    terms = LineTerms(most=connections, timeout_s=timeout_s, body_max=BODY_MAX, watch=watch)
    return Courier(base_url("ORDER_SERVICE_URL", url), token=token, terms=terms)


class OrderServiceReader:
    """One service at one address, read-only. Follows no redirects, sends no cookies. courier:
    carries its requests; session: opens its streams. conversation: notified of every answer and
    every failure."""

    def __init__(
        self,
        courier: Courier,
        session: aiohttp.ClientSession,
        conversation: Conversation | None = None,
    ) -> None:
        self.url, self._session, self._courier = courier.url, session, courier
        self.conversation = conversation or Conversation("order service")
        token = courier.token
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ping(self) -> int:
        """Ask a question that lacks its symbol: that it is refused proves that the service can be
        worked with. Returns the status; 0 where there was no answer."""
        status, _ = await self._asked_for_life()
        return status

    async def _asked_for_life(self) -> tuple[int, bool]:
        """The status, and whether it is the service that answers."""
        status, body = await self._asked("/v1/orders")
        is_there = status in _ITS_WORDS
        if status in RECEIVED:
            is_there = decoded(body, OrderPage) is not None
            self._judge("GET /v1/orders", status, fits=is_there)
        elif status == _NOT_FOUND:
            # A question that names nothing has nothing that could be unknown.
            self.conversation.failed(REQUESTS, f"GET /v1/orders: {self._nothing_there()}")
        return status, is_there

    def _nothing_there(self) -> str:
        return f"404: there is no order service at {shown_url(self.url)}, see ORDER_SERVICE_URL"

    async def get(self, path: str, query: dict[str, str], answer: type[Answer]) -> Answer:
        """Ask something. Raises VenueUnavailableError unless the answer is what it should be."""
        asked = path + _of_account(query.get("account_id", ""))
        status, body = await self._asked(f"{path}?{urlencode(query)}", asked)
        info = decoded(body, answer) if status in RECEIVED else None
        if info is None:
            problem = f"GET {asked}: {_unread(status)}"
            if status:
                self.conversation.failed(LISTS, problem)
            raise VenueUnavailableError(problem)
        self.conversation.heard(REQUESTS)
        self.conversation.heard(LISTS)
        return info

    def _judge(self, question: str, status: int, *, fits: bool) -> None:
        """Note whether an answer is one of the service's."""
        if fits:
            self.conversation.heard(REQUESTS)
        else:
            self.conversation.failed(REQUESTS, f"{question}: {_unread(status)}")

    async def stream(self) -> aiohttp.ClientWebSocketResponse:
        """A connection for streams. Raises VenueUnavailableError."""
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                return await self._session.ws_connect(
                    self.url + "/v1/stream",
                    headers=self._headers,
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=BODY_MAX,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise VenueUnavailableError(f"connection for streams: {why(error)}") from error

    def stream_given_up(self, why_given_up: GivenUp, problem: str) -> None:
        """The connection for streams has ended, or could not be made."""
        self._courier.watch.given_up(STREAM, why_given_up, problem)

    def symbol_given_up(self, why_given_up: GivenUp, problem: str) -> None:
        """The stream of one symbol is left, while the connection goes on."""
        self._courier.watch.given_up(SYMBOL_STREAM, why_given_up, problem)

    async def _asked(self, target: str, path: str = "") -> tuple[int, bytes]:
        """Status and body of a question; 0 where there was no answer."""
        reply = await self._courier.question(target)
        return self._noted(f"GET {path or target}", reply)

    def _noted(self, question: str, reply: CourierReply) -> tuple[int, bytes]:
        """Status and body. Notes what the status alone proves: a redirect and a 5xx are not the
        service's word, and one that does not let us in cannot be worked with; whose word a 2xx is,
        its body says, and whose a 404, `ping`."""
        status = reply.status
        if not status:
            self.conversation.failed(REQUESTS, f"{question}: {reply.problem}")
        elif status not in RECEIVED and status != _NOT_FOUND:
            self._judge(question, status, fits=status in _ITS_WORDS)
        return status, reply.body


class OrderServiceClient(OrderServiceReader):
    """The same, and orders."""

    def send_order(self, new: WireOrder, decided: float) -> Answering:
        """Send an order, now or not at all: it is written before this returns, where a connection
        is free. decided: when it was decided that it may go out, by the loop's clock."""
        return self._courier.order("/v1/orders", msgspec.json.encode(new), decided + SENT_WITHIN_S)

    def call_off(self, new: WireOrder, sent: Answering) -> Answering | None:
        """An order that was sent and is not wanted any more, without waiting for its answer: it is
        not written where it was not; else the answer to a cancel that cannot come in before it.
        None where nothing is sent."""
        return self._courier.call_off(sent, "DELETE", _cancel_of(new.symbol, new.client_order_id))

    async def submitted(self, new: WireOrder, sent: Answering) -> AnswerProof:
        """What the answer to an order proves."""
        reply = await sent
        if reply.problem in NOT_SENT:
            return AnswerProof.LATE
        question = f"POST /v1/orders{_of_account(new.account_id)}"
        status, body = self._noted(question, reply)
        if status in RECEIVED:
            info = decoded(body, OrderInfo)
            named = info is not None and info.client_order_id == new.client_order_id
            self._judge(question, status, fits=named)
            return AnswerProof.RECEIVED if named else AnswerProof.UNKNOWN
        if status == _LIMITED:
            return AnswerProof.LIMITED
        if status in NOT_LET_IN and status in _NEVER_ACCEPTED:
            return AnswerProof.NOT_LET_IN
        is_refused = status in _NEVER_ACCEPTED and await self._is_its_word(status)
        return AnswerProof.REFUSED if is_refused else AnswerProof.UNKNOWN

    async def withdraw(self, symbol: str, client_order_id: str) -> AnswerProof:
        """Send a cancel."""
        (answer,) = self.send_cancels(symbol, [client_order_id])
        return await self.withdrawn(answer)

    def send_cancels(self, symbol: str, client_order_ids: Sequence[str]) -> list[Answering]:
        """They are written before this returns, where there is any connection."""
        targets = [_cancel_of(symbol, name) for name in client_order_ids]
        return self._courier.cancel("DELETE", targets)

    async def withdrawn(self, answer: Answering) -> AnswerProof:
        """What the answer to a cancel proves."""
        status, _ = self._noted("DELETE /v1/orders", await answer)
        if status in RECEIVED:
            return AnswerProof.RECEIVED
        if status == _NOT_FOUND:
            return AnswerProof.GONE if await self._is_its_word(status) else AnswerProof.UNKNOWN
        if status == _LIMITED:
            return AnswerProof.LIMITED
        return AnswerProof.REFUSED if status in _NEVER_ACCEPTED else AnswerProof.UNKNOWN

    async def _is_its_word(self, status: int) -> bool:
        """Whether a 404 is the service's: where nothing is at the address, all is not found, orders
        that rest there too."""
        return status != _NOT_FOUND or (await self._asked_for_life())[1]


def _cancel_of(symbol: str, name: str) -> str:
    return f"/v1/orders/{quote(name, safe='')}?symbol={quote(symbol, safe='')}"


def _unread(status: int) -> str:
    """What is wrong with an answer that is not the one that was wanted."""
    if not status:
        return "no answer"
    if status in NOT_LET_IN:
        return f"{status}, the credential is not accepted"
    return "not the answer that it should be" if status in RECEIVED else str(status)


def _of_account(account_id: str) -> str:
    """Of which a question is, without the whole of its name: one of many may be shut out."""
    return f" of the account that ends in {account_id[-SHOWN_END:]}" if account_id else ""

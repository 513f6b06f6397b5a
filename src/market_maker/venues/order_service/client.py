"""Requests to an order service: bounded in time and size, and judged by one table."""

import asyncio
from enum import Enum
from urllib.parse import quote

import aiohttp
import msgspec
from aiohttp.abc import AbstractStreamWriter
from typing_extensions import override

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.shown_url import shown_url
from market_maker.venues.base_url import base_url
from market_maker.venues.conversation import REQUESTS, Conversation
from market_maker.venues.http import Answer, bounded, decoded
from market_maker.venues.order_service.wire import BODY_MAX, OrderInfo, OrderPage, WireOrder

HEARTBEAT_S = 2.0
"""How often a silent stream is asked for a sign of life; it is given up when none comes within half
of that."""

REQUEST_TIMEOUT_S = 2.0
"""From the first byte of a request to the last of its answer."""

HANDSHAKE_S = 5.0
"""How long a stream may take to be opened."""


SENT_WITHIN_S = 0.8
"""How long after its submission an order may be written to its connection: less than what is left
of a lease when it is checked last (execution.symbol_lease.MARGIN). A process that is frozen in
between must not send it when it thaws."""


class PunctualBody(aiohttp.BytesPayload):
    """The body of a request of which nothing is written SENT_WITHIN_S after `since`, by the loop's
    clock: aiohttp writes the headers together with the body. is_late: whether that is why nothing
    was written."""

    def __init__(self, content: bytes, since: float) -> None:
        super().__init__(content, content_type="application/json")
        self._loop, self._by = asyncio.get_running_loop(), since + SENT_WITHIN_S
        self.is_late = False

    @override
    async def write_with_length(
        self, writer: AbstractStreamWriter, content_length: int | None
    ) -> None:
        if self._loop.time() > self._by:
            self.is_late = True
            raise TimeoutError("the order was not sent in time")
        await super().write_with_length(writer, content_length)


LISTS = "lists"
"""The channel of questions whose answers are read: a service that receives orders may still not
answer them."""


class AnswerProof(Enum):
    """What an answer proves. RECEIVED: the service has it, the stream reports the rest. REFUSED: it
    will have no effect. LIMITED: the same, for there were too many. LATE: the same, for it was not
    sent: its connection was not there in time. GONE: the service knows no order of that name.
    UNKNOWN: nothing."""

    RECEIVED = "received"
    REFUSED = "refused"
    LIMITED = "limited"
    LATE = "late"
    GONE = "gone"
    UNKNOWN = "unknown"


_RECEIVED = (200, 201, 202)
_LIMITED = 429
NOT_LET_IN = (401, 403, 407)
"""Statuses that say that the credential is none, or no more."""

_ITS_WORDS = (400, 409, 422, _LIMITED)
"""What the service refuses with; other statuses come from something before it, or of a fault."""

_NOT_FOUND = 404
"""Of an order or a symbol that the service does not know, and of any web server that has nothing at
the address: a wrong path in ORDER_SERVICE_URL."""

_NEVER_ACCEPTED = (400, 401, 403, 404, 405, 411, 413, 414, 415, 422)
"""Statuses that are given before anything is done. All others prove nothing: a 409 says that an
order of that name exists, a 408 or 5xx may have come after the effect, a redirect is no answer."""


class OrderServiceReader:
    """One service at one address, read-only. Follows no redirects, sends
    no cookies. token: sent as a bearer token where there is one. conversation: notified of every
    answer and every failure."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        conversation: Conversation | None = None,
        *,
        token: str | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        self.url, self._session = base_url("ORDER_SERVICE_URL", url), session
        self.conversation = conversation or Conversation("order service")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)

    async def ping(self) -> int:
        """Ask a question that lacks its symbol: that it is refused proves that the service can be
        worked with. Returns the status; 0 where there was no answer."""
        status, _ = await self._asked_for_life()
        return status

    async def _asked_for_life(self) -> tuple[int, bool]:
        """The status, and whether it is the service that answers."""
        status, body = await self._ask("GET", "/v1/orders")
        is_there = status in _ITS_WORDS
        if status in _RECEIVED:
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
        status, body = await self._ask("GET", path, query)
        info = decoded(body, answer) if status in _RECEIVED else None
        if info is None:
            problem = f"GET {path}: {_unread(status)}"
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

    async def stream(self, symbol: str, accounts: list[str]) -> aiohttp.ClientWebSocketResponse:
        """Open a stream. Raises VenueUnavailableError."""
        query = {"symbol": symbol, "accounts": ",".join(accounts)}
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                return await self._session.ws_connect(
                    self.url + "/v1/stream",
                    params=query,
                    headers=self._headers,
                    heartbeat=HEARTBEAT_S,
                    max_msg_size=BODY_MAX,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                )
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise VenueUnavailableError(f"stream of {symbol}: {_why(error)}") from error

    async def _ask(
        self,
        method: str,
        path: str,
        query: dict[str, str] | None = None,
        body: PunctualBody | None = None,
    ) -> tuple[int, bytes]:
        """Status and body; (0, b"") when there was no answer. Notes what the status alone proves:
        a redirect and a 5xx are not the service's word, and one that does not let us in cannot be
        worked with; whose word a 2xx is, its body says, and whose a 404, `ping`."""
        try:
            async with self._session.request(
                method,
                self.url + path,
                params=query,
                data=body,
                headers=self._headers,
                allow_redirects=False,
                timeout=self._timeout,
            ) as answer:
                content = await bounded(answer.content.iter_any(), BODY_MAX)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self.conversation.failed(REQUESTS, f"{method} {path}: {_why(error)}")
            return 0, b""
        status = answer.status
        if status not in _RECEIVED and status != _NOT_FOUND:
            self._judge(f"{method} {path}", status, fits=status in _ITS_WORDS)
        return status, content


class OrderServiceClient(OrderServiceReader):
    """The same, and orders."""

    async def submit(self, new: WireOrder, since: float | None = None) -> AnswerProof:
        """Send an order, now or not at all. since: when it was decided that it may go out, by the
        loop's clock; now without it."""
        decided = asyncio.get_running_loop().time() if since is None else since
        order = PunctualBody(msgspec.json.encode(new), decided)
        status, body = await self._ask("POST", "/v1/orders", body=order)
        if order.is_late:
            return AnswerProof.LATE
        if status in _RECEIVED:
            info = decoded(body, OrderInfo)
            named = info is not None and info.client_order_id == new.client_order_id
            self._judge("POST /v1/orders", status, fits=named)
            return AnswerProof.RECEIVED if named else AnswerProof.UNKNOWN
        if status == _LIMITED:
            return AnswerProof.LIMITED
        is_refused = status in _NEVER_ACCEPTED and await self._is_its_word(status)
        return AnswerProof.REFUSED if is_refused else AnswerProof.UNKNOWN

    async def withdraw(self, symbol: str, client_order_id: str) -> AnswerProof:
        """Send a cancel."""
        path = f"/v1/orders/{quote(client_order_id, safe='')}"
        status, _ = await self._ask("DELETE", path, {"symbol": symbol})
        if status in _RECEIVED:
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


def _unread(status: int) -> str:
    """What is wrong with an answer that is not the one that was wanted."""
    if not status:
        return "no answer"
    return "not the answer that it should be" if status in _RECEIVED else str(status)


def _why(error: Exception) -> str:
    """Without the address, which may hold a password."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

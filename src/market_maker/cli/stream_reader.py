"""The service's live stream, read over HTTP: connected again whenever it breaks, for ever."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidDataError

SILENCE_S = 5.0
"""The stream says something in every round: longer silence is a broken connection."""
CONNECT_S = 5.0
WAIT_MIN_S, WAIT_MAX_S = 0.5, 10.0
BLOCK_CHARACTERS_MAX = 64 << 20
DETAIL_MAX = 300
REFUSED = (401, 403)

Lines = AsyncIterator[str]
Connect = Callable[[str], Awaitable[Lines]]


class StreamEvent(Struct, frozen=True):
    """One event. kind `lost`: no connection, data says why."""

    kind: str
    data: Any
    number: str = ""


class RefusedError(InvalidDataError):
    """The service does not let us read."""


def parsed(block: str) -> StreamEvent:
    """One event of text/event-stream. Raises msgspec.DecodeError for data that is no JSON."""
    fields = {"event": "message", "id": "", "data": ""}
    for line in block.split("\n"):
        name, _, value = line.partition(": ")
        if name in fields:
            fields[name] = value
    data = msgspec.json.decode(fields["data"]) if fields["data"] else None
    return StreamEvent(fields["event"], data, fields["id"])


async def blocks(
    parts: AsyncIterator[str], longest: int = BLOCK_CHARACTERS_MAX
) -> AsyncGenerator[str, None]:
    """The text cut at blank lines, wherever the network cut it. Raises InvalidDataError for one
    that never ends."""
    rest = ""
    async for part in parts:
        *whole, rest = (rest + part).split("\n\n")
        for block in whole:
            if block:
                yield block
        if len(rest) > longest:
            raise InvalidDataError("the stream", "an event without an end")


async def events(
    connect: Connect, pause: Callable[[float], Awaitable[object]] = asyncio.sleep
) -> AsyncIterator[StreamEvent]:
    """Events for ever; after a break it goes on after the last one that was seen. connect: opens
    the stream after the event of that number. Raises RefusedError."""
    last, wait = "", WAIT_MIN_S
    while True:
        problem = "the service ended the stream"
        try:
            async with aclosing(blocks(await connect(last))) as read:
                async for block in read:
                    event = parsed(block)
                    last, wait = event.number or last, WAIT_MIN_S
                    yield event
        except RefusedError:
            raise
        except (aiohttp.ClientError, OSError, TimeoutError, InvalidDataError) as error:
            problem = str(error) or type(error).__name__
        except msgspec.DecodeError as error:
            problem = f"an event cannot be read: {error}"
        yield StreamEvent("lost", problem)
        await pause(wait)
        wait = min(wait * 2, WAIT_MAX_S)


class HttpStream:
    """Connects to the service at `base`. token: read anew for every connection."""

    def __init__(
        self, http: aiohttp.ClientSession, base: str, query: str, token: Callable[[], str]
    ) -> None:
        self._http, self._base, self._query, self._token = http, base, query, token

    async def __call__(self, last: str) -> Lines:
        """Raises RefusedError, aiohttp.ClientError."""
        token = self._token()
        headers = {"Accept": "text/event-stream"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        after = f"&last_event_id={last}" if last else ""
        timeout = aiohttp.ClientTimeout(total=None, connect=CONNECT_S, sock_read=SILENCE_S)
        url = f"{self._base}/v1/stream?{self._query}{after}"
        answer = await self._http.get(url, headers=headers, timeout=timeout)
        if answer.status != 200:  # noqa: PLR2004  HTTP's own number
            await self._refuse(answer)
        return self._texts(answer)

    async def _refuse(self, answer: aiohttp.ClientResponse) -> None:
        text = (await answer.content.read(DETAIL_MAX)).decode("utf-8", "replace")
        answer.close()
        problem = f"answered {answer.status}: {text}"
        kind = RefusedError if answer.status in REFUSED else InvalidDataError
        raise kind(f"{self._base}/v1/stream", problem)

    async def _texts(self, answer: aiohttp.ClientResponse) -> Lines:
        async with answer:
            async for part in answer.content.iter_any():
                yield part.decode("utf-8", "replace")

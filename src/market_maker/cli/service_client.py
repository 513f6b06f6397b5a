"""A client of the service's own REST API, for the commands that lead it."""

from collections.abc import AsyncIterator, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import msgspec

from market_maker.model.errors import InvalidDataError

REFUSED_MIN = 400
ANSWER_S = 30.0
KEPT_S = 1.0
"""A connection idle for longer is not used again: the service closes idle ones after 5 s, and a
request that meets the closing fails."""
PAGE_ROWS = 1_000

Answer = dict[str, Any]


class ServiceClient:
    """A client of the service at `base`. token: asked for one before each call; None where the
    service wants none."""

    def __init__(self, base: str, token: Callable[[], str] | None = None) -> None:
        self.base, self._token = base, token
        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=ANSWER_S),
            connector=aiohttp.TCPConnector(keepalive_timeout=KEPT_S),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def get(self, path: str) -> Answer:
        """The answer's body. Raises InvalidDataError for a refusal."""
        return await self.call("GET", path)

    async def post(self, path: str, body: Mapping[str, object] | None = None) -> Answer:
        """The answer's body. Raises InvalidDataError for a refusal."""
        return await self.call("POST", path, body)

    async def call(
        self, method: str, path: str, body: Mapping[str, object] | None = None
    ) -> Answer:
        """The answer's body. Raises InvalidDataError for a refusal."""
        content = None if body is None else msgspec.json.encode(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token()}"
        url = self.base + path
        async with self._session.request(method, url, data=content, headers=headers) as answer:
            text = await answer.text()
        if answer.status >= REFUSED_MIN:
            raise InvalidDataError(f"{method} {path}", f"answered {answer.status}: {text}")
        return msgspec.json.decode(text, type=Answer)

    async def items(self, path: str) -> AsyncIterator[Answer]:
        """Every item of a paged list, newest first."""
        cursor = ""
        while True:
            page = await self.get(f"{path}?limit={PAGE_ROWS}{cursor}")
            for item in page["items"]:
                yield item
            if page["next_cursor"] is None:
                return
            cursor = f"&cursor={page['next_cursor']}"

"""The auth service's public keys: read from its address, and kept while it does not answer."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path

import aiohttp
from typing_extensions import override

from market_maker.api.keys import KeySet, VerificationKey, key_set
from market_maker.documents import read_document, replace_whole
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.venues.http import why

WELL_KNOWN = "/.well-known/jwks.json"
CACHE_NAME = "auth-service-keys.json"
REFRESH = Nanos(300 * NANOS_PER_SECOND)
"""How often they are read anew: a key that the auth service takes back is refused after this."""

RETRY = Nanos(10 * NANOS_PER_SECOND)
"""After a failure."""

ASKED = Nanos(NANOS_PER_SECOND)
"""At least between two readings that an unknown key id asks for: callers cannot make the service
flood the auth service, however many they are."""

WAIT_S = 3.0
"""How long a request with an unknown key id waits for such a reading: for ASKED, POLL_S, and an
answer of the auth service."""

POLL_S = 0.1
DOCUMENT_MAX, CHUNK = 256 * 1024, 16 * 1024
TIMEOUT_S = 5.0

Fetch = Callable[[], Awaitable[bytes]]
"""Reads the document. Raises InvalidDataError."""


class PublishedKeys(Mapping[str, VerificationKey]):
    """By key id; empty until they were read once, now or by the process before.

    problem: why they could not be read the last time, in words; empty when they could.
    """

    def __init__(self, fetch: Fetch, cache: Path, clock: Clock) -> None:
        self._fetch, self._cache, self._clock = fetch, cache, clock
        self._keys: KeySet = _remembered(cache)
        self._due = self._tried_at = Nanos(0)
        self._read = asyncio.Condition()
        self._begun = self._ended = 0
        self.problem = "they have not been read yet"

    @override
    def __getitem__(self, key_id: str) -> VerificationKey:
        return self._keys[key_id]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    @override
    def __len__(self) -> int:
        return len(self._keys)

    async def look_up(self, key_id: str) -> None:
        """Where it is not there, wait for a reading that begins after this call, together with
        all others who wait: the key may have been published a moment ago."""
        if key_id in self._keys:
            return
        wanted = self._begun + 1
        self._due = min(self._due, Nanos(self._tried_at + ASKED))
        with suppress(TimeoutError):
            async with asyncio.timeout(WAIT_S), self._read:
                await self._read.wait_for(lambda: key_id in self._keys or self._ended >= wanted)

    async def run(self) -> None:
        """Keep them fresh until cancelled."""
        while True:
            await self.step()
            await asyncio.sleep(POLL_S)

    async def step(self) -> None:
        """Read them if that is due. What cannot be read or used leaves the old ones in force."""
        now = self._clock.now()
        if now < self._due:
            return
        self._tried_at, self._due = now, Nanos(now + RETRY)
        self._begun += 1
        try:
            document = await self._fetch()
            self._keys = key_set("auth service", document)
        except InvalidDataError as error:
            self.problem = str(error)
            return
        finally:
            await self._said()
        self.problem = ""
        if self._due == now + RETRY:
            self._due = Nanos(now + REFRESH)
        await asyncio.to_thread(_remember, self._cache, document)

    async def _said(self) -> None:
        """To those who wait, that a reading has ended."""
        async with self._read:
            self._ended = self._begun
            self._read.notify_all()


def fetch_over_http(url: str) -> Fetch:
    """From the well-known path under `url`; no redirects, bounded in time and size."""
    address = url.rstrip("/") + WELL_KNOWN

    async def fetch() -> bytes:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.get(address, allow_redirects=False) as answer,
            ):
                status, document = answer.status, b""
                async for chunk in answer.content.iter_chunked(CHUNK):
                    document += chunk
                    if len(document) > DOCUMENT_MAX:
                        break
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise InvalidDataError("auth service", f"does not answer ({why(error)})") from None
        if status != HTTPStatus.OK:
            raise InvalidDataError("auth service", f"answers {status} to {WELL_KNOWN}")
        if len(document) > DOCUMENT_MAX:
            raise InvalidDataError("auth service", f"sends more than {DOCUMENT_MAX} bytes")
        return document

    return fetch


def _remembered(cache: Path) -> KeySet:
    """What the process before read; nothing where that cannot be used."""
    try:
        return key_set(str(cache), read_document(cache, DOCUMENT_MAX))
    except InvalidDataError:
        return {}


def _remember(cache: Path, document: bytes) -> None:
    """A disk that is full costs the memory of them, not the keys."""
    with suppress(OSError):
        replace_whole(cache, document)

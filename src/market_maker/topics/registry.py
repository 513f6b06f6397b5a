"""A client of a schema registry, by Confluent's API."""

from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from msgspec import Struct

from market_maker.model.errors import (
    RegistryUnavailableError,
    SchemaRefusedError,
    SchemaUnknownError,
)
from market_maker.model.shown_url import shown_url
from market_maker.topics.schema_files import COMPATIBILITY, schema_text, subject

TIMEOUT_S = 2.0
PATIENT_S = 30.0
"""Of a command, behind which nothing waits: a registry that starts answers later."""
BODY_MAX = 1_000_000
MEDIA_TYPE = "application/vnd.schemaregistry.v1+json"
VARIABLE = "SCHEMA_REGISTRY_URL"

_NOT_FOUND = frozenset({40401, 40402, 40403})
"""No such subject, version, schema."""

_NOT_LET_IN = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.PROXY_AUTHENTICATION_REQUIRED,
)

Answer = TypeVar("Answer")


class _Registered(Struct, frozen=True):
    id: int


class _Schema(Struct, frozen=True):
    schema: str


class _Refusal(Struct, frozen=True):
    error_code: int


class _Verdict(Struct, frozen=True):
    is_compatible: bool


class SchemaRegistry:
    """Asked a few times in a life: numbers never change their meaning, and every answer is kept.
    Every method raises RegistryUnavailableError when there is no answer that can be used."""

    def __init__(self, url: str, *, timeout_s: float = TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._named = f"{VARIABLE} {shown_url(self._url)}"
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._ids: dict[str, int] = {}
        self._texts: dict[int, str] = {}

    async def ping(self) -> None:
        """Ask for anything."""
        await self._ask("GET", "/subjects", list[str])

    async def id_of(self, topic: str) -> int:
        """The number of this program's schema of a topic. Raises SchemaUnknownError where it is not
        registered."""
        if topic not in self._ids:
            path = f"/subjects/{quote(subject(topic))}"
            missing = (
                f"the schema of {topic} is not registered: run `market_maker schemas register`"
            )
            found = await self._ask("POST", path, _Registered, _avro(topic), missing=missing)
            self._ids[topic] = found.id
        return self._ids[topic]

    async def text_of(self, schema_id: int) -> str:
        """The schema of a number. Raises SchemaUnknownError where there is none."""
        if schema_id not in self._texts:
            path, missing = f"/schemas/ids/{schema_id}", f"there is no schema {schema_id}"
            found = await self._ask("GET", path, _Schema, missing=missing)
            self._texts[schema_id] = found.schema
        return self._texts[schema_id]

    async def register(self, topic: str) -> int:
        """Register this program's schema under COMPATIBILITY; again changes nothing. Returns its
        number. Raises SchemaRefusedError where it does not fit an earlier version."""
        path = f"/subjects/{quote(subject(topic))}/versions"
        # First, or a subject under a weaker rule would take what does not fit. Some registries know
        # no rule of a subject that has no version yet.
        is_known = await self._bind(topic)
        found = await self._ask("POST", path, _Registered, _avro(topic))
        if not is_known:
            await self._bind(topic)
        return found.id

    async def _bind(self, topic: str) -> bool:
        """Put a subject under COMPATIBILITY; whether the registry knows it."""
        path = f"/config/{quote(subject(topic))}"
        try:
            await self._ask("PUT", path, dict[str, Any], _COMPATIBILITY_BODY, missing=topic)
        except SchemaUnknownError:
            return False
        return True

    async def check(self, topic: str) -> None:
        """Raises SchemaRefusedError where this program's schema could not be registered."""
        if not await self.fits(topic, schema_text(topic)):
            raise SchemaRefusedError(f"the schema of {topic} does not fit the registered one")

    async def fits(self, topic: str, text: str) -> bool:
        """Whether a schema could be registered as the next of a topic: it fits every version that
        the subject's rule names, which is each of them once it was registered here."""
        path = f"/compatibility/subjects/{quote(subject(topic))}/versions"
        return (await self._ask("POST", path, _Verdict, _body(text))).is_compatible

    async def _ask(
        self,
        method: str,
        path: str,
        answer: type[Answer],
        body: bytes | None = None,
        *,
        missing: str = "",
    ) -> Answer:
        try:
            async with (
                aiohttp.ClientSession(timeout=self._timeout) as session,
                session.request(
                    method,
                    self._url + path,
                    data=body,
                    headers={"Content-Type": MEDIA_TYPE},
                    allow_redirects=False,
                ) as response,
            ):
                content = await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise RegistryUnavailableError(f"{self._named}: no answer ({_why(error)})") from error
        if response.status == HTTPStatus.NOT_FOUND and missing and _is_verdict(content):
            raise SchemaUnknownError(missing)
        if response.status == HTTPStatus.CONFLICT:
            raise SchemaRefusedError(f"{self._named}: {path}: does not fit an earlier version")
        if response.status != HTTPStatus.OK:
            said = f"{response.status} to {method} {path}: {_meaning(response.status)}"
            raise RegistryUnavailableError(f"{self._named}: {said}")
        try:
            return msgspec.json.decode(content, type=answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise RegistryUnavailableError(
                f"{self._named}: what answers {path} is no schema registry"
            ) from error


_COMPATIBILITY_BODY = msgspec.json.encode({"compatibility": COMPATIBILITY})


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The whole body, in however many pieces it comes; cut where it is too long to be an answer."""
    body = bytearray()
    async for piece in response.content.iter_any():
        body += piece
        if len(body) > BODY_MAX:
            break
    return bytes(body)


def _avro(topic: str) -> bytes:
    return _body(schema_text(topic))


def _body(text: str) -> bytes:
    return msgspec.json.encode({"schema": text, "schemaType": "AVRO"})


def _is_verdict(content: bytes) -> bool:
    """Whether a 404 is the registry's own word: any web server has a 404 of its own."""
    try:
        return msgspec.json.decode(content, type=_Refusal).error_code in _NOT_FOUND
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _meaning(status: int) -> str:
    """Of a refusal, in words."""
    if status in _NOT_LET_IN:
        return "it does not let us in: is the user in the address right?"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "it is asked too often"
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "it fails"
    return "is it a schema registry's address?"


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

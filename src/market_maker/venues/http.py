"""What the HTTP clients share: sessions, bounded bodies, decoded answers."""

from collections.abc import AsyncIterator
from typing import TypeVar

import aiohttp
import msgspec

CONNECTIONS_MAX = 100

SILENT = "no answer in time"

Answer = TypeVar("Answer")


async def _stop(*_: object) -> None:
    """Raises aiohttp.ClientError."""
    raise aiohttp.ClientError("a redirect is not followed")


def client_session(connections: int = CONNECTIONS_MAX) -> aiohttp.ClientSession:
    """Of a venue's client, in its loop: sends no cookies and follows no redirects, also where a
    websocket is opened, which has no option for that. connections: at one time."""
    redirects = aiohttp.TraceConfig()
    redirects.on_request_redirect.append(_stop)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[redirects],
    )


async def bounded(pieces: AsyncIterator[bytes], most: int) -> bytes:
    """The body; empty where it is longer than `most` bytes, and then not read to its end."""
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > most:
            return b""
    return bytes(body)


def decoded(body: bytes, kind: type[Answer]) -> Answer | None:
    """The JSON body as a `kind`; None where it is not one."""
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def why(error: Exception) -> str:
    """What went wrong on a connection, without the address, which may hold a password."""
    if isinstance(error, TimeoutError):
        return SILENT
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__

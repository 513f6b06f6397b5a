"""What the HTTP clients share: sessions, bounded bodies, decoded answers."""

import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import unquote, urlsplit

import aiohttp
import msgspec

from market_maker.ports.connections import UNCOUNTED, ConnectionWatch

CONNECTIONS_MAX = 100

SILENT = "no answer in time"

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What a decoder raises at what another process sent. The last: lists in lists in lists."""

Answer = TypeVar("Answer")


async def _stop(*_: object) -> None:
    """Raises aiohttp.ClientError."""
    raise aiohttp.ClientError("a redirect is not followed")


def client_session(
    connections: int = CONNECTIONS_MAX, *, to: str = "", watch: ConnectionWatch = UNCOUNTED
) -> aiohttp.ClientSession:
    """Of a venue's client, in its loop: sends no cookies and follows no redirects, also where a
    websocket is opened, which has no option for that. connections: at one time. to: what is at the
    other end, where they are counted."""

    async def count(*_: object) -> None:
        watch.made(to)

    traced = aiohttp.TraceConfig()
    traced.on_request_redirect.append(_stop)
    traced.on_connection_create_end.append(count)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        cookie_jar=aiohttp.DummyCookieJar(),
        trace_configs=[traced],
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
    except UNREADABLE:
        return None


def why(error: Exception) -> str:
    """What went wrong on a connection, without the address, which may hold a password."""
    if isinstance(error, TimeoutError):
        return SILENT
    refused = getattr(error, "certificate_error", error)
    if isinstance(refused, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {refused.verify_message.rstrip('.').lower()}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def headers_of(url: str, token: str | None) -> bytes:
    """Lines that all requests to an address have: the host, and a token or the user and the
    password of the address."""
    parts = urlsplit(url)
    lines = [f"Host: {parts.netloc.rpartition('@')[2]}", "Accept: */*", "Accept-Encoding: identity"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    elif parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        lines.append(f"Authorization: Basic {b64encode(pair.encode()).decode()}")
    return "".join(f"{line}\r\n" for line in lines).encode()

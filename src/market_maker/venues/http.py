"""What the HTTP clients share: checked addresses, bounded bodies, decoded answers."""

from collections.abc import AsyncIterator
from typing import TypeVar
from urllib.parse import urlsplit

import aiohttp
import msgspec

from market_maker.model.errors import InvalidFieldError

HIDDEN = "…"
"""Stands for a value that may hold a password."""

ALLOWED = "http(s)://[user:password@]host[:port][/path], without ?query or #fragment"

CONNECTIONS_MAX = 100

Answer = TypeVar("Answer")


def base_url(variable: str, text: str) -> str:
    """The address in the setting `variable`, without a slash at its end. Raises InvalidFieldError,
    which never repeats the text: any part of it may be a password, the scheme included."""
    try:
        parts = urlsplit(text)
        port_fits = parts.port != 0
    except ValueError:
        raise InvalidFieldError(variable, HIDDEN, ALLOWED) from None
    plain = text.isprintable() and " " not in text and not {"?", "#"} & set(text)
    if not (plain and port_fits and parts.hostname and parts.scheme in {"http", "https"}):
        raise InvalidFieldError(variable, HIDDEN, ALLOWED)
    return text.rstrip("/")


def credential(variable: str, text: str) -> str:
    """The bearer token in the setting `variable`. Raises InvalidFieldError, which never repeats
    the text, for one that no header can carry."""
    if not (text.isascii() and text.isprintable() and " " not in text):
        raise InvalidFieldError(variable, HIDDEN, "a token of printable ASCII without spaces")
    return text


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

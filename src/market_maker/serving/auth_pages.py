"""The auth service's own sign-in page, over HTTP: where it is, and what a code is worth."""

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlsplit

import aiohttp
import msgspec
from msgspec import Struct

from market_maker.api.bearer import TOKEN_LENGTH_MAX
from market_maker.model.errors import InvalidDataError

WELL_KNOWN = "/.well-known/openid-configuration"
DOCUMENT_MAX = 256 * 1024
TIMEOUT_S = 5.0
WHO = "auth service"


class AuthPages(Struct, frozen=True):
    """Addresses, as the auth service publishes them: of its page, and where codes are redeemed."""

    authorization_endpoint: str
    token_endpoint: str


_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class _Granted(Struct, frozen=True):
    access_token: str


def pages_of(document: bytes, base: str) -> AuthPages:
    """From the published document. Raises InvalidDataError for one that cannot be read, and for
    addresses without TLS where the auth service has it."""
    try:
        pages = msgspec.json.decode(document, type=AuthPages)
    except _UNREADABLE as error:
        raise InvalidDataError(WHO, f"{WELL_KNOWN}: {error}") from None
    schemes = {"https"} if urlsplit(base).scheme == "https" else {"http", "https"}
    for address in (pages.authorization_endpoint, pages.token_endpoint):
        if urlsplit(address).scheme not in schemes or not urlsplit(address).netloc:
            raise InvalidDataError(WHO, f"{WELL_KNOWN} names an address that is not usable")
    return pages


def token_of(document: bytes) -> str:
    """The access token of an answer. Raises InvalidDataError; the text never has the token."""
    try:
        token = msgspec.json.decode(document, type=_Granted).access_token
    except _UNREADABLE:
        raise InvalidDataError(WHO, "answers without an access token for the code") from None
    if not 0 < len(token) <= TOKEN_LENGTH_MAX or not token.isascii() or not token.isprintable():
        raise InvalidDataError(WHO, "answers with an access token that is none")
    return token


class AuthService:
    """The auth service at `base`: asked at each sign-in, bounded in time and size, no redirects."""

    def __init__(self, base: str) -> None:
        self._base = base.rstrip("/")

    async def pages(self) -> AuthPages:
        """Raises InvalidDataError."""
        return pages_of(await self._asked("GET", self._base + WELL_KNOWN), self._base)

    async def redeem(self, pages: AuthPages, form: Mapping[str, str]) -> str:
        """The access token for a code. Raises InvalidDataError."""
        return token_of(await self._asked("POST", pages.token_endpoint, dict(form)))

    async def _asked(self, method: str, address: str, form: dict[str, str] | None = None) -> bytes:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.request(method, address, data=form, allow_redirects=False) as answer,
            ):
                status, document = answer.status, await answer.content.read(DOCUMENT_MAX)
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise InvalidDataError(WHO, "does not answer") from None
        if status != HTTPStatus.OK:
            raise InvalidDataError(WHO, f"answers {status} at the sign-in")
        return document

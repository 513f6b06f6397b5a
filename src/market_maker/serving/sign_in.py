"""Signing in at the auth service's own page: an authorization code with PKCE (RFC 7636).

The browser is sent there with a state that only it has, in a cookie, and comes back with a code.
The code is redeemed from here, with the secret whose hash went along: so no token is ever in an
address or in the page, and a code that another caught is worth nothing.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Protocol
from urllib.parse import parse_qs, urlencode

from msgspec import Struct

from market_maker.api.problems import ProblemError
from market_maker.api.routes import Services
from market_maker.api.sessions import Sessions
from market_maker.journaling.audit import AuditEntry
from market_maker.model.caller import Caller
from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.serving.auth_pages import AuthPages, AuthService
from market_maker.settings import Settings

BEGIN = "/market-maker/sign-in"
BACK = "/market-maker/signed-in"
COOKIE = "__Host-mm-sign-in"
LIFE_S = 600
PENDING_MAX = 1_000
SECRET_BYTES = 32
SCOPE = "openid"


class AuthDoor(Protocol):
    """serving.auth_pages.AuthService."""

    async def pages(self) -> AuthPages: ...

    async def redeem(self, pages: AuthPages, form: Mapping[str, str]) -> str: ...


class SignInStep(Struct, frozen=True):
    """Where the browser goes next, and the cookies that it takes along; or why not."""

    location: str
    cookies: tuple[str, ...] = ()
    problem: str = ""


class _Begun(Struct, frozen=True):
    """verifier: the secret whose hash went along."""

    verifier: str
    back: str
    ends_at: Nanos


class SignIn:
    """Sign-ins that were begun; beyond PENDING_MAX the oldest goes. public_url: of this listener as
    browsers name it, empty where the Host of a request says it. signed_in: puts it on record."""

    def __init__(
        self,
        door: AuthDoor,
        client_id: str,
        sessions: Sessions,
        clock: Clock,
        signed_in: Callable[[Caller], Awaitable[object]],
        *,
        public_url: str = "",
    ) -> None:
        self._door, self._client_id, self._sessions = door, client_id, sessions
        self._clock, self._signed_in, self._public_url = clock, signed_in, public_url
        self._begun: OrderedDict[str, _Begun] = OrderedDict()

    async def begin(self, host: str) -> SignInStep:
        """To the auth service's page."""
        try:
            pages = await self._door.pages()
        except InvalidDataError as error:
            return SignInStep("", problem=str(error))
        state, verifier = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        back = (self._public_url.rstrip("/") or f"http://{host}") + BACK
        ends_at = Nanos(self._clock.now() + LIFE_S * NANOS_PER_SECOND)
        self._begun[state] = _Begun(verifier, back, ends_at)
        if len(self._begun) > PENDING_MAX:
            self._begun.popitem(last=False)
        asked = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": SCOPE,
            "state": state,
            "code_challenge": challenge_of(verifier),
            "code_challenge_method": "S256",
        }
        join = "&" if "?" in pages.authorization_endpoint else "?"
        # Lax: the browser comes back from the auth service's site by a link, and has it then.
        cookie = f"{COOKIE}={state}; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age={LIFE_S}"
        return SignInStep(pages.authorization_endpoint + join + urlencode(asked), (cookie,))

    async def finish(self, query: str, cookies: str, home: str) -> SignInStep:
        """From the auth service's page, signed in."""
        given = {name: values[0] for name, values in parse_qs(query).items() if len(values) == 1}
        state, code = given.get("state", ""), given.get("code", "")
        begun = self._begun.pop(state, None) if _held(cookies, state) else None
        if begun is None or begun.ends_at <= self._clock.now():
            return SignInStep("", problem="it was not begun by this browser, or too long ago")
        if not code:
            return SignInStep("", problem="there is no code: the auth service did not allow it")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.back,
            "client_id": self._client_id,
            "code_verifier": begun.verifier,
        }
        try:
            token = await self._door.redeem(await self._door.pages(), form)
            caller, keys = await self._sessions.sign_in(token)
        except InvalidDataError as error:
            return SignInStep("", problem=str(error))
        except ProblemError as error:
            return SignInStep("", problem=error.problem.detail)
        await self._signed_in(caller)
        over = f"{COOKIE}=; Path=/; HttpOnly; Secure; SameSite=Lax; Max-Age=0"
        return SignInStep(home, (self._sessions.cookie(keys), over))


def sign_in_of(settings: Settings, services: Services) -> SignIn | None:
    """None without AUTH_CLIENT_ID. Raises InvalidFieldError where there is no auth service."""
    if settings.auth_client_id is None or settings.disable_auth:
        return None
    if settings.auth_service_url is None:
        allowed = "unset without AUTH_SERVICE_URL"
        raise InvalidFieldError("AUTH_CLIENT_ID", settings.auth_client_id, allowed)

    async def signed_in(caller: Caller) -> None:
        entry = AuditEntry(caller=caller, action="session.open", target=caller.subject)
        async with services.application.running.store.transaction() as unit:
            await services.trail.append(unit, entry)

    return SignIn(
        AuthService(settings.auth_service_url),
        settings.auth_client_id,
        services.sessions,
        services.clock,
        signed_in,
        public_url=settings.panel_url or "",
    )


def challenge_of(verifier: str) -> str:
    """The hash that goes along."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _held(header: str, state: str) -> bool:
    """Whether the browser that comes back is the one that was sent."""
    try:
        held = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return False
    given = "" if held is None else held.value
    return bool(state) and hmac.compare_digest(given.encode(), state.encode())

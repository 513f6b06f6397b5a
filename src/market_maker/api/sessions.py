"""Sessions: a browser that has shown its token once is known by a cookie that no script can read.

The cookie is a random name, and the token stays in this process: each request judges it anew, so
that an expired or revoked token ends its session, and so does a restart. A cookie comes along with
every request of the browser, so it counts only on requests that the panel itself made: same origin
on every method, and a second secret in a header where something changes.
"""

import base64
import hashlib
import hmac
import secrets
from collections import OrderedDict
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct
from starlette.requests import Request

from market_maker.api.bearer import Authenticator
from market_maker.api.problems import ProblemError, refusal
from market_maker.model.caller import Caller
from market_maker.model.history import DAY
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

COOKIE = "__Host-mm"
"""The prefix makes browsers keep it to this host, to https and loopback, and to the root path."""
CSRF_HEADER = "X-CSRF-Token"
ATTRIBUTES = "Path=/; HttpOnly; Secure; SameSite=Strict"
LIFE_MAX = DAY
SESSIONS_MAX = 1_000
SECRET_BYTES = 32
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
JSON = "application/json"


class Credentials:
    """What a request proves itself with; never shown."""

    def __init__(self, authorization: str, cookie: str) -> None:
        self.authorization, self.cookie = authorization, cookie


class SessionKeys(Struct, frozen=True):
    """What the browser holds: the cookie's value, and the secret of the header. ends_at: with the
    token, at most a day after."""

    cookie: str
    csrf: str
    ends_at: Nanos


class _Held:
    """What this process holds."""

    def __init__(self, authorization: str, csrf: str, ends_at: Nanos) -> None:
        self.authorization, self.csrf, self.ends_at = authorization, csrf, ends_at


class Sessions:
    """Those that are open; beyond SESSIONS_MAX the oldest goes. clock: the time of day as it is
    now, because a session ends with its token."""

    def __init__(self, auth: Authenticator, clock: Clock) -> None:
        self._auth, self._clock = auth, clock
        self._held: OrderedDict[str, _Held] = OrderedDict()

    def open(self, authorization: str) -> SessionKeys:
        """Of a proved caller. authorization: its header. Raises ProblemError without one."""
        if not self._auth.enabled:
            raise refusal("conflict", "authentication is off: there is nothing to sign in to")
        if not authorization:
            raise refusal("forbidden", "a session is opened with a bearer token")
        cookie, csrf = secrets.token_urlsafe(SECRET_BYTES), secrets.token_urlsafe(SECRET_BYTES)
        ends_at = Nanos(min(_expiry(authorization), self._clock.now() + LIFE_MAX))
        self._held[_digest(cookie)] = _Held(authorization, csrf, ends_at)
        if len(self._held) > SESSIONS_MAX:
            self._held.popitem(last=False)
        return SessionKeys(cookie, csrf, ends_at)

    async def sign_in(self, token: str) -> tuple[Caller, SessionKeys]:
        """Who the token is of, and a session of theirs. Raises ProblemError for one that is
        refused."""
        authorization = f"Bearer {token}"
        await self._auth.prepare([authorization])
        return self._auth.caller([authorization]), self.open(authorization)

    def keys(self, cookie: str) -> SessionKeys | None:
        """Of an open session; None for a cookie that is none."""
        held = self._open(cookie)
        return None if held is None else SessionKeys(cookie, held.csrf, held.ends_at)

    def close(self, cookie: str) -> bool:
        """Whether it was open."""
        return self._held.pop(_digest(cookie), None) is not None

    def cookie(self, keys: SessionKeys) -> str:
        """The header's value that hands it to a browser."""
        seconds = max(0, (keys.ends_at - self._clock.now()) // NANOS_PER_SECOND)
        return f"{COOKIE}={keys.cookie}; {ATTRIBUTES}; Max-Age={seconds}"

    def caller(self, request: Request) -> Caller | None:
        """Who asks by cookie; None where there is no cookie of ours. Raises ProblemError for one
        that is no session's, and for a request that the panel did not make."""
        cookie = request.cookies.get(COOKIE)
        if cookie is None or not self._auth.enabled:
            return None
        held = self._open(cookie)
        if held is None:
            raise refusal("unauthenticated", "the session has ended: sign in again")
        _check_own(request)
        if request.method in UNSAFE:
            _check_meant(request, held.csrf)
        try:
            return self._auth.caller([held.authorization])
        except ProblemError:
            self.close(cookie)
            raise

    def still_accepts(self, credentials: Credentials) -> bool:
        """Whether a request that was let in with these would be let in again: nothing of them has
        expired, was revoked or signed out."""
        held = None if credentials.authorization else self._open(credentials.cookie)
        given = credentials.authorization if held is None else held.authorization
        try:
            self._auth.caller([given] if given else [])
        except ProblemError:
            return False
        return True

    def ends_at(self, credentials: Credentials) -> Nanos | None:
        """When what a proved caller came with ends; None without authentication."""
        if not self._auth.enabled:
            return None
        if credentials.authorization:
            return _expiry(credentials.authorization)
        held = self._open(credentials.cookie)
        return None if held is None else held.ends_at

    def _open(self, cookie: str) -> _Held | None:
        held = self._held.get(_digest(cookie))
        if held is not None and held.ends_at <= self._clock.now():
            self.close(cookie)
            return None
        return held


def no_cookie() -> str:
    """The header's value that makes a browser forget."""
    return f"{COOKIE}=; {ATTRIBUTES}; Max-Age=0"


def credentials_of(request: Request) -> Credentials:
    """As they came."""
    authorization = request.headers.get("authorization", "")
    return Credentials(authorization, request.cookies.get(COOKIE, ""))


def _check_own(request: Request) -> None:
    """Only a page of this origin may ask: where the browser does not say so, it must name
    the page's origin, which is ours."""
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    own = origin is not None and urlsplit(origin).netloc.lower() == _host(request)
    if (origin is not None and not own) or (site not in {None, "same-origin"}):
        raise refusal("forbidden", "the request comes from another site's page")
    if site is None and not own:
        raise refusal("forbidden", "a session serves the panel's own pages only")


def _check_meant(request: Request, csrf: str) -> None:
    given = request.headers.getlist(CSRF_HEADER)
    if len(given) != 1 or not hmac.compare_digest(given[0].encode(), csrf.encode()):
        raise refusal("forbidden", f"the header {CSRF_HEADER} is not the session's")
    kind = request.headers.get("content-type", JSON).partition(";")[0].strip().lower()
    if kind != JSON:
        raise refusal("unsupported-media-type", f"with a session a body is {JSON}")


def _host(request: Request) -> str:
    return request.headers.get("host", "").lower()


def _digest(cookie: str) -> str:
    return hashlib.sha256(cookie.encode()).hexdigest()


def _expiry(authorization: str) -> Nanos:
    """Of a token that was just proved."""
    payload = authorization.split(".")[1]
    claims = msgspec.json.decode(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return Nanos(claims["exp"] * NANOS_PER_SECOND)

"""/v1/session: sign in with a token once, be known by a cookie, sign out."""

from msgspec import Struct

from market_maker.api.pace import Pace
from market_maker.api.routes import EVERYONE, Asked, Route, RouteAnswer
from market_maker.api.sessions import SessionKeys, no_cookie
from market_maker.journaling.audit import AuditEntry
from market_maker.model.units import Nanos

PATH = "/v1/session"


class SessionView(Struct, frozen=True, kw_only=True):
    """The caller's session. csrf_token: to be sent as X-CSRF-Token with whatever changes something;
    null, as expires_at is, for a caller without a session."""

    subject: str
    roles: tuple[str, ...]
    csrf_token: str | None
    expires_at: Nanos | None


class SessionClosed(Struct, frozen=True, kw_only=True):
    """closed: whether there was one."""

    closed: bool


async def _open(asked: Asked) -> RouteAnswer:
    keys = asked.services.sessions.open(asked.credentials.authorization)
    await _note(asked, "session.open")
    headers = {"Set-Cookie": asked.services.sessions.cookie(keys)}
    return RouteAnswer(value=_view(asked, keys), status=201, headers=headers)


async def _get(asked: Asked) -> SessionView:
    return _view(asked, asked.services.sessions.keys(asked.credentials.cookie))


async def _close(asked: Asked) -> RouteAnswer:
    closed = asked.services.sessions.close(asked.credentials.cookie)
    if closed:
        await _note(asked, "session.close")
    value = SessionClosed(closed=closed)
    return RouteAnswer(value=value, status=200, headers={"Set-Cookie": no_cookie()})


async def _note(asked: Asked, action: str) -> None:
    entry = AuditEntry(caller=asked.caller, action=action, target=asked.caller.subject)
    async with asked.application.running.store.transaction() as unit:
        await asked.services.trail.append(unit, entry)


def _view(asked: Asked, keys: SessionKeys | None) -> SessionView:
    return SessionView(
        subject=asked.caller.subject,
        roles=tuple(sorted(map(str, asked.caller.roles))),
        csrf_token=None if keys is None else keys.csrf,
        expires_at=None if keys is None else keys.ends_at,
    )


ROUTES = (
    Route(
        method="POST",
        path=PATH,
        name="openSession",
        summary="Turn the bearer token of this request into a session cookie.",
        family="live",
        roles=EVERYONE,
        handle=_open,
        answer=SessionView,
        pace=Pace.WRITE,
        statuses=(201,),
        conflicts=True,
    ),
    Route(
        method="GET",
        path=PATH,
        name="getSession",
        summary="The caller's session, with the token that its changes need.",
        family="live",
        roles=EVERYONE,
        handle=_get,
        answer=SessionView,
    ),
    Route(
        method="DELETE",
        path=PATH,
        name="closeSession",
        summary="Sign out: the cookie is worth nothing from here on.",
        family="live",
        roles=EVERYONE,
        handle=_close,
        answer=SessionClosed,
        pace=Pace.WRITE,
    ),
)

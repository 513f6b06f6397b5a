"""/v1/me: who the caller is, and what their roles allow."""

from collections.abc import Mapping, Sequence
from functools import partial

from msgspec import Struct

from market_maker.api.routes import EVERYONE, Asked, Route
from market_maker.model.caller import Role
from market_maker.model.units import Nanos

NAME = "getMe"


class Me(Struct, frozen=True, kw_only=True):
    """The authenticated caller. roles: what it was granted; token_id: of the token it came with;
    expires_at: when that, or the session made with it, ends, null without authentication;
    authentication: on or off; may: by operation, whether one of the roles allows it. server_time:
    now, by the service."""

    subject: str
    roles: tuple[str, ...]
    token_id: str
    expires_at: Nanos | None
    authentication: str
    may: dict[str, bool]
    server_time: Nanos


async def _get_me(needed: Mapping[str, tuple[Role, ...] | None], asked: Asked) -> Me:
    caller, services = asked.caller, asked.services
    return Me(
        subject=caller.subject,
        roles=tuple(sorted(map(str, caller.roles))),
        token_id=caller.token_id,
        expires_at=services.sessions.ends_at(asked.credentials),
        authentication="on" if services.health_checks.auth.enabled else "off",
        may={name: roles is None or caller.has(*roles) for name, roles in needed.items()},
        server_time=services.clock.now(),
    )


def routes(others: Sequence[Route]) -> tuple[Route, ...]:
    """The row that says what a caller may do of all `others`."""
    needed = {row.name: row.roles for row in others} | {NAME: EVERYONE}
    row = Route(
        method="GET",
        path="/v1/me",
        name=NAME,
        summary="Who is asking, until when, and what their roles allow.",
        family="live",
        roles=EVERYONE,
        handle=partial(_get_me, needed),
        answer=Me,
    )
    return (row,)

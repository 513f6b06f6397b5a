"""/v1/me: who the caller is, and what their roles allow."""

from msgspec import Struct

from market_maker.api.routes import EVERYONE, Asked, Route
from market_maker.model.units import Nanos


class Me(Struct, frozen=True, kw_only=True):
    """The authenticated caller. roles: what it was granted; server_time: now, by the service."""

    subject: str
    roles: tuple[str, ...]
    server_time: Nanos


async def _get_me(asked: Asked) -> Me:
    roles = tuple(sorted(map(str, asked.caller.roles)))
    return Me(subject=asked.caller.subject, roles=roles, server_time=asked.services.clock.now())


ROUTES = (
    Route(
        method="GET",
        path="/v1/me",
        name="getMe",
        summary="Who is asking, and with which roles.",
        family="live",
        roles=EVERYONE,
        handle=_get_me,
        answer=Me,
    ),
)

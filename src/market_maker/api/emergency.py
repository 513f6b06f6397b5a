"""/v1/mm: everything at once: look, kill, flatten."""

from typing import Annotated, Any

from market_maker.api.literals import line
from market_maker.api.live import Glance, glance
from market_maker.api.pace import Pace
from market_maker.api.routes import (
    EVERYONE,
    STOPPERS,
    Asked,
    EmptyBody,
    Fields,
    Route,
    RouteAnswer,
)
from market_maker.operations.views import EmergencyView, ResetView

REASON_LENGTH_MAX = 500

Reason = Annotated[str, line(REASON_LENGTH_MAX)]


class KillBody(Fields):
    """reason: why, for the audit log."""

    reason: Reason = ""


class FlattenBody(Fields):
    """unwind: work positions down with reduce-only quotes before pausing."""

    reason: Reason = ""
    unwind: bool = False


async def _get_summary(asked: Asked) -> RouteAnswer:
    return RouteAnswer(value=glance(await asked.application.controls.summary()))


async def _kill(asked: Asked) -> RouteAnswer:
    reason = asked.body_as(KillBody).reason
    return RouteAnswer(value=await asked.application.controls.kill(asked.caller, reason))


async def _flatten(asked: Asked) -> RouteAnswer:
    body = asked.body_as(FlattenBody)
    view = await asked.application.controls.flatten(asked.caller, body.reason, unwind=body.unwind)
    return RouteAnswer(value=view)


async def _reset(asked: Asked) -> RouteAnswer:
    return RouteAnswer(value=await asked.application.controls.reset())


def _row(path: str, name: str, summary: str, handle: Any, **more: Any) -> Route:
    row: dict[str, Any] = {"path": path, "name": name, "summary": summary, "handle": handle}
    stop: dict[str, Any] = {
        "method": "POST",
        "family": "emergency",
        "roles": STOPPERS,
        "answer": EmergencyView,
        "pace": Pace.STOP,
        "optional_body": True,
    }
    return Route(**row | stop | more)


ROUTES = (
    _row(
        "/v1/mm/status",
        "getSummary",
        "Every engine at a glance.",
        _get_summary,
        method="GET",
        roles=EVERYONE,
        answer=Glance,
        pace=Pace.READ,
        optional_body=False,
    ),
    _row(
        "/v1/mm/emergency/kill",
        "killAll",
        "Every engine to HALTED, every order cancelled.",
        _kill,
        body=KillBody,
    ),
    _row(
        "/v1/mm/emergency/flatten",
        "flattenAll",
        "Every engine to PAUSED, every order cancelled.",
        _flatten,
        body=FlattenBody,
    ),
    _row(
        "/v1/mm/reset",
        "reset",
        "Changes nothing; says how each pool is resumed.",
        _reset,
        answer=ResetView,
        pace=Pace.WRITE,
        body=EmptyBody,
    ),
)

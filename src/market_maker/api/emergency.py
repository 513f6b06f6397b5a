"""/v1/mm: all pools at once: status, kill, flatten."""

from typing import Annotated

from msgspec import Struct
from msgspec.structs import replace

from market_maker.api.filters import Why
from market_maker.api.pace import Pace
from market_maker.api.reading import Body
from market_maker.api.routes import (
    EVERYONE,
    NO_BODY,
    STOPPERS,
    Asked,
    rows_of,
)
from market_maker.model.fields import meaning
from market_maker.operations.views import EmergencyView, Glance, ResetView


class KillBody(Struct, frozen=True):
    """reason: why, for the audit log."""

    reason: Why = ""


class FlattenBody(Struct, frozen=True):
    """unwind: work positions down with reduce-only quotes before pausing."""

    reason: Why = ""
    unwind: Annotated[bool, meaning("Work positions down before pausing.")] = False


async def _get_summary(asked: Asked) -> Glance:
    glance = await asked.application.controls.summary()
    return replace(glance, connected=asked.services.health_checks.connected)


async def _kill(asked: Asked) -> EmergencyView:
    return await asked.application.controls.kill(asked.caller, asked.body_as(KillBody).reason)


async def _flatten(asked: Asked) -> EmergencyView:
    body = asked.body_as(FlattenBody)
    return await asked.application.controls.flatten(asked.caller, body.reason, unwind=body.unwind)


async def _reset(asked: Asked) -> ResetView:
    return await asked.application.controls.reset()


_row = rows_of(
    "emergency",
    method="POST",
    roles=STOPPERS,
    answer=EmergencyView,
    pace=Pace.STOP,
    optional_body=True,
)


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
        body=Body(kind=KillBody),
    ),
    _row(
        "/v1/mm/emergency/flatten",
        "flattenAll",
        "Every engine to PAUSED, every order cancelled.",
        _flatten,
        body=Body(kind=FlattenBody),
    ),
    _row(
        "/v1/mm/reset",
        "reset",
        "Changes nothing; says how each pool is resumed.",
        _reset,
        answer=ResetView,
        pace=Pace.WRITE,
        body=NO_BODY,
    ),
)

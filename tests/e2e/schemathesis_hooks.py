"""What schemathesis must know to get further than the door: tokens, and names of things that
exist. Loaded by its command line (SCHEMATHESIS_HOOKS)."""

import os
import uuid
from pathlib import Path

import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.generation.meta import TestPhase

from market_maker.api.bearer import Grant, signed
from market_maker.api.keys import development_key
from market_maker.clocks import WallClock
from market_maker.model.caller import Role
from tests.unit.api.bodies import MEMBER, PARTICIPANT, POOL

SYMBOLS = ("BTCUSDT-PERP", "DOGEUSDT-PERP", "ETHUSDT-PERP", "SOLUSDT-PERP", "XYZUSDT-PERP")
KEY = development_key(Path(os.environ["MM_DATA_DIR"]))  # noqa: TID251  by test_schemathesis
PARTICIPANTS = ["nobody"]
"""Those that were enrolled, newest last."""
MEMBERS = [("XYZUSDT-PERP", "nobody")]
"""Symbol and participant of those that were added, newest last."""


@schemathesis.auth(cache_by_key=lambda *_: uuid.uuid4().hex)
class FreshToken:
    """A token for every call, so that none is called too often."""

    def get(self, _case, _context):
        grant = Grant(
            subject="schemathesis", roles=tuple(Role), life=900, token_id=uuid.uuid4().hex
        )
        return signed(grant, KEY, WallClock().now())

    def set(self, case, data, _context):
        case.headers["Authorization"] = f"Bearer {data}"


@schemathesis.hook
def before_call(_context, case, **_):
    """Every other valid call is about something that may exist, and would be accepted."""
    meta = case.meta
    if meta is None or meta.generation.mode is not GenerationMode.POSITIVE:
        return
    chance = len(repr((case.body, case.path_parameters)))
    if meta.phase.name not in {TestPhase.FUZZING, TestPhase.STATEFUL} or chance % 2:
        return
    operation = case.operation.definition.raw["operationId"]
    symbol, participant = SYMBOLS[chance // 2 % len(SYMBOLS)], PARTICIPANTS[-1]
    if operation in {"changeMember", "removeMember"}:
        symbol, participant = MEMBERS[-1]
    for name, value in (("symbol", symbol), ("participant_id", participant)):
        if name in case.path_parameters and meta.phase.name is TestPhase.FUZZING:
            case.path_parameters[name] = value
    given = realistic(operation, symbol)
    if given is not None:
        case.body = given


BODIES = {
    "createPool": POOL,
    "replacePool": POOL,
    "enrollParticipant": PARTICIPANT,
    "changeMember": {"capital_weight_pct": "4"},
    "changeParticipant": {"tier": "TIER_3", "revenue_share_pct": 12.5},
    "runSettlement": {"month": "2026-01", "dry_run": True},
    "replaceObligations": {"uptime_min_pct": "95", "spread_max_bps": "20"},
    "rejectSettlement": {"reason": "none of it is right"},
    "markSettlementFailed": {"reason": "account closed"},
}


def realistic(operation, symbol):
    """A body as an operator would send it."""
    if operation == "addMember":
        return MEMBER | {"participant_id": PARTICIPANTS[-1], "capital_weight_pct": "5"}
    body = BODIES.get(operation)
    return body | {"symbol": symbol} if body is POOL else body


@schemathesis.hook
def after_call(_context, case, response):
    """Remember who was enrolled."""
    operation = case.operation.definition.raw["operationId"]
    if operation == "enrollParticipant" and response.status_code == 201:
        PARTICIPANTS.append(response.json()["participant_id"])
    if operation == "addMember" and response.status_code == 201:
        MEMBERS.append((response.json()["symbol"], response.json()["participant_id"]))

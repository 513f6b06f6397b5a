"""/v1/audit: who did what, and why; read-only."""

import json
from typing import Annotated, Any

from msgspec import Struct

from market_maker.api.filters import SpanQuery
from market_maker.api.paging import filters_of, sorted_by
from market_maker.api.routes import AUDITORS, Asked, Route
from market_maker.journaling.audit import DONE, covered_by_hash
from market_maker.model.fields import choice, line
from market_maker.model.records import AuditCriteria, AuditRecord, Page
from market_maker.model.units import Nanos

REFUSED = "refused"
"""Asks for every result but `done`: it says why."""


class AuditQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= time of the call < until. target: a symbol, a participant, a path."""

    subject: Annotated[str | None, line(128, "Who called.", 1)] = None
    action: Annotated[str | None, line(128, "What was asked for.", 1)] = None
    target: Annotated[str | None, line(128, "A symbol, a participant, a path.", 1)] = None
    q: Annotated[str | None, line(64, "Words in who, what, of what or why.", 1)] = None
    result: Annotated[str | None, choice((DONE, REFUSED), "What became of it.")] = None
    sort: Annotated[str, sorted_by("seq")] = "-seq"


class AuditRecordView(Struct, frozen=True, kw_only=True):
    """One record. before, after: what the call changed, as objects, null where there was none; the
    hash covers them as JSON text with sorted keys and no spaces, and null as the empty text.
    covered: the text that `hash` is the SHA-256 of, behind prev_hash, to be computed again."""

    seq: int
    ts: Nanos
    subject: str
    roles: str
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    reason: str
    result: str
    trace_id: str
    prev_hash: str
    hash: str
    covered: str


async def _list_audit(asked: Asked) -> Page[AuditRecordView]:
    query = asked.query_as(AuditQuery)
    given = filters_of(query)
    given["words"] = given.pop("q", None)
    if given.get("result") == REFUSED:
        given |= {"result": None, "other_result": DONE}
    criteria = AuditCriteria(**given, backwards=query.sort == "seq")
    page = await asked.services.trail.page(criteria, query.limit, query.cursor)
    return Page(tuple(map(_view, page.items)), page.next_cursor)


def _view(record: AuditRecord) -> AuditRecordView:
    names = (name for name in AuditRecordView.__struct_fields__ if name != "covered")
    fields = {name: getattr(record, name) for name in names} | {"covered": covered_by_hash(record)}
    for name in ("before", "after"):
        fields[name] = json.loads(fields[name]) if fields[name] else None
    return AuditRecordView(**fields)


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit",
        name="listAudit",
        summary="Every privileged call, newest first, in a chain of hashes.",
        family="audit",
        roles=AUDITORS,
        handle=_list_audit,
        answer=AuditRecordView,
        paged=True,
        query=AuditQuery,
    ),
)

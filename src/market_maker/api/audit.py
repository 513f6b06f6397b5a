"""/v1/audit: who did what, and why; read-only."""

from typing import Annotated

from market_maker.api.filters import SpanQuery
from market_maker.api.paging import filters_of
from market_maker.api.routes import AUDITORS, Asked, Route
from market_maker.model.fields import line
from market_maker.model.records import AuditCriteria, AuditRecord, Page


class AuditQuery(SpanQuery, frozen=True, kw_only=True):
    """since <= time of the call < until. target: a symbol, a participant, a path."""

    subject: Annotated[str | None, line(128, "Who called.", 1)] = None
    action: Annotated[str | None, line(128, "What was asked for.", 1)] = None
    target: Annotated[str | None, line(128, "A symbol, a participant, a path.", 1)] = None


async def _list_audit(asked: Asked) -> Page[AuditRecord]:
    query = asked.query_as(AuditQuery)
    criteria = AuditCriteria(**filters_of(query))
    return await asked.services.trail.page(criteria, query.limit, query.cursor)


ROUTES = (
    Route(
        method="GET",
        path="/v1/audit",
        name="listAudit",
        summary="Every privileged call, newest first, in a chain of hashes.",
        family="audit",
        roles=AUDITORS,
        handle=_list_audit,
        answer=AuditRecord,
        paged=True,
        query=AuditQuery,
    ),
)

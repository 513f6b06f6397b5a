"""/v1/audit: who did what, and why; read-only."""

from typing import Annotated

from market_maker.api.literals import Time, line, write_time
from market_maker.api.paging import PageQuery
from market_maker.api.routes import AUDITORS, Asked, Route, RouteAnswer
from market_maker.model.errors import InvalidFieldError
from market_maker.model.records import AuditCriteria, AuditRecord

CRITERION_LENGTH_MAX = 128

Criterion = Annotated[str, line(CRITERION_LENGTH_MAX, 1)]


class AuditQuery(PageQuery):
    """since <= time of the call < until. target: a symbol, a participant, a path."""

    subject: Criterion | None = None
    action: Criterion | None = None
    target: Criterion | None = None
    since: Time | None = None
    until: Time | None = None


async def _list_audit(asked: Asked) -> RouteAnswer:
    query = asked.query_as(AuditQuery)
    if query.since is not None and query.until is not None and query.since > query.until:
        raise InvalidFieldError("until", write_time(query.until), "a time not before since")
    criteria = AuditCriteria(**query.model_dump(exclude={"limit", "cursor"}))
    return RouteAnswer(value=await asked.services.trail.page(criteria, query.limit, query.cursor))


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

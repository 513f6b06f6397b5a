"""/v1/alerts: what calls for an operator, and who has seen it."""

from typing import Annotated

from msgspec import Struct

from market_maker.api.filters import OfSymbol
from market_maker.api.pace import Pace
from market_maker.api.paging import PageQuery, filters_of
from market_maker.api.reading import Body
from market_maker.api.routes import EVERYONE, STOPPERS, Asked, Route, command
from market_maker.model.alerts import AlertCriteria, AlertSeverity, AlertState
from market_maker.model.fields import line, meaning
from market_maker.model.records import Page
from market_maker.operations.alert_views import AlertView, alert_view


class AlertsQuery(PageQuery, frozen=True, kw_only=True):
    """Without a state: all, newest first."""

    state: Annotated[AlertState | None, meaning("In this state only.")] = None
    severity: Annotated[AlertSeverity | None, meaning("Of this severity only.")] = None
    symbol: OfSymbol = None


class AcknowledgeBody(Struct, frozen=True):
    """note: what was seen or done, for the audit log."""

    note: Annotated[str, line(500, "What was seen or done.")] = ""


async def _list(asked: Asked) -> Page[AlertView]:
    query = asked.query_as(AlertsQuery)
    criteria = AlertCriteria(**filters_of(query))
    page = await asked.application.alerts.page(criteria, query.limit, query.cursor)
    return Page(tuple(map(alert_view, page.items)), page.next_cursor)


async def _acknowledge(asked: Asked) -> AlertView:
    note = asked.body_as(AcknowledgeBody).note
    alerts = asked.application.alerts
    return alert_view(await alerts.acknowledge(asked.caller, asked.path["alert_id"], note))


ROUTES = (
    Route(
        method="GET",
        path="/v1/alerts",
        name="listAlerts",
        summary="What calls for an operator, newest first.",
        family="alerts",
        roles=EVERYONE,
        handle=_list,
        answer=AlertView,
        paged=True,
        query=AlertsQuery,
    ),
    command(
        "/v1/alerts/{alert_id}/acknowledge",
        "acknowledgeAlert",
        "Put on record that you have seen an alert; it stays until its cause is gone.",
        family="alerts",
        roles=STOPPERS,
        handle=_acknowledge,
        answer=AlertView,
        body=Body(kind=AcknowledgeBody),
        pace=Pace.WRITE,
    ),
)

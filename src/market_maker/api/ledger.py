"""/v1/ledger: the entries that everything about money is derived from; read-only."""

from typing import Annotated

from market_maker.api.literals import CHOICE, Name, Time
from market_maker.api.paging import PageQuery
from market_maker.api.records import checked_span
from market_maker.api.routes import AUDITORS, Asked, Route, RouteAnswer
from market_maker.model.money import EntryKind, LedgerEntry
from market_maker.model.records import LedgerCriteria
from market_maker.model.units import ParticipantId


class LedgerQuery(PageQuery):
    """participant_id: whose entries. since <= time of the cause < until. symbol, kind: of these
    only."""

    participant_id: Name
    symbol: Name | None = None
    kind: Annotated[EntryKind, CHOICE] | None = None
    since: Time | None = None
    until: Time | None = None


async def _list_entries(asked: Asked) -> RouteAnswer:
    query = asked.query_as(LedgerQuery)
    checked_span(query.since, query.until)
    criteria = LedgerCriteria(
        participant_id=ParticipantId(query.participant_id),
        symbol=query.symbol,
        kind=query.kind,
        since=query.since,
        until=query.until,
    )
    return RouteAnswer(
        value=await asked.application.books.entries(criteria, query.limit, query.cursor)
    )


ROUTES = (
    Route(
        method="GET",
        path="/v1/ledger",
        name="listLedgerEntries",
        summary="A participant's ledger entries in the order of posting; each sums to zero.",
        family="settlements",
        roles=AUDITORS,
        handle=_list_entries,
        answer=LedgerEntry,
        paged=True,
        query=LedgerQuery,
        finds=True,
    ),
)

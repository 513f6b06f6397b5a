"""/v1/ledger: the entries that everything about money is derived from; read-only."""

from typing import Annotated

from market_maker.api.filters import OfSymbol, SpanQuery
from market_maker.api.paging import filters_of, sorted_by
from market_maker.api.routes import AUDITORS, Asked, Route
from market_maker.model.fields import meaning, name
from market_maker.model.money import EntryKind, LedgerEntry
from market_maker.model.records import LedgerCriteria, Page
from market_maker.model.units import ParticipantId


class LedgerQuery(SpanQuery, frozen=True, kw_only=True):
    """participant_id: whose entries. since <= time of the cause < until. symbol, kind: of these
    only."""

    participant_id: Annotated[ParticipantId, name("Whose entries.")]
    symbol: OfSymbol = None
    kind: Annotated[EntryKind | None, meaning("Of this kind only.")] = None
    sort: Annotated[str, sorted_by("entry_id")] = "entry_id"


async def _list_entries(asked: Asked) -> Page[LedgerEntry]:
    query = asked.query_as(LedgerQuery)
    criteria = LedgerCriteria(**filters_of(query), backwards=query.sort.startswith("-"))
    return await asked.application.books.entries(criteria, query.limit, query.cursor)


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

"""The books, to be read: fills taken apart, and the ledger's entries."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import NotFoundError
from market_maker.model.money import EntryKind, FillMarks, LedgerEntry
from market_maker.model.orders import Side
from market_maker.model.records import Criteria, FillRecord, LedgerCriteria, Page
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Instruments, Store, Unit, listed
from market_maker.settlement.attribution import fill_parts
from market_maker.settlement.posting import fill_ref


class AttributedFill(Struct, frozen=True, kw_only=True):
    """One fill and where its money came from. price, mid: quote currency; size: base currency;
    fee_usdt > 0 is a cost. realised_usdt: of the position that it closed, by average cost.
    edge_usdt: gained against the mid of that moment; markout_1s_usdt and so on: against the mid
    so much later; adverse_usdt: what the mid took back within 60 s. None: no mid was known, or not
    yet."""

    symbol: str
    trade_id: int
    client_order_id: str
    participant_id: ParticipantId
    side: Side
    level: int
    config_version: int
    price: Decimal
    size: Decimal
    mid: Decimal | None
    fee_usdt: Decimal
    realised_usdt: Decimal
    edge_usdt: Decimal | None
    markout_1s_usdt: Decimal | None
    markout_5s_usdt: Decimal | None
    markout_30s_usdt: Decimal | None
    markout_60s_usdt: Decimal | None
    adverse_usdt: Decimal | None
    ts_event: Nanos


class FillAttribution:
    """Read-only."""

    def __init__(self, store: Store, instruments: Instruments) -> None:
        self._store, self._instruments = store, instruments

    async def fills(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[AttributedFill]:
        """Newest first. Raises NotFoundError for an unknown instrument, InvalidFieldError for a
        bad limit or cursor."""
        if criteria.symbol is not None:
            listed(self._instruments, criteria.symbol)
        async with self._store.reading() as unit:
            page = await unit.fills.page(criteria, limit, cursor)
            rows = await _attributed(unit, page.items)
        return Page(rows, page.next_cursor)

    async def entries(
        self, criteria: LedgerCriteria, limit: int, cursor: str | None = None
    ) -> Page[LedgerEntry]:
        """In the order of posting. Raises NotFoundError for an unknown participant,
        InvalidFieldError for a bad limit or cursor."""
        async with self._store.reading() as unit:
            name = criteria.participant_id
            if name is not None and await unit.participants.get(name) is None:
                raise NotFoundError("participant", name)
            return await unit.ledger.page(criteria, limit, cursor)


async def _attributed(unit: Unit, fills: Sequence[FillRecord]) -> tuple[AttributedFill, ...]:
    if not fills:
        return ()
    marks = {_names(seen): seen for seen in await unit.fill_marks.of(fills)}
    entries = await unit.ledger.caused(EntryKind.FILL, [fill_ref(fill) for fill in fills])
    realised = {entry.ref: entry.realised for entry in entries}
    orders = await unit.orders.get(sorted({fill.client_order_id for fill in fills}))
    versions = {order.client_order_id: order.config_version for order in orders}
    return tuple(
        _row(fill, marks.get(_names(fill)), realised[fill_ref(fill)], versions) for fill in fills
    )


def _row(
    fill: FillRecord, marks: FillMarks | None, realised: Decimal, versions: dict[str, int]
) -> AttributedFill:
    parts = fill_parts(fill, marks)
    return AttributedFill(
        **shared_fields(AttributedFill, fill, but=("price", "size")),
        **shared_fields(AttributedFill, parts),
        config_version=versions[fill.client_order_id],
        fee_usdt=parts.fee,
        realised_usdt=realised.copy_negate(),
        edge_usdt=parts.edge,
        markout_1s_usdt=parts.markout_1s,
        markout_5s_usdt=parts.markout_5s,
        markout_30s_usdt=parts.markout_30s,
        markout_60s_usdt=parts.markout_60s,
        adverse_usdt=parts.adverse,
    )


def _names(of: FillRecord | FillMarks) -> tuple[str, str, int, str]:
    return of.symbol, of.account_id, of.trade_id, of.client_order_id

"""What ledger entries were posted for: fills in the order of storing, payments, settlements."""

from typing import TypeAlias

from msgspec import Struct

from market_maker.accounting.ledger_entries import Findings
from market_maker.model.money import (
    EntryKind,
    FillMarks,
    FundingRecord,
    LedgerEntry,
    SettlementRecord,
    SettlementStatus,
)
from market_maker.model.records import (
    ActivityCriteria,
    FillRecord,
    NumberedFill,
    SettlementCriteria,
)
from market_maker.model.units import Nanos
from market_maker.ports import Unit
from market_maker.settlement.arithmetic import wrong_amounts
from market_maker.settlement.posting import fill_ref, funding_ref

AT_ONCE = 5_000
"""Rows that are read together."""
AHEAD_MAX = 100_000
"""How far the walk along the fills runs ahead to find the fill of an entry."""

APPROVED = (SettlementStatus.APPROVED, SettlementStatus.SETTLED, SettlementStatus.FAILED)

Identity: TypeAlias = tuple[str, str, int, str]


class Found(Struct, frozen=True):
    """A fill, and the mids after it where they are known."""

    numbered: NumberedFill
    marks: FillMarks | None


class FillWalk:
    """Along the fills, in the order in which they were stored. seen: how many were read."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._after = self._last = 0
        self._waiting: dict[str, Found] = {}
        self.seen = 0

    async def begin(self, since: Nanos, until: Nanos) -> None:
        """The walk goes from the first to the last fill that happened in this span."""
        first, last = await self._unit.fills.bounds(since, until) or (1, 0)
        self._after, self._last = first - 1, last

    async def take(self, ref: str) -> Found | None:
        """The fill of an entry; no other entry gets it."""
        while ref not in self._waiting and len(self._waiting) < AHEAD_MAX and await self._read():
            pass
        return self._waiting.pop(ref, None)

    async def rest(self) -> list[FillRecord]:
        """Those that no entry asked for."""
        while await self._read():
            pass
        return [found.numbered.fill for found in self._waiting.values()]

    async def _read(self) -> bool:
        """Whether there were more."""
        if self._after >= self._last:
            return False
        fills = await self._unit.fills.stored(self._after, AT_ONCE)
        fills = tuple(each for each in fills if each.number <= self._last)
        seen = await self._unit.fill_marks.numbered(self._after, fills[-1].number)
        marks = {_identity(each): each for each in seen}
        for each in fills:
            self._waiting[fill_ref(each.fill)] = Found(each, marks.get(_identity(each.fill)))
        self._after = fills[-1].number
        self.seen += len(fills)
        return True


def _identity(of: FillRecord | FillMarks) -> Identity:
    return of.symbol, of.account_id, of.trade_id, of.client_order_id


class Causes:
    """Payments and settlements, which are few: all in memory."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._payments: dict[str, FundingRecord] = {}
        self._records: dict[str, SettlementRecord] = {}
        self._posted: dict[EntryKind, set[str]] = {kind: set() for kind in EntryKind}

    async def read(self, since: Nanos, until: Nanos) -> None:
        """Payments of the span, and all settlements."""
        asked, cursor = ActivityCriteria(since=since, until=until), None
        while True:
            page = await self._unit.funding.page(asked, AT_ONCE, cursor)
            self._payments |= {funding_ref(paid): paid for paid in page.items}
            cursor = page.next_cursor
            if cursor is None:
                break
        while True:
            found = await self._unit.settlements.page(SettlementCriteria(), AT_ONCE, cursor)
            self._records |= {record.settlement_id: record for record in found.items}
            cursor = found.next_cursor
            if cursor is None:
                return

    async def take(self, entry: LedgerEntry) -> FundingRecord | SettlementRecord | None:
        """What an entry that is no fill was posted for."""
        self._posted[entry.kind].add(entry.ref)
        if entry.kind is not EntryKind.FUNDING:
            return self._records.get(entry.ref)
        return self._payments.get(entry.ref) or await self._payment(entry)

    async def _payment(self, entry: LedgerEntry) -> FundingRecord | None:
        """One that lies outside of the span, between entries that lie inside."""
        asked = ActivityCriteria(
            symbol=entry.symbol,
            participant_id=entry.participant_id,
            since=entry.ts_event,
            until=Nanos(entry.ts_event + 1),
        )
        page = await self._unit.funding.page(asked, 1)
        return next((paid for paid in page.items if funding_ref(paid) == entry.ref), None)

    def finish(self, findings: Findings, *, whole: bool) -> None:
        """Say what was not posted, or should not have been. whole: all entries were taken."""
        for ref in self._payments:
            if ref not in self._posted[EntryKind.FUNDING]:
                findings.add(f"funding {ref!r}", "has no entry")
        if whole:
            for record in self._records.values():
                self._judge(findings, record)

    def _judge(self, findings: Findings, record: SettlementRecord) -> None:
        about, status = f"settlement {record.settlement_id!r}", record.status
        for name, amount in wrong_amounts(record).items():
            said = getattr(record, name)
            findings.add(about, f"{name} is {said}, its components and terms make it {amount}")
        moves = bool(record.platform_amount_usdt or record.amount_usdt)
        for kind, due in (
            (EntryKind.SETTLEMENT, status in APPROVED),
            (EntryKind.TRANSFER, status is SettlementStatus.SETTLED),
        ):
            posted = record.settlement_id in self._posted[kind]
            if due and moves and not posted:
                findings.add(about, f"is {status} and has no {kind} entry")
            if posted and not due:
                findings.add(about, f"is {status} and has a {kind} entry")

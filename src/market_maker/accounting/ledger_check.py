"""Check of the whole ledger: every fill, payment and settlement is folded once more.

Two walks side by side, along the entries and along the fills in the order in which they were
stored, which is the order of posting: so neither needs to be in memory as a whole.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

from msgspec import Struct

from market_maker.accounting.activity_check import ActivityCheck
from market_maker.accounting.ledger_causes import Causes, FillWalk, Found
from market_maker.accounting.ledger_entries import Examiner, Finding, Findings
from market_maker.model.calendar import Month
from market_maker.model.exact import ZERO, signed
from market_maker.model.money import ActivityRecord, EntryKind, LedgerEntry
from market_maker.model.records import LedgerCriteria
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Store, Unit
from market_maker.settlement.attribution import activity_of_fill, activity_of_marks
from market_maker.settlement.posting import fill_ref

AT_ONCE = 5_000
"""Entries that are read together."""
FOREVER = Nanos(2**63 - 1)

Progress = Callable[[int, int], None]


class LedgerVerdict(Struct, frozen=True):
    """What was checked, what each account sums to, and what is wrong: the first findings, and
    how many there are. hours: stored sums by hour that were compared."""

    entries: int
    fills: int
    hours: int
    totals: Mapping[str, Decimal]
    findings: tuple[Finding, ...]
    count: int


async def check_ledger(store: Store, month: Month | None, progress: Progress) -> LedgerVerdict:
    """Check everything, or what happened within a month: what was held before it is then
    taken as given. progress: called with the entries done, and all there are."""
    async with store.reading() as unit:
        return await _Check(unit, month).run(progress)


class _Check:
    def __init__(self, unit: Unit, month: Month | None) -> None:
        self._unit, self._whole = unit, month is None
        self._since = Nanos(0) if month is None else month.start
        self._until = FOREVER if month is None else month.end
        self._findings = Findings()
        self._activity = ActivityCheck(unit, self._since, self._until)
        self._fills = FillWalk(unit)
        self._causes = Causes(unit)
        self._entries_read = 0

    async def run(self, progress: Progress) -> LedgerVerdict:
        first, last = await self._unit.ledger.bounds(self._since, self._until) or (1, 0)
        examiner = Examiner(self._findings, 0 if self._whole else first - 1)
        await self._fills.begin(self._since, self._until)
        await self._causes.read(self._since, self._until)
        after = first - 1
        while after < last:
            criteria = LedgerCriteria(after_entry=after, upto_entry=last)
            entries = (await self._unit.ledger.page(criteria, AT_ONCE)).items
            for entry in entries:
                await self._take(examiner, entry)
            await self._activity.compare()
            after = entries[-1].entry_id
            progress(after - first + 1, last - first + 1)
        await self._finish(examiner)
        found = self._findings
        return LedgerVerdict(
            entries=self._entries_read,
            fills=self._fills.seen,
            hours=self._activity.groups,
            totals=examiner.totals,
            findings=tuple(found.kept),
            count=found.count,
        )

    async def _take(self, examiner: Examiner, entry: LedgerEntry) -> None:
        pair = (entry.symbol, entry.participant_id)
        if not examiner.knows(pair):
            held = await self._unit.ledger.latest(*pair, before_entry=entry.entry_id)
            examiner.begin(pair, held)
        self._entries_read += 1
        if entry.kind is not EntryKind.FILL:
            examiner.take(entry, await self._causes.take(entry))
            return
        found = await self._fills.take(entry.ref)
        right = examiner.take(entry, None if found is None else found.numbered.fill)
        if found is not None:
            for record in _activity(found, right):
                self._activity.take(record)

    async def _finish(self, examiner: Examiner) -> None:
        for fill in await self._fills.rest():
            if self._since <= fill.ts_event < self._until:
                self._findings.add(f"fill {fill_ref(fill)!r}", "has no entry")
        self._causes.finish(self._findings, whole=self._whole)
        if self._whole:
            await self._compare_positions(examiner)
        await self._activity.finish(self._findings)

    async def _compare_positions(self, examiner: Examiner) -> None:
        """By another path: the database's own sum over fills."""
        sums: dict[str, Mapping[ParticipantId, Decimal]] = {}
        for symbol, participant_id in examiner.pairs:
            if symbol not in sums:
                sums[symbol] = await self._unit.fills.positions(symbol)
            held = examiner.traded((symbol, participant_id))
            right = sums[symbol].get(participant_id, ZERO)
            if held != right:
                about = f"position of {participant_id} in {symbol}"
                self._findings.add(about, f"is {held} by the ledger and {right} by the fills")


def _activity(found: Found, right: LedgerEntry) -> Iterator[ActivityRecord]:
    fill, version = found.numbered.fill, found.numbered.config_version
    yield activity_of_fill(fill, signed(-1, right.realised), version)
    if found.marks is not None:
        yield activity_of_marks(fill, found.marks, version)

"""The ledger is kept here: what was stored is posted, in the transaction that stores it."""

from collections.abc import Callable, Mapping, Sequence

from market_maker.model.errors import InvalidDataError
from market_maker.model.exact import exact
from market_maker.model.money import ActivityRecord, EntryKind, FundingRecord, LedgerEntry
from market_maker.model.records import FillRecord, NumberedFill
from market_maker.model.units import Nanos, ParticipantId
from market_maker.ports import Clock, Store, Unit
from market_maker.settlement.attribution import activity_of_fill
from market_maker.settlement.average_cost import Held
from market_maker.settlement.posting import fill_entry, fill_ref, funding_entry, held_after

FILLS_AT_ONCE = 2_000
"""Fills in one transaction of `post_stored`: it goes on there if it is interrupted."""

Pair = tuple[str, ParticipantId]


class Bookkeeper:
    """Posts fills and funding. It remembers all holdings as long as the ledger's newest
    entry is the one that it posted itself: not after a rollback, nor after another writer's
    posting."""

    def __init__(self) -> None:
        self._newest: LedgerEntry | None = None
        self._held: dict[Pair, Held] = {}

    async def post(
        self,
        unit: Unit,
        fills: Sequence[FillRecord],
        versions: Mapping[str, int],
        posted_at: Nanos,
    ) -> tuple[LedgerEntry, ...]:
        """Post what was stored just now, in this order, and add it to the sums of its hours.
        versions: of the configuration, by client_order_id. Raises InvalidDataError if one of them
        was posted before."""
        if not fills:
            return ()
        held = await self._holdings(unit, [(fill.symbol, fill.participant_id) for fill in fills])
        entries = []
        for fill in fills:
            pair = (fill.symbol, fill.participant_id)
            entry = fill_entry(fill, held[pair], posted_at)
            held[pair] = held_after(entry)
            entries.append(entry)
        posted = await self._write(unit, entries, held)
        await unit.activity.add(_activity(fills, posted, versions))
        return posted

    async def fund(
        self, unit: Unit, payments: Sequence[FundingRecord], posted_at: Nanos
    ) -> tuple[LedgerEntry, ...]:
        """Post funding payments that were stored just now. Raises InvalidDataError as above."""
        if not payments:
            return ()
        held = await self._holdings(unit, [(paid.symbol, paid.participant_id) for paid in payments])
        entries = [
            funding_entry(paid, held[paid.symbol, paid.participant_id], posted_at)
            for paid in payments
        ]
        return await self._write(unit, entries, held)

    async def _holdings(self, unit: Unit, pairs: Sequence[Pair]) -> dict[Pair, Held]:
        """A copy: the transaction may yet come to nothing."""
        if await unit.ledger.newest() != self._newest:
            self._held = {}
        found: dict[Pair, Held] = {}
        for pair in pairs:
            if pair not in found:
                known = self._held.get(pair)
                found[pair] = known or held_after(await unit.ledger.latest(*pair))
        return found

    async def _write(
        self, unit: Unit, entries: Sequence[LedgerEntry], held: Mapping[Pair, Held]
    ) -> tuple[LedgerEntry, ...]:
        posted = await unit.ledger.post(entries)
        if len(posted) != len(entries):
            new = {entry.ref for entry in posted}
            known = next((entry.ref for entry in entries if entry.ref not in new), entries[0].ref)
            raise InvalidDataError("ledger", f"{known} is stored just now, and was posted before")
        self._newest = posted[-1]
        self._held.update(held)
        return posted


def _activity(
    fills: Sequence[FillRecord], posted: Sequence[LedgerEntry], versions: Mapping[str, int]
) -> list[ActivityRecord]:
    with exact():
        return [
            activity_of_fill(fill, -entry.realised, versions[fill.client_order_id])
            for fill, entry in zip(fills, posted, strict=True)
        ]


async def unposted(unit: Unit, fills: Sequence[NumberedFill]) -> list[NumberedFill]:
    """Those without an entry."""
    refs = [fill_ref(each.fill) for each in fills]
    known = await unit.ledger.posted(EntryKind.FILL, refs)
    return [each for each, ref in zip(fills, refs, strict=True) if ref not in known]


async def is_complete(store: Store) -> bool:
    """Whether the fill that was stored last is posted: so is then every one before it, because
    fills are posted in the order in which they were stored."""
    async with store.reading() as unit:
        last = await unit.fills.newest()
        return last is None or not await unposted(unit, (last,))


async def post_stored(store: Store, clock: Clock, progress: Callable[[int, int], None]) -> int:
    """Post fills that an earlier version stored, which had no ledger; returns how many. An
    interrupted one goes on where it was. progress: called with the fills done, and all there are.
    No other task stores fills meanwhile."""
    if await is_complete(store):
        return 0
    books, posted, after, seen = Bookkeeper(), 0, 0, 0
    async with store.reading() as unit:
        total = await unit.fills.count()
    while True:
        async with store.transaction() as unit:
            fills = await unit.fills.stored(after, FILLS_AT_ONCE)
            missing = await unposted(unit, fills)
            versions = {each.fill.client_order_id: each.config_version for each in missing}
            rows = [each.fill for each in missing]
            await books.post(unit, rows, versions, clock.now())
        posted += len(missing)
        if not fills:
            return posted
        after, seen = fills[-1].number, seen + len(fills)
        progress(seen, total)

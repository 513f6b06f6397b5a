"""The audit log: who did what, and why, in a chain that shows what was done to it since.

Each record's hash covers the hash of the record before it and every field of its own. So an edit,
a deletion or a swap breaks the chain where it was done. What a chain cannot show by itself, that
its end is missing or that all of it was written anew, is shown by anchors (journaling/anchors.py):
heads that were noted elsewhere while they were fresh.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from market_maker.model.caller import Caller
from market_maker.model.errors import DomainError
from market_maker.model.records import AuditCriteria, AuditRecord, Page
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos
from market_maker.ports import Clock, Store, Unit
from market_maker.telemetry.tracing import current_trace_id

DONE = "done"
"""The result of what was done; anything else says why it was not."""

Kept = TypeVar("Kept", bound=Struct)

RECORDS_AT_ONCE = 100
"""Records read at once in a search."""

CHANGES_AT_ONCE = 500

VERIFIED_AT_ONCE = 1_000
"""Records read in one go."""

_COVERED = (
    "seq",
    "ts",
    "subject",
    "roles",
    "action",
    "target",
    "before",
    "after",
    "reason",
    "result",
    "trace_id",
)
_SORTED = msgspec.json.Encoder(order="sorted")


class AuditEntry(Struct, frozen=True, kw_only=True):
    """What is to be remembered. action: "pool.enable", "member.add", ...; target: the symbol, id
    or path it was about; before, after: the values it changed, None where there is none; reason:
    the caller's own; result: DONE, or why it was refused."""

    caller: Caller
    action: str
    target: str
    before: object = None
    after: object = None
    reason: str = ""
    result: str = DONE
    ts: Nanos | None = None
    trace_id: str = msgspec.field(default_factory=current_trace_id)


class Anchor(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A head as it was at `ts`. seq 0: the log was empty."""

    ts: Nanos
    seq: int
    hash: str


class ChainFlaw(Struct, frozen=True):
    """What is wrong, and at which seq."""

    seq: int
    problem: str


class ChainVerdict(Struct, frozen=True):
    """The whole log, verified. head: its last seq; anchors: how many it was compared with;
    flaws: by seq, empty when it is what was written. external: the greatest seq that an anchor
    from elsewhere names, None without one: that nothing was cut off together with the anchors of
    this machine is known up to there, and no further."""

    head: int
    anchors: int
    flaws: tuple[ChainFlaw, ...]
    external: int | None = None


class AuditTrail:
    """Writes the log, and reads it page by page. appended: how many records it wrote; newest: the
    seq of the last of them, which stays only if its transaction did."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self.appended = self.newest = 0

    async def append(self, unit: Unit, entry: AuditEntry) -> AuditRecord:
        """Write one entry in the transaction of what it records, which either holds with it or
        not at all. Other writers wait until that transaction has ended, so do this last
        in it."""
        record = chained(await unit.audit.head(), entry, self._clock.now())
        await unit.audit.append(record)
        self.newest = record.seq
        self.appended += 1
        return record

    async def refused(self, entry: AuditEntry) -> AuditRecord:
        """Write down what was refused, in a transaction of its own."""
        assert entry.result != DONE, entry
        async with self._store.transaction() as unit:
            return await self.append(unit, entry)

    @asynccontextmanager
    async def refusals_kept(
        self, caller: Caller, action: str, target: str, reason: str = ""
    ) -> AsyncIterator[None]:
        """Writes down what the rules refuse inside, and lets the refusal through."""
        try:
            yield
        except DomainError as error:
            entry = AuditEntry(
                caller=caller, action=action, target=target, reason=reason, result=str(error)
            )
            await self.refused(entry)
            raise

    async def page(
        self, criteria: AuditCriteria, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        """Newest first. Raises InvalidFieldError for a bad limit or cursor."""
        async with self._store.glimpse() as unit:
            return await unit.audit.page(criteria, limit, cursor)


async def newest_seq(unit: Unit) -> int:
    """Of the newest record, 0 without any; it is read as any other, without the chain's lock."""
    newest = (await unit.audit.page(AuditCriteria(), 1)).items
    return newest[0].seq if newest else 0


async def newest_done(unit: Unit, target: str, actions: Collection[str]) -> AuditRecord | None:
    """The newest record of something that was done to `target`, None without any."""
    async for record in done(unit, target):
        if record.action in actions:
            return record
    return None


async def done(unit: Unit, target: str) -> AsyncIterator[AuditRecord]:
    """What was done to `target`, the newest first, without refusals."""
    cursor = None
    while True:
        page = await unit.audit.page(AuditCriteria(target=target), RECORDS_AT_ONCE, cursor)
        for record in page.items:
            if record.result == DONE:
                yield record
        cursor = page.next_cursor
        if cursor is None:
            return


def restored(text: str, kind: type[Kept]) -> Kept:
    """`before` or `after` of a record as it was. What an earlier version wrote may have other
    fields; those that are still there count."""
    written: dict[str, Any] = msgspec.json.decode(text)
    known = {name: value for name, value in written.items() if name in kind.__struct_fields__}
    return msgspec.convert(known, kind)


def chained(head: AuditRecord | None, entry: AuditEntry, now: Nanos) -> AuditRecord:
    """The record that follows `head`."""
    record = AuditRecord(
        seq=1 if head is None else head.seq + 1,
        ts=now if entry.ts is None else entry.ts,
        subject=entry.caller.subject,
        roles=",".join(entry.caller.roles),
        **shared_fields(AuditRecord, entry, but=("ts", "before", "after", "trace_id")),
        before=_as_json(entry.before),
        after=_as_json(entry.after),
        trace_id=entry.trace_id or current_trace_id(),
        prev_hash="" if head is None else head.hash,
        hash="",
    )
    return msgspec.structs.replace(record, hash=hash_of(record))


def hash_of(record: AuditRecord) -> str:
    """SHA-256 over the hash before it and the record's fields, by name, as JSON: keys sorted,
    ASCII, no spaces. It can be computed again without this program."""
    return hashlib.sha256((record.prev_hash + covered_by_hash(record)).encode("ascii")).hexdigest()


def covered_by_hash(record: AuditRecord) -> str:
    """What the hash covers beside the hash before it."""
    fields = {name: getattr(record, name) for name in _COVERED}
    return json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _as_json(value: object) -> str:
    return "" if value is None else _SORTED.encode(value).decode()


async def verify(
    store: Store, anchors: Sequence[Anchor], external: Sequence[Anchor] = ()
) -> ChainVerdict:
    """Verify every record, oldest first, and every anchor; and compare with what was changed,
    because each change is in the log. external: anchors that were kept where writers of this
    database cannot write."""
    check = _Check((*anchors, *external))
    seen = 0
    async with store.reading() as unit:
        changed = await _last_change(unit)
        while records := await unit.audit.after(seen, VERIFIED_AT_ONCE):
            for record in records:
                check.take(record)
            seen = records[-1].seq
    check.compare(changed)
    greatest = max((anchor.seq for anchor in external), default=None)
    return msgspec.structs.replace(check.verdict(), external=greatest)


async def _last_change(unit: Unit) -> Nanos:
    """When a pool, a member or a participant was changed last; 0 where there is none."""
    newest = Nanos(0)
    cursor = None
    while True:
        pools = await unit.pools.page(CHANGES_AT_ONCE, cursor)
        newest = max((newest, *(row.updated_at for row in pools.items)))
        cursor = pools.next_cursor
        if cursor is None:
            break
    while True:
        people = await unit.participants.page(CHANGES_AT_ONCE, cursor)
        newest = max((newest, *(row.updated_at for row in people.items)))
        cursor = people.next_cursor
        if cursor is None:
            return newest


class _Check:
    """Walks along the chain."""

    def __init__(self, anchors: Sequence[Anchor]) -> None:
        self._anchors = anchors
        self._at: dict[int, list[Anchor]] = {}
        for anchor in anchors:
            self._at.setdefault(anchor.seq, []).append(anchor)
        self._before: AuditRecord | None = None
        self._latest = Nanos(0)
        self._flaws: list[ChainFlaw] = []

    def take(self, record: AuditRecord) -> None:
        """The next record."""
        expected = 1 if self._before is None else self._before.seq + 1
        if record.seq != expected:
            self._flaws.append(ChainFlaw(expected, _missing(expected, record.seq - 1)))
        elif record.prev_hash != ("" if self._before is None else self._before.hash):
            self._flaws.append(ChainFlaw(record.seq, "does not follow the record before it"))
        if record.hash != hash_of(record):
            self._flaws.append(ChainFlaw(record.seq, "was changed after it was written"))
        for anchor in self._at.pop(record.seq, ()):
            if anchor.hash != record.hash:
                problem = "is not the record that was anchored: it, or one before it, was replaced"
                self._flaws.append(ChainFlaw(record.seq, problem))
        self._before, self._latest = record, max(self._latest, record.ts)

    def compare(self, changed: Nanos) -> None:
        """With when anything was changed last: its record cannot be older."""
        if changed > self._latest:
            head = 0 if self._before is None else self._before.seq
            problem = "is missing: something was changed after the last record was written"
            self._flaws.append(ChainFlaw(head + 1, problem))

    def verdict(self) -> ChainVerdict:
        """After the last one."""
        head = 0 if self._before is None else self._before.seq
        greatest = max((anchor.seq for anchor in self._anchors), default=0)
        if greatest > head:
            problem = _missing(head + 1, greatest) + ": the end was cut off"
            self._flaws.append(ChainFlaw(head + 1, problem))
        if head and not self._anchors:
            problem = "nothing was anchored, so that a missing end cannot be proved"
            self._flaws.append(ChainFlaw(head, problem))
        return ChainVerdict(head, len(self._anchors), tuple(self._flaws))


def _missing(first: int, last: int) -> str:
    return "is missing" if first == last else f"is missing, and so are all up to {last}"

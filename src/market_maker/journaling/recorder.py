"""The recorder: stores what engines did, in order, and says when that is done.

A move of a pool is one state row, one audit row and its outbox rows in one transaction. A fill is
known by the venue's trade id, so storing it again does nothing. While the database is away notes
wait here; nothing of them is lost, but there is a bound, which the engine host checks.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from msgspec import Struct

from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.journaling.outgoing import quote_simulated, risk_triggered, state_changed
from market_maker.journaling.record_request import RecordRequest
from market_maker.model.actions import Place, RecordFill, RecordFunding, RecordState
from market_maker.model.caller import Caller
from market_maker.model.errors import ConflictError, DomainError, StoreUnavailableError
from market_maker.model.lifecycle import PoolState
from market_maker.model.money import FundingRecord
from market_maker.model.records import FillRecord, StateRecord
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import RATE_SCALE, Nanos
from market_maker.ports import Clock, Store, Unit
from market_maker.telemetry.tracing import tracing

NOTES_AT_ONCE = 200
"""Notes in one transaction: a stop behind them does not wait for long."""

BACKLOG_MAX = 50_000
"""Notes that may wait. Beyond it all pools pause: what is not recorded must not happen."""

RETRY_S = 0.5
QUARANTINE_MAX = 1_000


class Quarantined(Struct, frozen=True):
    """A record request that cannot be stored as it is; a person decides."""

    note: RecordRequest
    problem: str


class Recorder:
    """One task writes; all others put and, where it matters, wait until it is written.

    quarantine: what could not be stored, newest last. away: why nothing can be written now.
    """

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._books = Bookkeeper()
        self._waiting: deque[RecordRequest] = deque()
        self._put = self._written = self._one_by_one = 0
        self._news = asyncio.Event()
        self._progress = asyncio.Condition()
        self.quarantine: deque[Quarantined] = deque(maxlen=QUARANTINE_MAX)
        self.quarantined = 0
        self.away = ""

    @property
    def backlog(self) -> int:
        """Notes that are not stored yet."""
        return self._put - self._written

    def put(self, note: RecordRequest) -> None:
        """Hand over a note; returns at once."""
        self._waiting.append(note)
        self._put += 1
        self._news.set()

    async def flushed(self, within_s: float) -> bool:
        """Whether everything put so far is stored, waiting for at most so long."""
        mark = self._put
        try:
            async with asyncio.timeout(within_s), self._progress:
                await self._progress.wait_for(lambda: self._written >= mark)
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                count = min(1 if self._one_by_one else NOTES_AT_ONCE, len(self._waiting))
                dealt_with = await self._write([self._waiting[i] for i in range(count)])
                for _ in range(dealt_with):
                    self._waiting.popleft()
                await self._advance(dealt_with)

    async def _advance(self, count: int) -> None:
        self._one_by_one = max(0, self._one_by_one - count)
        async with self._progress:
            self._written += count
            self._progress.notify_all()

    async def _write(self, notes: Sequence[RecordRequest]) -> int:
        """How many of them are dealt with: stored, or in quarantine."""
        try:
            await self._store.commit(partial(self._store_all, notes))
        except StoreUnavailableError as error:
            self.away = str(error)
            await asyncio.sleep(RETRY_S)
            return 0
        except DomainError as error:
            if len(notes) > 1:
                # One of them is bad, and the others must not suffer.
                self._one_by_one = len(notes)
                return 0
            self._set_aside(notes[0], error)
        self.away = ""
        return len(notes)

    def _set_aside(self, note: RecordRequest, error: DomainError) -> None:
        if isinstance(error, ConflictError) and error.field == "event_id":
            # A transaction whose end was not reported was committed: it is stored already.
            return
        self.quarantine.append(Quarantined(note, str(error)))
        self.quarantined += 1

    async def _store_all(self, notes: Sequence[RecordRequest], unit: Unit) -> None:
        """The audit log last: other writers wait for the end of the transaction. Runs
        in the store's own thread, if it has one."""
        entries: list[tuple[RecordRequest, AuditEntry]] = []
        await self._store_fills(unit, [n for n in notes if isinstance(n.what, RecordFill)])
        await self._store_funding(unit, notes)
        for note in notes:
            if isinstance(note.what, RecordState):
                entries.append((note, await self._store_move(unit, note, note.what)))
            elif isinstance(note.what, Place):
                await unit.outbox.add([quote_simulated(note, note.what, self._clock.now())])
            elif note.entry is not None:
                entries.append((note, note.entry))
        for note, entry in entries:
            with tracing(note.trace_id):
                await self._trail.append(unit, entry)

    async def _store_fills(self, unit: Unit, notes: Sequence[RecordRequest]) -> None:
        if not notes:
            return
        now = self._clock.now()
        rows = [_fill(note, now) for note in notes]
        orders = await unit.orders.get([row.client_order_id for row in rows])
        new = await unit.fills.add(rows)
        versions = {order.client_order_id: order.config_version for order in orders}
        await self._books.post(unit, new, versions, now)

    async def _store_funding(self, unit: Unit, notes: Sequence[RecordRequest]) -> None:
        now = self._clock.now()
        paid = [
            _funding(note, note.what, now) for note in notes if isinstance(note.what, RecordFunding)
        ]
        await self._books.fund(unit, await unit.funding.add(paid), now)

    async def _store_move(self, unit: Unit, note: RecordRequest, move: RecordState) -> AuditEntry:
        symbol, now = note.of.symbol, self._clock.now()
        before = await unit.states.latest(symbol)
        state = StateRecord(
            symbol=symbol,
            **shared_fields(StateRecord, move),
            config_version=note.config_version,
        )
        await unit.states.add(state)
        events = [state_changed(note, state, before, now)]
        if move.state is PoolState.HALTED:
            events.append(risk_triggered(note, state, now))
        await unit.outbox.add(events)
        was = None if before is None else {"state": before.state, "reason": before.reason}
        return _entry(note, move, was)


def _entry(note: RecordRequest, move: RecordState, before: object) -> AuditEntry:
    after = {"state": move.state, "reason": move.reason}
    given = note.entry
    return AuditEntry(
        caller=given.caller if given else Caller(move.by, (), ""),
        action=given.action if given else f"pool.{move.state.lower()}",
        target=note.of.symbol,
        before=before,
        after=after,
        reason=move.reason,
    )


def _funding(note: RecordRequest, paid: RecordFunding, now: Nanos) -> FundingRecord:
    return FundingRecord(
        symbol=note.of.symbol,
        participant_id=paid.member,
        ts_event=paid.ts_event,
        rate=Decimal(paid.rate) / RATE_SCALE,
        price=note.of.price(paid.price),
        position=note.of.quantity(paid.position),
        amount=note.of.money(paid.amount),
        recorded_at=now,
    )


def _fill(note: RecordRequest, now: Nanos) -> FillRecord:
    fill = note.what
    assert isinstance(fill, RecordFill), note
    return FillRecord(
        **shared_fields(FillRecord, fill),
        symbol=note.of.symbol,
        participant_id=fill.member,
        tick_size=note.of.tick_size,
        lot_size=note.of.lot_size,
        recorded_at=now,
    )

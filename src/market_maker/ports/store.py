"""The database and the bus: pools, orders, fills, logs, and one transaction over all of it."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from typing import Protocol, TypeVar

from msgspec import Struct

from market_maker.model.ownership import Fence
from market_maker.model.participant import Participant, ParticipantCriteria
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import (
    AuditCriteria,
    AuditRecord,
    Criteria,
    FillRecord,
    FillTotal,
    KeyRecord,
    KnownMember,
    MemberRecord,
    NumberedFill,
    OrderChange,
    OrderCount,
    OrderRecord,
    OutboxBacklog,
    OutboxRecord,
    Page,
    PoolRecord,
    StateRecord,
)
from market_maker.model.units import Nanos, OrderId, ParticipantId
from market_maker.ports.money import (
    Activity,
    FillMarking,
    Funding,
    Ledger,
    Marks,
    Performance,
    Promises,
    Settlements,
    Transfers,
)
from market_maker.ports.panel import AlertRecords, HistoryBlocks

Given = TypeVar("Given")


class Pools(Protocol):
    """Pool configurations, one per symbol."""

    async def add(self, config: PoolConfig, now: Nanos, version: int = 1) -> PoolRecord:
        """Store a new pool at `version`, members left out. Raises ConflictError if it exists."""

    async def get(self, symbol: str) -> PoolRecord | None:
        """The pool, or None."""

    async def lock(self, symbol: str) -> PoolRecord:
        """The same, and no one else can lock, change or add a member to it until the transaction
        ends. Raises NotFoundError."""

    async def replace(self, config: PoolConfig, expected_version: int, now: Nanos) -> PoolRecord:
        """Put `config`, members left out, in place of version `expected_version`; the version
        grows by one. Raises NotFoundError, ConflictError("version") if that is not current."""

    async def remove(self, symbol: str) -> None:
        """Delete a pool and its memberships; orders, fills and states stay. Raises
        NotFoundError."""

    async def page(self, limit: int, cursor: str | None = None) -> Page[PoolRecord]:
        """By symbol."""


class Participants(Protocol):
    """Participants; never deleted."""

    async def add(self, participant: Participant) -> None:
        """Raises ConflictError if the participant_id is taken."""

    async def get(self, participant_id: ParticipantId) -> Participant | None:
        """The participant, or None."""

    async def some(self, names: Collection[ParticipantId]) -> dict[ParticipantId, Participant]:
        """Those of them that there are."""

    async def replace(
        self, participant: Participant, expected_version: int, now: Nanos
    ) -> Participant:
        """As Pools.replace; updated_at becomes `now`, created_at stays."""

    async def page(
        self,
        limit: int,
        cursor: str | None = None,
        wanted: ParticipantCriteria = ...,
        *,
        sort: str = ...,
    ) -> Page[Participant]:
        """By participant_id, or by the field that `sort` names; backwards where - stands before
        it."""

    async def of_account(self, account_id: str) -> tuple[Participant, ...]:
        """All that an account ever had, the newest first: one at most is not TERMINATED."""

    async def peaks(self) -> dict[ParticipantId, Decimal]:
        """The greatest PnL noted of each, all pools together, quote currency."""

    async def note_peaks(self, peaks: Mapping[ParticipantId, Decimal], now: Nanos) -> None:
        """In place of those that were noted before."""


class Members(Protocol):
    """Memberships. Writing locks the pool, checks that the active weights sum to at most 100
    (else InvalidFieldError("capital_weight_pct")), and raises the pool's version by one."""

    async def add(self, symbol: str, member: Member, now: Nanos) -> MemberRecord:
        """A new member, or one that was removed before and returns. Raises NotFoundError (pool,
        participant), ConflictError if it is a member already."""

    async def get(self, symbol: str, participant_id: ParticipantId) -> MemberRecord | None:
        """The membership, removed ones too, or None."""

    async def replace(
        self, symbol: str, member: Member, expected_version: int, now: Nanos
    ) -> MemberRecord:
        """As Pools.replace, by the membership's own version; active=False removes softly."""

    async def of_pool(self, symbol: str) -> tuple[MemberRecord, ...]:
        """All present and former members of the pool, by participant_id."""

    async def known(self, symbol: str) -> tuple[KnownMember, ...] | None:
        """As of_pool, with who they are, in one statement; None where there is no such pool."""

    async def of_participant(self, participant_id: ParticipantId) -> tuple[MemberRecord, ...]:
        """All its memberships, removed ones too, by symbol."""

    async def of_pools(self, symbols: Collection[str]) -> dict[str, tuple[MemberRecord, ...]]:
        """As of_pool, of each of them."""

    async def limits(self, names: Collection[ParticipantId]) -> dict[ParticipantId, Decimal]:
        """What the position limits of all their active memberships sum to, USDT; of those that
        have one."""


class OrderRecords(Protocol):
    """Orders ever intended."""

    async def add(self, orders: Sequence[OrderRecord]) -> None:
        """Raises ConflictError if a client_order_id, or an order_id of the symbol, is used."""

    async def change(self, changes: Sequence[OrderChange]) -> None:
        """News, in order. An order that ended keeps its status, `filled` never shrinks, and an
        order we do not have is passed over."""

    async def get(self, client_order_ids: Sequence[str]) -> tuple[OrderRecord, ...]:
        """Those that exist, by client_order_id."""

    async def open(self, symbol: str) -> tuple[OrderRecord, ...]:
        """All that may still be open, by order_id."""

    async def last_order_id(self, symbol: str) -> OrderId:
        """The greatest ever used; 0 if none was."""

    async def page(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[OrderRecord]:
        """By created_at, newest first; criteria.backwards: oldest first."""

    async def breakdown(
        self, symbol: str, since: Nanos = ..., until: Nanos | None = None
    ) -> tuple[OrderCount, ...]:
        """Totals by side and status of the orders with since <= created_at < until, and of
        earlier ones that may still be open; those without orders are left out. Takes time in
        proportion to those orders."""


class Fills(Protocol):
    """The ledger of executions."""

    async def add(self, fills: Sequence[FillRecord]) -> tuple[FillRecord, ...]:
        """Store each fill once, known by (symbol, account_id, trade_id, client_order_id); returns
        those that were new. Raises NotFoundError if the order or its owner is not stored."""

    async def page(
        self, criteria: Criteria, limit: int, cursor: str | None = None
    ) -> Page[FillRecord]:
        """By ts_event, newest first; criteria.backwards: oldest first."""

    async def ledger(self, symbol: str, limit: int, cursor: str | None = None) -> Page[FillRecord]:
        """Every fill of a symbol in the order in which it was stored, to rebuild positions."""

    async def stored(self, after: int, limit: int) -> tuple[NumberedFill, ...]:
        """The first `limit` fills of all symbols after number `after`, in the order in which they
        were stored."""

    async def bounds(self, since: Nanos, until: Nanos) -> tuple[int, int] | None:
        """The least and the greatest number of a fill with since <= ts_event < until, or None."""

    async def newest(self) -> NumberedFill | None:
        """The fill stored last, or None."""

    async def count(self) -> int:
        """How many there are. Takes time in proportion to them."""

    async def positions(self, symbol: str) -> dict[ParticipantId, Decimal]:
        """Signed sums of all fills by owner, base currency; long > 0."""

    async def summary(self, symbol: str, since: Nanos, until: Nanos) -> tuple[FillTotal, ...]:
        """Totals by side of since <= ts_event < until; a side without fills is left out."""


class States(Protocol):
    """What moved the pools, and when."""

    async def add(self, state: StateRecord) -> None:
        """Append one move."""

    async def latest(self, symbol: str) -> StateRecord | None:
        """The last move, or None."""

    async def page(
        self, symbol: str | None, limit: int, cursor: str | None = None
    ) -> Page[StateRecord]:
        """Newest first; of all pools where symbol is None."""


class Audit(Protocol):
    """The log of privileged calls: rows are appended and read, nothing else."""

    async def head(self) -> AuditRecord | None:
        """The newest record, None at the very start; no one else can append before the
        transaction ends, so that the caller can chain to it."""

    async def append(self, record: AuditRecord) -> None:
        """Raises ConflictError if seq or prev_hash is taken: a chain does not fork."""

    async def after(self, seq: int, limit: int) -> tuple[AuditRecord, ...]:
        """The next `limit` records after `seq`, oldest first."""

    async def page(
        self, criteria: AuditCriteria, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        """Newest first."""


class Outbox(Protocol):
    """Events that are committed with what caused them, and published afterwards."""

    async def add(self, events: Sequence[OutboxRecord]) -> None:
        """Within the transaction of the cause. Raises ConflictError if an event_id is used."""

    async def claim(self, now: Nanos, lease: Nanos, limit: int) -> tuple[OutboxRecord, ...]:
        """Oldest first, for the caller alone until now + lease; call it in a transaction of its
        own, publish after it. A key with an event that another relay holds, or that is parked,
        is left out, so that its events keep their order."""

    async def published(self, event_ids: Sequence[str], now: Nanos) -> None:
        """They are out."""

    async def failed(self, event_ids: Sequence[str], *, park: bool) -> None:
        """Release them; parked ones block their key until `unpark`."""

    async def unpark(self, key: str) -> int:
        """Let the key's events go again; returns how many were parked."""

    async def backlog(self) -> OutboxBacklog:
        """What waits."""

    async def purge(self, published_before: Nanos) -> int:
        """Forget what was published before; returns how many."""


class Keys(Protocol):
    """Idempotency keys, per caller."""

    async def take(self, record: KeyRecord) -> KeyRecord | None:
        """None: the key was free and is the caller's now. Else what is stored under it; waits
        for another transaction that is taking the same key."""

    async def answer(self, subject: str, key: str, status: int, answer: bytes) -> None:
        """Keep the answer for repetitions."""

    async def release(self, subject: str, key: str) -> None:
        """Nothing came of it: the key is free again."""

    async def purge(self, created_before: Nanos) -> int:
        """Forget old keys; returns how many."""


class SymbolOwners(Protocol):
    """Which worker trades which symbol. Leases are measured by the database's clock."""

    async def enlist(self, worker: str, lease: Nanos, *, alone: bool) -> None:
        """A worker begins, under a name that is used once. alone: every other worker is proved to
        have ended, and is struck off. Raises ConflictError if the name is used."""

    async def renew(self, worker: str, lease: Nanos) -> bool:
        """Prolong its lease, from now on; False for a worker that is struck off."""

    async def claim(self, symbol: str, worker: str, lease: Nanos) -> Fence | None:
        """The symbol for `worker`, in a new epoch. An owner whose lease has ended is struck off;
        None while another one's lasts. lease: how long one lasts; of one that would last longer,
        since the database's clock was set back after it was given, so much is left from now on.
        Raises ConflictError for a worker that is struck off itself."""

    async def release(self, fence: Fence) -> None:
        """Free one symbol; nothing happens where the fence does not hold any more."""

    async def retire(self, worker: str) -> None:
        """Free its symbols, and strike it off."""

    async def hold(self, fences: Sequence[Fence]) -> None:
        """No one else can claim these symbols before the transaction ends. Raises ConflictError
        for a fence that does not hold any more."""


class Unit(Protocol):
    """One transaction. A `limit` lies within 1..PAGE_MAX and a cursor comes from the page before
    with equal criteria, else InvalidFieldError."""

    pools: Pools
    participants: Participants
    members: Members
    orders: OrderRecords
    fills: Fills
    states: States
    audit: Audit
    outbox: Outbox
    keys: Keys
    owners: SymbolOwners
    ledger: Ledger
    funding: Funding
    marks: Marks
    fill_marks: FillMarking
    activity: Activity
    performance: Performance
    obligations: Promises
    settlements: Settlements
    transfers: Transfers
    alerts: AlertRecords
    history: HistoryBlocks


class PutDown(Struct, frozen=True):
    """Work for Store.commit that goes before every order: `orders` are put on record while all
    `fences` hold, and what became of earlier ones. Raises ConflictError where one does not hold,
    and what the records raise. A store may have a shorter way for it. forced: whether it is on the
    disk when it is done; else it may be lost with a server that dies within a second."""

    fences: tuple[Fence, ...]
    orders: tuple[OrderRecord, ...]
    changes: tuple[OrderChange, ...]
    forced: bool = True

    async def __call__(self, unit: Unit) -> None:
        await unit.owners.hold(self.fences)
        await unit.orders.add(self.orders)
        await unit.orders.change(self.changes)


class Renewal(Struct, frozen=True):
    """Work for Store.commit that every worker does all the time: its lease begins anew. Returns
    whether it has one. A store may have a shorter way for it."""

    worker: str
    lease: Nanos

    async def __call__(self, unit: Unit) -> bool:
        return await unit.owners.renew(self.worker, self.lease)


class Store(Protocol):
    """The database. Entering or leaving a transaction raises StoreUnavailableError when it does
    not answer. Do not open one inside another: the embedded database has one writer."""

    def transaction(self) -> AbstractAsyncContextManager[Unit]:
        """All of it is committed, or, when anything is raised inside, nothing."""

    async def commit(self, work: Callable[[Unit], Awaitable[Given]]) -> Given:
        """A whole transaction in one go; returns what `work` returned: for what is written all the
        time. `work` waits for nothing but the unit, for the embedded database has it done in a
        thread of its own, with no way back to the event loop before the end. What it raises undoes
        everything, as in `transaction`."""

    def reading(self) -> AbstractAsyncContextManager[Unit]:
        """One unchanging picture to read from; waits for no writer, and writing fails."""

    def glimpse(self) -> AbstractAsyncContextManager[Unit]:
        """The same for one statement, which is cheaper: one picture by itself."""


class Bus(Protocol):
    """Where events go that others want to know."""

    async def publish(self, event: OutboxRecord) -> None:
        """Hand over one event; when this returns, the bus has it. Raises BusUnavailableError: not
        now, and BusRefusedError: not ever. The same event may be handed over twice, its event_id
        identifies it."""

"""What is kept: one Struct per row of the store, and what can be asked about them.

Prices are ticks and sizes are lots of the grid (tick_size, lot_size) that stands beside them, so
that a row keeps its meaning when an instrument's grid changes. Times are nanoseconds.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from market_maker.model.lifecycle import PoolState
from market_maker.model.money import EntryKind, SettlementStatus
from market_maker.model.orders import Side
from market_maker.model.participant import Participant
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value

Row = TypeVar("Row")

PAGE_MAX = 10_000
"""Rows in one page of the store; the API allows fewer."""


class Page(Struct, Generic[Row], frozen=True):
    """Some rows, in a stable order. next_cursor: asks for those after them; None at the end. total:
    rows of all pages, None where counting them is no small matter."""

    items: tuple[Row, ...]
    next_cursor: str | None
    total: int | None = None


class OrderStatus(StrEnum):
    """Life of an order as it is stored: the states in which it may still be open, and its ends.
    An order that ended never opens again; a late fill still counts."""

    PENDING_NEW = "PENDING_NEW"
    LIVE = "LIVE"
    PENDING_CANCEL = "PENDING_CANCEL"
    UNKNOWN = "UNKNOWN"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"


OPEN_STATUSES = (
    OrderStatus.PENDING_NEW,
    OrderStatus.LIVE,
    OrderStatus.PENDING_CANCEL,
    OrderStatus.UNKNOWN,
)


class PoolRecord(Struct, frozen=True, kw_only=True):
    """A pool's configuration as stored; its members are rows of their own, config.members is
    empty. config.version grows with every change of the configuration or of a member."""

    config: PoolConfig
    created_at: Nanos
    updated_at: Nanos


class MemberRecord(Struct, frozen=True, kw_only=True):
    """A membership. member.active False: removed, kept for its history; its weight is free."""

    symbol: str
    member: Member
    version: int
    created_at: Nanos
    updated_at: Nanos


class KnownMember(Struct, frozen=True):
    """A membership and whose it is. limits: what the position limits of all active memberships of
    that participant sum to, USDT."""

    row: MemberRecord
    participant: Participant
    limits: Decimal


class OrderRecord(Struct, frozen=True, kw_only=True):
    """An order, written before it goes out: the intent. order_id: the engine's own number.
    account_id: at the venue. venue_order_id: empty until the venue named it. reason: of its end."""

    client_order_id: str
    symbol: str
    order_id: OrderId
    participant_id: ParticipantId
    account_id: str
    side: Side
    level: int
    price: Ticks
    size: Lots
    filled: Lots
    reduce_only: bool
    status: OrderStatus
    venue_order_id: str
    reason: str
    tick_size: Decimal
    lot_size: Decimal
    config_version: int
    created_at: Nanos
    updated_at: Nanos


class OrderChange(Struct, frozen=True, kw_only=True):
    """News about a stored order. filled: in total. venue_order_id, reason: empty keeps what is
    stored."""

    client_order_id: str
    status: OrderStatus
    filled: Lots
    updated_at: Nanos
    venue_order_id: str = ""
    reason: str = ""


class FillRecord(Struct, frozen=True, kw_only=True):
    """Our execution and whose it is. trade_id: the venue's. fee: > 0 is a cost. mid_x2: twice
    the mid we knew then, ticks; 0 when blind. fee_token, fee_token_amount: a token fee, which is in
    no PnL; empty and 0 without."""

    symbol: str
    account_id: str
    trade_id: int
    client_order_id: str
    participant_id: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    fee: Value
    mid_x2: int
    tick_size: Decimal
    lot_size: Decimal
    ts_event: Nanos
    recorded_at: Nanos
    fee_token: str = ""
    fee_token_amount: Decimal = Decimal(0)


class TokenFee(Struct, frozen=True):
    """A fee in a token that is not the quote currency: no rate is known, and no PnL has it.
    amount > 0 is a cost."""

    token: str
    amount: Decimal


class NumberedFill(Struct, frozen=True):
    """A fill with its place in the order of storing and the config_version of its order."""

    number: int
    config_version: int
    fill: FillRecord


class StateRecord(Struct, frozen=True, kw_only=True):
    """A pool moved to `state`. by: an operator's name or "guard". reason: why, in words."""

    symbol: str
    ts: Nanos
    state: PoolState
    by: str
    reason: str
    config_version: int


class AuditRecord(Struct, frozen=True, kw_only=True):
    """One privileged call, chained to the one before it. seq: 1, 2, 3, ...; roles: as granted,
    comma-separated; target: what it was about; before, after: JSON, empty where there is none;
    result: "done" or the refusal; prev_hash, hash: SHA-256, hex, prev_hash of the first empty."""

    seq: int
    ts: Nanos
    subject: str
    roles: str
    action: str
    target: str
    before: str
    after: str
    reason: str
    result: str
    trace_id: str
    prev_hash: str
    hash: str


class OutboxRecord(Struct, frozen=True, kw_only=True):
    """An event to be published. event_id: unique, for consumers to know a repetition by; key:
    events of one key are published in the order in which they were committed."""

    event_id: str
    topic: str
    key: str
    payload: bytes
    created_at: Nanos


class OutboxBacklog(Struct, frozen=True):
    """What waits: rows, rows parked behind a poisonous one, when the oldest was made (None: no
    row waits)."""

    waiting: int
    parked: int
    oldest: Nanos | None


class KeyRecord(Struct, frozen=True, kw_only=True):
    """A creating request under its idempotency key. fingerprint: hash of the request. status:
    the HTTP status of its answer, 0 while it is under way; answer: the answer's body."""

    subject: str
    key: str
    fingerprint: str
    status: int
    answer: bytes
    created_at: Nanos


class Criteria(Struct, frozen=True, kw_only=True):
    """Which rows: every criterion that is given must hold. since <= time < until, nanoseconds;
    of orders created_at, of fills ts_event. status is of orders only. backwards: oldest first."""

    symbol: str | None = None
    participant_id: ParticipantId | None = None
    side: Side | None = None
    status: OrderStatus | None = None
    since: Nanos | None = None
    until: Nanos | None = None
    backwards: bool = False


class AuditCriteria(Struct, frozen=True, kw_only=True):
    """Which audit records: every criterion that is given must hold; since <= ts < until.
    other_result: those with any result but this one. words: that stand in who, what, of what or
    why, whatever their case. backwards: oldest first."""

    subject: str | None = None
    action: str | None = None
    target: str | None = None
    result: str | None = None
    other_result: str | None = None
    words: str | None = None
    since: Nanos | None = None
    until: Nanos | None = None
    backwards: bool = False


class OrderCount(Struct, frozen=True):
    """How many orders of one side and status, and what they amount to, base currency."""

    side: Side
    status: OrderStatus
    count: int
    size: Decimal
    filled: Decimal


class FillTotal(Struct, frozen=True):
    """Fills of one side: count, volume in base and in quote currency, fees in quote currency."""

    side: Side
    count: int
    volume_base: Decimal
    volume_quote: Decimal
    fees: Decimal


class LedgerCriteria(Struct, frozen=True, kw_only=True):
    """Which ledger entries: every criterion that is given must hold. since <= ts_event < until;
    after_entry < entry_id <= upto_entry. backwards: newest first."""

    participant_id: ParticipantId | None = None
    symbol: str | None = None
    kind: EntryKind | None = None
    since: Nanos | None = None
    until: Nanos | None = None
    after_entry: int | None = None
    upto_entry: int | None = None
    backwards: bool = False


class LedgerSpan(Struct, frozen=True, kw_only=True):
    """The fills and funding payments that belong to one settlement record: of participant_id,
    ts_event < before, entry_id <= upto_entry, and not covered by the record before it, that is
    not (ts_event < covered_ts and entry_id <= covered_entry); 0 and 0 where there is none.
    Those with ts_event < late_before are late."""

    participant_id: ParticipantId
    late_before: Nanos
    before: Nanos
    upto_entry: int
    covered_ts: Nanos
    covered_entry: int


class LedgerSum(Struct, frozen=True, kw_only=True):
    """Sums over entries of one symbol, either the late ones or the others. trades: fills among
    the entries. realised > 0 is a profit, fees >= 0 a cost, rebates >= 0, funding > 0 was
    received; volume and all money in quote currency."""

    symbol: str
    late: bool
    entries: int
    trades: int
    realised: Decimal
    fees: Decimal
    rebates: Decimal
    funding: Decimal
    volume: Decimal


class LedgerHolding(Struct, frozen=True, kw_only=True):
    """What one participant held of one symbol at a moment. position: signed, base currency.
    inventory: the account of that name, quote currency: what the position cost, < 0 of a short
    one; where a fill came late it need not be 0 for a position of 0."""

    participant_id: ParticipantId
    symbol: str
    position: Decimal
    inventory: Decimal


class ActivityCriteria(Struct, frozen=True, kw_only=True):
    """Which sums by hour or by day: every criterion that is given must hold; since <= start of
    the hour or day < until."""

    symbol: str | None = None
    participant_id: ParticipantId | None = None
    since: Nanos | None = None
    until: Nanos | None = None


class ActivitySum(Struct, frozen=True, kw_only=True):
    """Sums of ActivityRecords, which see. What they were not grouped by is None."""

    symbol: str | None
    participant_id: ParticipantId | None
    hour: Nanos | None
    side: Side | None
    level: int | None
    config_version: int | None
    fills: int
    priced: int
    marked: int
    volume_base: Decimal
    volume_quote: Decimal
    fees: Decimal
    realised: Decimal
    edge: Decimal
    adverse: Decimal


class DayKey(Struct, frozen=True, order=True):
    """One member, one symbol, one UTC day (its start)."""

    day: Nanos
    symbol: str
    participant_id: ParticipantId


class SettlementCriteria(Struct, frozen=True, kw_only=True):
    """Which settlement records: every criterion that is given must hold."""

    status: SettlementStatus | None = None
    participant_id: ParticipantId | None = None
    month: str | None = None

"""Every event an engine takes. Facts: they name what happened and are never changed.

ts_event is the venue's stamp, ts_recv ours on arrival; both in nanoseconds since the epoch.
client_order_id: the name under which the order was placed; empty where a venue, a replay's for
example, knows orders by their number only.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Final, TypeAlias

from msgspec import Struct

from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value

Levels: TypeAlias = tuple[tuple[Ticks, Lots], ...]
"""(price, size) pairs; in a delta the size is the new total at that price and 0 removes it."""

NO_SEQ: Final = -1
"""A venue that does not number a message."""


class BookSnapshot(Struct, frozen=True, gc=False, tag=True):
    """The whole book as of sequence number `seq`; replaces whatever was known."""

    ts_event: Nanos
    ts_recv: Nanos
    seq: int
    bids: Levels
    asks: Levels


class BookDelta(Struct, frozen=True, gc=False, tag=True):
    """Levels that changed in the sequence numbers first_seq..last_seq.

    prev_seq: last_seq of the delta before it where the venue says so (Binance futures `pu`),
    else NO_SEQ; then first_seq must be the one before it plus one (Binance spot).
    """

    ts_event: Nanos
    ts_recv: Nanos
    first_seq: int
    last_seq: int
    prev_seq: int
    bids: Levels
    asks: Levels


class BookTop(Struct, frozen=True, gc=False, tag=True):
    """Best prices and sizes, from a feed that carries no more or was conflated to it."""

    ts_event: Nanos
    ts_recv: Nanos
    bid: Ticks
    bid_size: Lots
    ask: Ticks
    ask_size: Lots


class BookLost(Struct, frozen=True, gc=False, tag=True):
    """The feed knows that it lost data: the book is gapped until the next snapshot or top."""

    ts_recv: Nanos
    reason: str


class Trade(Struct, frozen=True, gc=False, tag=True):
    """A public trade. aggressor is the taker's side."""

    ts_event: Nanos
    ts_recv: Nanos
    price: Ticks
    size: Lots
    aggressor: Side


class MarkPrice(Struct, frozen=True, gc=False, tag=True):
    """The venue's mark price."""

    ts_event: Nanos
    ts_recv: Nanos
    price: Ticks


class LeadMoved(Struct, frozen=True, gc=False, tag=True):
    """Another market, whose price may lead ours, has a new mid. mid_x2: twice it, in ticks of that
    market's own; 0 while its book cannot be trusted. Only how it moves counts, so that its ticks
    and currency need not be ours."""

    ts_event: Nanos
    ts_recv: Nanos
    mid_x2: int


class InstrumentStatus(Struct, frozen=True, gc=False, tag=True):
    """The venue halted the instrument, or opened it again."""

    ts_recv: Nanos
    halted: bool


class LimitsChanged(Struct, frozen=True, gc=False, tag=True):
    """What the venue takes of orders in the instrument is another from now on; its grid is not."""

    ts_recv: Nanos
    limits: InstrumentLimits


class Accepted(Struct, frozen=True, gc=False, tag=True):
    """The order rests on the venue's book."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    client_order_id: str = ""


class RejectReason(StrEnum):
    """Why a venue refused an order. POST_ONLY is an expected outcome, not an error. HELD_BACK is no
    word of a venue: our own end did not send it."""

    POST_ONLY = "post-only order would have crossed"
    REDUCE_ONLY = "reduce-only order would not reduce"
    MIN_NOTIONAL = "below the minimum notional"
    INVALID = "price or size off the grid"
    RATE_LIMIT = "too many requests"
    MARGIN = "not enough margin"
    OPEN_INTEREST = "at an open interest cap"
    PRICE_DISTANCE = "too far from the oracle price"
    POSITION_LIMIT = "above a limit on positions, leverage or orders"
    QUOTA = "the account has used up its actions"
    PAUSED = "the venue takes no such orders for now"
    EXPIRED = "it arrived too late"
    HELD_BACK = "held back, never sent"
    NOT_LET_IN = "the credential is not accepted for this account"
    OTHER = "refused"


WAIT_AND_RETRY = frozenset(
    {
        RejectReason.OPEN_INTEREST,
        RejectReason.QUOTA,
        RejectReason.PAUSED,
        RejectReason.EXPIRED,
        RejectReason.HELD_BACK,
    }
)
"""The venue's state, or that of the way there, not our mistake: however many come in a row, they
are no reject storm."""


class Rejected(Struct, frozen=True, gc=False, tag=True):
    """The order never rested."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    reason: RejectReason
    client_order_id: str = ""


class Filled(Struct, frozen=True, gc=False, tag=True):
    """Our execution. trade_id is the venue's and unique per order; fee > 0 is a cost, in quote
    currency. fee_token, fee_token_amount: a token fee, which is in no PnL; empty and 0 without."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    trade_id: int
    price: Ticks
    size: Lots
    fee: Value
    client_order_id: str = ""
    fee_token: str = ""
    fee_token_amount: Decimal = Decimal(0)


class Canceled(Struct, frozen=True, gc=False, tag=True):
    """The order is proved to be gone from the venue's book: cancelled or expired. reason: why the
    venue took it off unasked, in words; empty where it was asked to, or does not say."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    client_order_id: str = ""
    reason: str = ""


class CancelRejected(Struct, frozen=True, gc=False, tag=True):
    """The venue has no such open order: it was filled or is gone, a fill may still be on its
    way. `gone` is False where the venue refused for another reason and the order still rests."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    gone: bool
    client_order_id: str = ""


class Unanswered(Struct, frozen=True, gc=False, tag=True):
    """A request about the order timed out: its state is unknown until the venue reports it."""

    ts_recv: Nanos
    order_id: OrderId
    client_order_id: str = ""


class FillFound(Struct, frozen=True, gc=False, tag=True):
    """An execution that was missed, found in the venue's own list and attributed to `member` from
    storage, because the engine may no longer know the order. Sent once."""

    ts_event: Nanos
    ts_recv: Nanos
    order_id: OrderId
    trade_id: int
    member: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    fee: Value
    client_order_id: str = ""
    account_id: str = ""
    fee_token: str = ""
    fee_token_amount: Decimal = Decimal(0)


def plain_fill(found: FillFound) -> Filled:
    """The same execution, of an order that the engine still knows."""
    return Filled(**shared_fields(Filled, found))


class FundingPaid(Struct, frozen=True, gc=False, tag=True):
    """Funding at `rate` RATE_SCALE-ths of notional at price; longs pay when rate > 0. ts_event: of
    the payment; one that is not newer than the last one is the same, repeated."""

    ts_event: Nanos
    ts_recv: Nanos
    rate: int
    price: Ticks


class Operated(Struct, frozen=True, gc=False, tag=True):
    """An operator moved the lifecycle. by: who; reason: why, in words."""

    ts_recv: Nanos
    command: Command
    by: str
    reason: str


class Holding(Struct, frozen=True, gc=False):
    """What fills left: the columns of engine.position.Position, with their signs."""

    lots: Lots
    cost: Value
    cash: Value
    realised: Value
    fees: Value
    funding: Value


class Restored(Struct, frozen=True, gc=False, tag=True):
    """Where an engine that starts again takes up: what stored fills left of the pool and of each
    participant, and why it starts in PAUSED, in words. funded_at: of the newest funding that is in
    it. stamp: of the newest client order id. Only ever the first event."""

    ts_recv: Nanos
    reason: str
    pool: Holding
    members: tuple[tuple[ParticipantId, Holding], ...]
    funded_at: Nanos = Nanos(0)
    stamp: Nanos = Nanos(0)


class ExposureTold(Struct, frozen=True, gc=False, tag=True):
    """What all pools may hold together, and what the others hold: ticks x lots of this
    instrument, at their mids. limit: 0 for none. reserved: what the others would hold were all
    of their working orders filled, >= others."""

    ts_recv: Nanos
    limit: int
    others: int
    reserved: int


class Configured(Struct, frozen=True, gc=False, tag=True):
    """The pool's whole new configuration, in force from this turn on."""

    ts_recv: Nanos
    config: PoolConfig


Event: TypeAlias = (
    BookSnapshot
    | BookDelta
    | BookTop
    | BookLost
    | Trade
    | MarkPrice
    | LeadMoved
    | InstrumentStatus
    | LimitsChanged
    | Accepted
    | Rejected
    | Filled
    | Canceled
    | CancelRejected
    | Unanswered
    | FillFound
    | FundingPaid
    | Restored
    | Operated
    | ExposureTold
    | Configured
)

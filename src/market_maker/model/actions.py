"""Everything an engine can ask for, and one step of it as the journal keeps it."""

from typing import TypeAlias

from msgspec import Struct

from market_maker.model.events import Event
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value


class Place(Struct, frozen=True, gc=False, tag=True):
    """A new post-only limit order for one member. level 0 is the best of its side."""

    order_id: OrderId
    member: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    reduce_only: bool = False


class Cancel(Struct, frozen=True, gc=False, tag=True):
    """Cancel one of our orders."""

    order_id: OrderId


class RecordFill(Struct, frozen=True, gc=False, tag=True):
    """A fill, attributed to its member, to be stored. mid_x2 is twice the mid we knew then,
    in ticks; 0 when the book was blind."""

    ts_event: Nanos
    order_id: OrderId
    trade_id: int
    member: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    fee: Value
    mid_x2: int


class RecordFunding(Struct, frozen=True, gc=False, tag=True):
    """Funding of one member, to be stored. rate: RATE_SCALE-ths of notional at `price`, longs pay
    when > 0; position: signed lots, not 0; amount: > 0 was received."""

    ts_event: Nanos
    member: ParticipantId
    rate: int
    price: Ticks
    position: Lots
    amount: Value


class RecordState(Struct, frozen=True, gc=False, tag=True):
    """The pool moved to `state`. by: an operator's name or "guard"."""

    ts: Nanos
    state: PoolState
    by: str
    reason: str


class RecordRefusal(Struct, frozen=True, gc=False, tag=True):
    """An operator's command that the rules refused."""

    ts: Nanos
    command: str
    by: str
    reason: str


Action: TypeAlias = Place | Cancel | RecordFill | RecordFunding | RecordState | RecordRefusal


class Turn(Struct, frozen=True):
    """One step of an engine: replaying (now, events) must produce equal actions."""

    now: Nanos
    events: tuple[Event, ...]
    actions: tuple[Action, ...]

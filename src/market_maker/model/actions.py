"""Everything an engine can ask for, and one step of it as the journal keeps it."""

from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct

from market_maker.model.events import Event, Filled, FillFound
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks, Value


class Place(Struct, frozen=True, gc=False, tag=True):
    """A new post-only limit order for one member. level 0 is the best of its side.
    client_order_id: its name for ever, unique. account_id, user_id: whose it is at the venue;
    empty where a market has no accounts."""

    order_id: OrderId
    member: ParticipantId
    side: Side
    level: int
    price: Ticks
    size: Lots
    reduce_only: bool = False
    client_order_id: str = ""
    account_id: str = ""
    user_id: str = ""


class Cancel(Struct, frozen=True, gc=False, tag=True):
    """Cancel one of our orders."""

    order_id: OrderId


class RecordFill(Struct, frozen=True, gc=False, tag=True):
    """A fill, attributed to its member, to be stored. mid_x2 is twice the mid we knew then,
    in ticks; 0 when the book was blind. client_order_id, account_id: of its order."""

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
    client_order_id: str = ""
    account_id: str = ""
    fee_token: str = ""
    fee_token_amount: Decimal = Decimal(0)


Owner: TypeAlias = tuple[ParticipantId, Side, int, str, str]
"""Whose a fill is: member, side, level, client order id, account id."""


def record_of(fill: Filled | FillFound, owner: Owner, mid_x2: int) -> RecordFill:
    """A fill with its owner, to be stored."""
    member, side, level, client_order_id, account_id = owner
    return RecordFill(
        ts_event=fill.ts_event,
        order_id=fill.order_id,
        trade_id=fill.trade_id,
        member=member,
        side=side,
        level=level,
        price=fill.price,
        size=fill.size,
        fee=fill.fee,
        mid_x2=mid_x2,
        client_order_id=client_order_id,
        account_id=account_id,
        fee_token=fill.fee_token,
        fee_token_amount=fill.fee_token_amount,
    )


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

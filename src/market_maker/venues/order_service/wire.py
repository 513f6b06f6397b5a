"""What travels between an order service and us, as JSON. Prices are ticks and sizes lots of the
grid that a stream sends first; times are nanoseconds.

    POST   /v1/orders                            WireOrder -> OrderInfo; idempotent by name
    GET    /v1/orders?symbol=&account_id=        -> OrderPage: what is open
    GET    /v1/orders?symbol=&after=             -> OrderPage: everything ever, by number
    DELETE /v1/orders/{client_order_id}?symbol=  -> OrderInfo
    GET    /v1/fills?symbol=&account_id=&after=  -> FillPage: trade ids above `after`
    GET    /v1/positions?symbol=&account_id=     -> WirePosition
    GET    /v1/stream                            websocket: lists of StreamFrames; takes lists of
                                                 StreamRequests

An answer of 200, 201 or 202 to a POST says that the order was received; its outcome is on the
stream and on the lists.
"""

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import TypeAlias

import msgspec
from msgspec import Struct

from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Canceled,
    CancelRejected,
    Filled,
    InstrumentStatus,
    MarkPrice,
    Rejected,
    Trade,
)
from market_maker.model.listings import ListedFill
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, Ticks

BODY_MAX = 1_000_000
"""Bytes of one answer or one frame; more is refused unread."""

MESSAGE_BYTES = 60_000
"""Of one message of a websocket, either way, unless a single frame or request is longer."""

ORDERS_PER_PAGE = 1_000

ACCOUNT_TYPE = "SYSTEM_MARKET_MAKER"

MarketEvent: TypeAlias = (
    BookSnapshot | BookDelta | BookTop | BookLost | Trade | MarkPrice | InstrumentStatus
)
OrderEvent: TypeAlias = Accepted | Rejected | Filled | Canceled | CancelRejected


class WireOrderStatus(StrEnum):
    """NEW: received, not yet judged. The last three are final."""

    NEW = "NEW"
    OPEN = "OPEN"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    REJECTED = "REJECTED"


class WireOrder(Struct, frozen=True, forbid_unknown_fields=True):
    """A post-only order. account_type: whose money it is; every order of ours has this one.
    user_id: the member's."""

    client_order_id: str
    account_id: str
    symbol: str
    side: Side
    price: Ticks
    size: Lots
    reduce_only: bool = False
    user_id: str = ""
    account_type: str = ACCOUNT_TYPE


class OrderInfo(Struct, frozen=True):
    """An order as the service has it. order_id: the service's own number. received_at: first;
    times_received: how often an order of this name came in, the first time included."""

    client_order_id: str
    order_id: int
    account_id: str
    symbol: str
    side: Side
    price: Ticks
    size: Lots
    filled: Lots
    status: WireOrderStatus
    received_at: Nanos
    times_received: int


class OrderPage(Struct, frozen=True):
    """Orders, by number. more: there are others after these."""

    orders: tuple[OrderInfo, ...]
    more: bool


class FillPage(Struct, frozen=True):
    """Fills, oldest first."""

    fills: tuple[ListedFill, ...]


class WirePosition(Struct, frozen=True):
    """Signed lots."""

    lots: Lots


class Opened(Struct, frozen=True, gc=False, tag=True):
    """First in a stream: the grid, and the newest trade id there is."""

    symbol: str
    tick_size: str
    lot_size: str
    last_trade_id: int


class WireMarket(Struct, frozen=True, gc=False, tag=True):
    """A fact about the market."""

    event: MarketEvent


class News(Struct, frozen=True, gc=False, tag=True):
    """A fact about an order. event.order_id is the service's number."""

    account_id: str
    client_order_id: str
    event: OrderEvent


class StreamRefused(Struct, frozen=True, gc=False, tag=True):
    """Instead of all else: this stream does not begin, or it is over. The connection's other
    streams go on."""

    reason: str


StreamMessage: TypeAlias = Opened | WireMarket | News

UNREAD = 0
"""In the place of a frame's number: what came in its name cannot be read; a refusal says why."""


class StreamFrame(Struct, frozen=True, gc=False):
    """stream: the number under which it was asked for. seq: 1, 2, 3, ... within the stream; a gap
    means that something was lost."""

    stream: int
    seq: int
    messages: tuple[StreamMessage | StreamRefused, ...]


class Follow(Struct, frozen=True, tag=True):
    """A symbol's stream, from its beginning, with news of these accounts. stream: a number that
    this connection had for no other."""

    stream: int
    symbol: str
    accounts: tuple[str, ...]


class Listen(Struct, frozen=True, tag=True):
    """News of these accounts too, from now on."""

    stream: int
    accounts: tuple[str, ...]


class Snap(Struct, frozen=True, tag=True):
    """A snapshot, please."""

    stream: int


class Unfollow(Struct, frozen=True, tag=True):
    """No more of this stream."""

    stream: int


StreamRequest: TypeAlias = Follow | Listen | Snap | Unfollow

_ENCODER = msgspec.json.Encoder()


def lists_of(items: Iterable[StreamFrame | StreamRequest]) -> Iterator[bytes]:
    """Messages of a websocket, none much longer than it has to be."""
    parts: list[bytes] = []
    size = 0
    for item in items:
        part = _ENCODER.encode(item)
        if parts and size + len(part) > MESSAGE_BYTES:
            yield _list_of(parts)
            parts, size = [], 0
        parts.append(part)
        size += len(part)
    yield _list_of(parts)


def _list_of(parts: Iterable[bytes]) -> bytes:
    return b"[" + b",".join(parts) + b"]"

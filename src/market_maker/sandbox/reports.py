"""What matching takes and what it returns. Every outcome is a value that names its account, and
its order as the account named it; client_order_id is empty where it did not."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct

from market_maker.model.events import Levels, RejectReason
from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, OrderId, Ticks, Value

AccountName: TypeAlias = str
"""Who trades: a member of ours, by its participant id, or a trader of the sandbox."""


class OrderKind(StrEnum):
    """LIMIT takes what crosses and rests; POST_ONLY rests or is refused; IOC never rests."""

    LIMIT = "LIMIT"
    POST_ONLY = "POST_ONLY"
    IOC = "IOC"


class CancelReason(StrEnum):
    """Why an order left the book, or never came to rest, with size still open."""

    REQUESTED = "requested by its account"
    IOC = "the rest of an immediate-or-cancel order"
    REDUCE_ONLY = "reduce-only, and there is nothing left to reduce"
    SELF_TRADE = "would have met an order of its own account"
    MARGIN = "its account could not carry the trade"


class NewOrder(Struct, frozen=True, gc=False):
    """An order as it arrives. order_id: unique among the account's open orders."""

    account: AccountName
    order_id: OrderId
    side: Side
    price: Ticks
    size: Lots
    kind: OrderKind = OrderKind.LIMIT
    reduce_only: bool = False
    client_order_id: str = ""


class CancelOrder(Struct, frozen=True, gc=False):
    """A cancel request, as it arrives."""

    account: AccountName
    order_id: OrderId


OrderRequest: TypeAlias = NewOrder | CancelOrder

CountedLevel: TypeAlias = tuple[Ticks, Lots, int]
"""A price, the total size displayed at it, and how many orders that is."""


class OpenOrder(Struct, frozen=True, gc=False):
    """An order that rests on the book. size: as ordered; leaves: still open, at least 1."""

    account: AccountName
    order_id: OrderId
    side: Side
    price: Ticks
    size: Lots
    leaves: Lots
    reduce_only: bool
    client_order_id: str = ""


class OrderAccepted(Struct, frozen=True, gc=False):
    """The order passed every check; its fills, if it takes, and its cancellation follow."""

    account: AccountName
    order_id: OrderId
    client_order_id: str = ""


class OrderRejected(Struct, frozen=True, gc=False):
    """The order was refused and changed nothing."""

    account: AccountName
    order_id: OrderId
    reason: RejectReason
    client_order_id: str = ""


class OrderFilled(Struct, frozen=True, gc=False):
    """One party's half of a trade; both halves carry the same trade_id. fee > 0 is a cost."""

    account: AccountName
    order_id: OrderId
    trade_id: int
    side: Side
    price: Ticks
    size: Lots
    fee: Value
    maker: bool
    client_order_id: str = ""


class OrderCanceled(Struct, frozen=True, gc=False):
    """The order is gone with `leaves` unfilled."""

    account: AccountName
    order_id: OrderId
    leaves: Lots
    reason: CancelReason
    client_order_id: str = ""


class CancelRefused(Struct, frozen=True, gc=False):
    """The account has no such open order."""

    account: AccountName
    order_id: OrderId
    client_order_id: str = ""


Report: TypeAlias = OrderAccepted | OrderRejected | OrderFilled | OrderCanceled | CancelRefused


class PublicTrade(Struct, frozen=True, gc=False):
    """A public trade. aggressor: the taker's side."""

    trade_id: int
    price: Ticks
    size: Lots
    aggressor: Side


class MatchOutcome(Struct, frozen=True, gc=False):
    """All that one request did, in order. bids and asks: the levels whose total changed, by
    rising price, with their new total; 0 for a level that is gone."""

    reports: tuple[Report, ...]
    trades: tuple[PublicTrade, ...] = ()
    bids: Levels = ()
    asks: Levels = ()


Carries: TypeAlias = Callable[[AccountName, int, Ticks, int], bool]
"""Whether an account can carry a trade of an order of its own that rests: its position before, the
price, and the lots, signed, that are added. Asked of every account."""

Heard: TypeAlias = Callable[[Nanos, MatchOutcome], None]
"""Called with everything that any request did, when it did it."""

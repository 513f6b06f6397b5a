"""What a venue says of an account when it is asked: its own lists, which outlive us."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.orders import Side
from market_maker.model.units import Lots, Nanos, Ticks, Value

LISTED_FILLS_MAX = 1_000
"""Fills in one answer of a venue."""


class ListedOrder(Struct, frozen=True, gc=False):
    """An order on the venue's book. client_order_id: empty when it was not placed by us, or by a
    run that kept no record. leaves: lots still open."""

    account_id: str
    client_order_id: str
    venue_order_id: str
    side: Side
    price: Ticks
    size: Lots
    leaves: Lots


class FillMark(Struct, frozen=True, gc=False):
    """A place in the venue's list of fills of one account: behind the fill that happened then and
    had this number. Numbers grow at some venues; at others they are hashes, and only the moment
    orders fills."""

    ts_event: Nanos
    trade_id: int


class ListedFill(Struct, frozen=True, gc=False):
    """A fill. trade_id: no two of an account at one moment have the same. fee > 0 is a cost.
    fee_token, fee_token_amount: as of a fill."""

    account_id: str
    client_order_id: str
    venue_order_id: str
    trade_id: int
    side: Side
    price: Ticks
    size: Lots
    fee: Value
    ts_event: Nanos
    fee_token: str = ""
    fee_token_amount: Decimal = Decimal(0)

    @property
    def mark(self) -> FillMark:
        """The place behind it."""
        return FillMark(self.ts_event, self.trade_id)

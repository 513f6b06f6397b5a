"""Orders and fills as stored, in people's units."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.orders import Side
from market_maker.model.records import FillTotal, OrderStatus
from market_maker.model.units import Nanos, OrderId, ParticipantId


class OrderView(Struct, frozen=True, kw_only=True):
    """An order as stored, open or ended."""

    client_order_id: str
    venue_order_id: str
    symbol: str
    order_id: OrderId
    participant_id: ParticipantId
    account_id: str
    side: Side
    level: int
    price: Decimal
    size: Decimal
    filled: Decimal
    reduce_only: bool
    status: OrderStatus
    reason: str
    config_version: int
    created_at: Nanos
    updated_at: Nanos


class FillView(Struct, frozen=True, kw_only=True):
    """A fill as stored. fee > 0 is a cost; value = price x size; mid: what we knew then, None
    when blind. fee_token, fee_token_amount: a fee in a token that is not the quote currency, which
    is in no PnL; empty and 0 without."""

    symbol: str
    trade_id: int
    client_order_id: str
    participant_id: ParticipantId
    account_id: str
    side: Side
    level: int
    price: Decimal
    size: Decimal
    value: Decimal
    fee: Decimal
    mid: Decimal | None
    ts_event: Nanos
    recorded_at: Nanos
    fee_token: str
    fee_token_amount: Decimal


class FillSummaryView(Struct, frozen=True, kw_only=True):
    """Fills of one symbol over since <= t < until."""

    symbol: str
    since: Nanos
    until: Nanos
    totals: tuple[FillTotal, ...]

"""Answers about settlements, payouts and analytics: one Struct per query.

Money is Decimal in quote currency (USDT), > 0 is what the holder gains, unless a field says
otherwise. Times are nanoseconds; spans are half open.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.money import (
    ActivityRecord,
    DailyPerformance,
    SettlementRecord,
    Transfer,
)
from market_maker.model.orders import Side
from market_maker.model.records import OrderCount
from market_maker.model.units import Nanos, ParticipantId
from market_maker.settlement.attribution import Attribution


class NotCounted(Struct, frozen=True, kw_only=True):
    """A sum of fees in a token that is not the quote currency: no rate is known, so that no amount
    of the settlement has it. amount > 0 is a cost."""

    settlement_id: str
    token: str
    amount: Decimal


class Closed(Struct, frozen=True, kw_only=True):
    """The result of closing a month. records: of every participant that has one, by participant_id;
    created: ids of those that were made now (none in a dry run). not_counted: token fees that are
    in none of the amounts."""

    month: str
    dry_run: bool
    watermark: int
    records: tuple[SettlementRecord, ...]
    created: tuple[str, ...]
    not_counted: tuple[NotCounted, ...] = ()


class SettlementView(Struct, frozen=True, kw_only=True):
    """A record, the attempts to pay it, and what may be done with it now. not_counted: token fees
    that are in none of its amounts."""

    record: SettlementRecord
    transfers: tuple[Transfer, ...]
    allowed: tuple[str, ...]
    not_counted: tuple[NotCounted, ...] = ()


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over fills. fees > 0 are costs; net = realised - fees. edge: gained against the mid at
    the fill; adverse: taken back by the mid within 60 s, of the `marked` fills."""

    fills: int
    priced: int
    marked: int
    volume_base: Decimal
    volume_usdt: Decimal
    fees_usdt: Decimal
    realised_usdt: Decimal
    net_usdt: Decimal
    edge_usdt: Decimal
    adverse_usdt: Decimal


class Bucket(Struct, frozen=True, kw_only=True):
    """One hour of one symbol, or of all together (symbol None)."""

    hour: Nanos
    symbol: str | None
    totals: Totals


class SymbolTotals(Struct, frozen=True, kw_only=True):
    """One symbol's sums."""

    symbol: str
    totals: Totals


class ParticipantTotals(Struct, frozen=True, kw_only=True):
    """One participant's sums."""

    participant_id: ParticipantId
    totals: Totals


class OverviewOfMoney(Struct, frozen=True, kw_only=True):
    """[since, until): the last 24 hours across all symbols. unrealised_usdt: of the engines as
    they stand. pending: settlements that wait for approval."""

    since: Nanos
    until: Nanos
    totals: Totals
    funding_usdt: Decimal
    unrealised_usdt: Decimal
    active_pools: int
    pools: int
    pending_settlements: int
    symbols: tuple[SymbolTotals, ...]
    participants: tuple[ParticipantTotals, ...]


class TimeWindow(Struct, frozen=True, kw_only=True):
    """One of the common windows: 24h, 7d, 30d."""

    name: str
    since: Nanos
    until: Nanos
    totals: Totals


class SymbolMetrics(Struct, frozen=True, kw_only=True):
    """Everything about one symbol. sides, participants: of the last 24 hours; orders: the same, and
    earlier ones that may still be open."""

    symbol: str
    windows: tuple[TimeWindow, ...]
    sides: tuple["SideTotals", ...]
    participants: tuple[ParticipantTotals, ...]
    orders: tuple[OrderCount, ...]
    today: tuple[DailyPerformance, ...]


class SideTotals(Struct, frozen=True, kw_only=True):
    """One side's sums."""

    side: Side
    totals: Totals


class Attributed(Struct, frozen=True, kw_only=True):
    """One group: its value of each field that was grouped by, in that order; and its sums."""

    group: tuple[str | int | None, ...]
    totals: Totals


class AttributionView(Struct, frozen=True, kw_only=True):
    """Where money came from within [since, until), whole hours. rows: fills by `by`. whole: the
    window's identity, equity change = edge - adverse + inventory - fees + funding; None where a
    position has no mark at one of the ends."""

    since: Nanos
    until: Nanos
    by: tuple[str, ...]
    rows: tuple[Attributed, ...]
    totals: Totals
    funding_usdt: Decimal
    whole: Attribution | None


ATTRIBUTES = ("symbol", "participant_id", "hour", "side", "level", "config_version")
"""What sums can be grouped by: fields of ActivityRecord."""
assert all(name in ActivityRecord.__struct_fields__ for name in ATTRIBUTES)

"""One symbol's windows, and how well it was quoted in the last 24 hours."""

from collections.abc import Sequence
from decimal import Decimal

from msgspec import Struct

from market_maker.accounting.views import SymbolMetrics
from market_maker.model.history import HistoryRow
from market_maker.model.lifecycle import PoolState
from market_maker.model.quotes import Reason
from market_maker.model.records import OrderCount, OrderStatus

WINDOW = "24h"
AT_LIMIT = frozenset(
    (Reason.POSITION_LIMIT.value, Reason.WORST_CASE.value, Reason.MEMBER_LIMIT.value)
)


class SymbolMetricsAnswer(Struct, frozen=True, kw_only=True):
    """Everything about one symbol. sides, participants: of the last 24 hours; orders: the same, and
    earlier ones that may still be open. Of the last 24 hours: fill_rate: filled orders of all;
    inventory_turnover: volume by the pool's position limit; average_spread_bps: while both sides
    quoted; time_at_limit_pct: of the minutes in which it was ACTIVE, those at whose end a position
    limit kept a side silent. null where nothing was recorded."""

    metrics: SymbolMetrics
    fill_rate: float | None
    inventory_turnover: Decimal | None
    average_spread_bps: float | None
    time_at_limit_pct: float | None


def symbol_metrics(
    metrics: SymbolMetrics, rows: Sequence[HistoryRow], limit: Decimal | None
) -> SymbolMetricsAnswer:
    """rows: minutes of the last 24 hours. limit: of the pool's position, None without a pool."""
    day = next(window.totals for window in metrics.windows if window.name == WINDOW)
    return SymbolMetricsAnswer(
        metrics=metrics,
        fill_rate=filled_share(metrics.orders),
        inventory_turnover=None if limit is None else round(day.volume_usdt / limit, 6),
        average_spread_bps=average_spread(rows),
        time_at_limit_pct=time_at_limit(rows),
    )


def filled_share(orders: Sequence[OrderCount]) -> float | None:
    """Filled orders of all; None without any."""
    whole = sum(each.count for each in orders)
    filled = sum(each.count for each in orders if each.status is OrderStatus.FILLED)
    return filled / whole if whole else None


def average_spread(rows: Sequence[HistoryRow]) -> float | None:
    """bps, of the rows in which both sides quoted."""
    spreads = [
        10_000 * float((row.ask - row.bid) / row.mid)
        for row in rows
        if row.bid is not None and row.ask is not None and row.mid
    ]
    return sum(spreads) / len(spreads) if spreads else None


def time_at_limit(rows: Sequence[HistoryRow]) -> float | None:
    """Per cent of the rows in which the pool was ACTIVE."""
    active = [row for row in rows if row.state == PoolState.ACTIVE]
    return 100 * sum(map(_at_limit, active)) / len(active) if active else None


def _at_limit(row: HistoryRow) -> bool:
    bid = not row.quoting_bid and row.reason_bid in AT_LIMIT
    return bid or (not row.quoting_ask and row.reason_ask in AT_LIMIT)

"""Every metric that is published: its name, kind, labels and meaning.

The first group is the pool engine's reference, word for word.
"""

from enum import StrEnum

from msgspec import Struct

from market_maker.engine.estimates_report import all_lines


class MetricKind(StrEnum):
    """As Prometheus has them."""

    GAUGE = "gauge"
    COUNTER = "counter"
    HISTOGRAM = "histogram"


class Metric(Struct, frozen=True):
    """labels: in the order in which they are written."""

    name: str
    kind: MetricKind
    labels: tuple[str, ...]
    help: str


_POOL = ("symbol",)
_MEMBER = ("symbol", "participant_id")


def _gauge(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, labels, text)


def _counter(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, MetricKind.COUNTER, labels, text)


def _histogram(name: str, labels: tuple[str, ...], text: str) -> Metric:
    return Metric(name, MetricKind.HISTOGRAM, labels, text)


# As documented.
MEMBER_COUNT = _gauge("mm_pool_member_count", _POOL, "Active member count per pool")
NET_POSITION = _gauge("mm_pool_net_position", _MEMBER, "Per-member net position (USDT)")
MEMBER_PNL = _gauge("mm_pool_member_pnl", _MEMBER, "Realised PnL per member (USDT)")
MEMBER_INVENTORY = _gauge("mm_pool_member_inventory", _MEMBER, "Inventory units (base currency)")
MEMBER_OPEN_ORDERS = _gauge("mm_pool_member_open_orders", _MEMBER, "Open order count")
QUOTE_COMPUTE_LATENCY = _histogram(
    "mm_pool_quote_compute_latency_seconds", _POOL, "Histogram of A-S compute time"
)
ALLOCATION_LATENCY = _histogram(
    "mm_pool_allocation_latency_seconds", _POOL, "Histogram of pro-rata allocation time"
)
Q_SCORE = _gauge("mm_pool_q_score", _MEMBER, "Latest Q-score")
SETTLEMENT_COUNT = _gauge("mm_settlement_count", ("status",), "Settlement count by status")
SNAPSHOTS = _counter("mm_performance_snapshot_total", _POOL, "Total snapshots taken")
ROLLUPS = _counter("mm_performance_rollup_total", _POOL, "Total daily rollups")

# Pools.
POOL_STATE = _gauge("mm_pool_state", (*_POOL, "state"), "1 for the state the pool is in, else 0")
POOL_FAILED = _gauge("mm_pool_failed", _POOL, "1 if the pool's engine crashed, else 0")
CONFIG_VERSION = _gauge("mm_pool_config_version", _POOL, "Version of the configuration in force")
QUOTING = _gauge("mm_pool_quoting", (*_POOL, "side"), "1 if a live order rests on the side, else 0")
ORDERS = _gauge(
    "mm_pool_orders", (*_POOL, "state"), "Orders that may be open, by state; UNKNOWN ones included"
)
UNCONFIRMED = _gauge(
    "mm_pool_cancel_unconfirmed",
    _POOL,
    "1 while orders were pulled and the venue has not proved that none is left, else 0",
)
FOREIGN_ORDERS = _gauge(
    "mm_pool_foreign_orders", _POOL, "Orders the venue lists for us and the engine does not know"
)
RECONCILED_AGE = _gauge(
    "mm_reconciliation_age_seconds",
    _POOL,
    "Time since orders, fills and positions were last compared with the venue's own lists",
)
RECONCILIATION_FAILURES = _counter(
    "mm_reconciliation_failures_total", _POOL, "Comparisons that the venue did not answer"
)
RECONCILIATION_MISMATCHES = _gauge(
    "mm_reconciliation_position_mismatches",
    _POOL,
    "Comparisons in a row with another position at the venue; the second pauses the pool",
)
MISSED_FILLS = _counter(
    "mm_reconciliation_missed_fills_total", _POOL, "Fills found on the venue's list, and booked"
)
CANCELLED_STRANGERS = _counter(
    "mm_reconciliation_foreign_orders_total",
    _POOL,
    "Orders on our accounts that were not ours to follow, cancelled",
)
GUARD_HEADROOM = _gauge(
    "mm_pool_guard_headroom_ratio",
    (*_POOL, "guard"),
    "What a guard leaves of its threshold: 1 untouched, 0 at it, below 0 beyond it",
)
DATA_AGE = _gauge(
    "mm_pool_market_data_age_seconds", _POOL, "Time since the last market data came in"
)
FAIR_PRICE = _gauge("mm_pool_fair_price", _POOL, "Price quoted around (USDT); 0 until known")
SIGMA = _gauge("mm_pool_volatility_bps", _POOL, "Volatility, bps per square root of hour")
SPREAD = _gauge("mm_pool_spread_bps", _POOL, "Spread of the best level as computed, bps")
POOL_POSITION = _gauge("mm_pool_position_usdt", _POOL, "Net position of the whole pool (USDT)")
POOL_PNL = _gauge(
    "mm_pool_pnl_usdt", (*_POOL, "component"), "PnL of the pool (USDT); fees are costs"
)
MEMBER_UNKNOWN_ORDERS = _gauge(
    "mm_pool_member_unknown_orders", _MEMBER, "Orders whose fate only the venue knows"
)
MEMBER_UNREALISED = _gauge(
    "mm_pool_member_unrealised_pnl", _MEMBER, "Unrealised PnL per member (USDT)"
)
MEMBER_STOPPED = _gauge(
    "mm_pool_member_stopped", _MEMBER, "1 if the member alone is stopped by its own limit, else 0"
)
TURNS = _counter("mm_pool_turns_total", _POOL, "Turns of the engine")
PLACED = _counter("mm_pool_orders_placed_total", _POOL, "Orders placed")
CANCELS = _counter("mm_pool_cancels_total", _POOL, "Cancel requests, repetitions included")
FILLS = _counter("mm_pool_fills_total", _POOL, "Fills")
REJECTS = _counter(
    "mm_pool_rejects_total", (*_POOL, "kind"), "Orders the venue refused; post_only is expected"
)
UNATTRIBUTED_FILLS = _counter(
    "mm_pool_unattributed_fills_total", _POOL, "Fill reports of orders unknown or seen before"
)
IMPOSSIBLE_FILLS = _counter(
    "mm_pool_impossible_fills_total",
    _POOL,
    "Fills of more than was ordered or at a worse price than the limit",
)
MAILBOX_DEPTH = _gauge(
    "mm_pool_mailbox_depth", _POOL, "Most events that waited for one step, of late"
)
TURN_LATENCY = _histogram("mm_pool_turn_latency_seconds", _POOL, "Time of one turn of the engine")
FAILURES = _counter("mm_pool_failures_total", _POOL, "How often the pool's engine crashed")

# Estimates, as the Hyperliquid document names them, each while it is fed and may be relied on.
MID_PRICE = _gauge("mm_mid_price", _POOL, "Current mid price (USDT)")
MARKET_SPREAD = _gauge("mm_spread_bps", _POOL, "Bid-ask spread of the market, bps of the mid")
ESTIMATED = {
    line.name: (_gauge(line.metric.name, _POOL, line.metric.help), line.metric.one)
    for line in all_lines()
    if line.metric is not None
}
"""Estimate -> its metric, and how much one of the metric's unit is in the estimate's."""
GAMMA_FACTOR = _gauge(
    "mm_pool_gamma_factor", (*_POOL, "factor"), "What gamma is multiplied by, for each reason"
)

# The process.
LOOP_LAG = _histogram(
    "mm_event_loop_lag_seconds", (), "How late the event loop came back to the engines"
)
OUTBOX_WAITING = _gauge("mm_outbox_waiting", (), "Events committed and not yet published")
OUTBOX_PARKED = _gauge("mm_outbox_parked", (), "Events that the bus will not take")
OUTBOX_LAG = _gauge("mm_outbox_lag_seconds", (), "How long the oldest waiting event waits")
OUTBOX_PUBLISHED = _counter("mm_outbox_published_total", (), "Events published")
TOPICS_PARKED = _counter(
    "mm_topics_parked_total", (), "Messages of the exchange's topics that could not be read"
)
TOPICS_LAG = _gauge(
    "mm_topics_lag_seconds",
    (),
    "How long the newest message that was wanted had lain at the broker",
)
RECORDS_WAITING = _gauge("mm_records_waiting", (), "Moves and fills not yet stored")
RECORDS_REFUSED = _counter("mm_records_refused_total", (), "Moves and fills that cannot be stored")
ORDERS_UNRECORDED = _counter(
    "mm_orders_unrecorded_total", (), "Orders not sent: the database did not have them in time"
)
AUDIT_HEAD = _gauge("mm_audit_head", (), "Number of the last audit record that was anchored")
JOURNAL_TURNS_LOST = _counter(
    "mm_journal_turns_lost_total", (), "Turns that could not be written and cannot be replayed"
)
JOURNAL_FAILURES = _counter(
    "mm_journal_failures_total", (), "Batches of turns that could not be written"
)
LOG_LINES_DROPPED = _counter("mm_log_lines_dropped_total", (), "Log lines that were lost")
ANCHOR_FAILURES = _counter(
    "mm_audit_anchor_failures_total",
    (),
    "Anchors of the audit log, or copies, that the disk refused",
)
CLOCK_DRIFT = _gauge(
    "mm_clock_drift_seconds", (), "Time of day ahead of the clock that orders events (seconds)"
)
CLOCK_STEPS = _counter(
    "mm_clock_steps_total", (), "How often the computer's clock was found to have been set"
)
WATCHDOG = _gauge("mm_watchdog_attached", (), "1 if a watchdog watches this service, else 0")
DEPENDENCY_READY = _gauge(
    "mm_dependency_ready", ("dependency",), "1 if what /health calls by this name is ready, else 0"
)
CONNECTIONS_MADE = _counter(
    "mm_connections_made_total", ("to",), "Connections that were made, by what is at the other end"
)
CONNECTIONS_GIVEN_UP = _counter(
    "mm_connections_given_up_total",
    ("to", "why"),
    "Connections given up: ended, silent, unreadable (an answer), left (in the middle), idle",
)
SHADOW_MODE = _gauge("mm_shadow_mode", (), "1 if no orders are sent at all, else 0")
BUILD_INFO = _gauge("mm_build_info", ("version", "fingerprint"), "1; which program this is")

# Scores and settlements.
SNAPSHOTS_WAITING = _gauge(
    "mm_performance_snapshots_waiting", (), "Snapshots not known to be stored yet"
)
SNAPSHOTS_LOST = _counter(
    "mm_performance_snapshots_lost_total", (), "Snapshots given up while the database was away"
)
ROUNDS_MISSED = _counter("mm_performance_rounds_missed_total", (), "Intervals without a sample")
FILLS_MARKED = _counter("mm_fills_marked_total", (), "Fills whose later mids were found")
MARKS_LOST = _counter(
    "mm_marks_lost_total", (), "Hourly marks given up while the database was away"
)
TRANSFERS_UNKNOWN = _gauge(
    "mm_wallet_transfers_unknown", (), "Transfers of which the wallet has not said what became"
)
MONTH_END_FAILED = _gauge(
    "mm_settlement_month_end_failed", (), "1 if a month that is over could not be closed, else 0"
)

POOL_METRICS = (
    MEMBER_COUNT,
    NET_POSITION,
    MEMBER_PNL,
    MEMBER_INVENTORY,
    MEMBER_OPEN_ORDERS,
    QUOTE_COMPUTE_LATENCY,
    ALLOCATION_LATENCY,
    POOL_STATE,
    POOL_FAILED,
    CONFIG_VERSION,
    QUOTING,
    ORDERS,
    UNCONFIRMED,
    FOREIGN_ORDERS,
    RECONCILED_AGE,
    RECONCILIATION_FAILURES,
    RECONCILIATION_MISMATCHES,
    MISSED_FILLS,
    CANCELLED_STRANGERS,
    GUARD_HEADROOM,
    DATA_AGE,
    FAIR_PRICE,
    SIGMA,
    SPREAD,
    POOL_POSITION,
    POOL_PNL,
    MEMBER_UNKNOWN_ORDERS,
    MEMBER_UNREALISED,
    MEMBER_STOPPED,
    TURNS,
    PLACED,
    CANCELS,
    FILLS,
    REJECTS,
    UNATTRIBUTED_FILLS,
    IMPOSSIBLE_FILLS,
    MAILBOX_DEPTH,
    TURN_LATENCY,
    FAILURES,
)
ESTIMATE_METRICS = (
    MID_PRICE,
    MARKET_SPREAD,
    *(metric for metric, _ in ESTIMATED.values()),
    GAMMA_FACTOR,
)
PROCESS_METRICS = (
    LOOP_LAG,
    OUTBOX_WAITING,
    OUTBOX_PARKED,
    OUTBOX_LAG,
    OUTBOX_PUBLISHED,
    TOPICS_PARKED,
    TOPICS_LAG,
    RECORDS_WAITING,
    RECORDS_REFUSED,
    ORDERS_UNRECORDED,
    AUDIT_HEAD,
    JOURNAL_TURNS_LOST,
    JOURNAL_FAILURES,
    LOG_LINES_DROPPED,
    ANCHOR_FAILURES,
    CLOCK_DRIFT,
    CLOCK_STEPS,
    WATCHDOG,
    DEPENDENCY_READY,
    CONNECTIONS_MADE,
    CONNECTIONS_GIVEN_UP,
    SHADOW_MODE,
    BUILD_INFO,
)
MONEY_METRICS = (
    Q_SCORE,
    SETTLEMENT_COUNT,
    SNAPSHOTS,
    ROLLUPS,
    SNAPSHOTS_WAITING,
    SNAPSHOTS_LOST,
    ROUNDS_MISSED,
    FILLS_MARKED,
    MARKS_LOST,
    TRANSFERS_UNKNOWN,
    MONTH_END_FAILED,
)
METRICS = POOL_METRICS + ESTIMATE_METRICS + MONEY_METRICS + PROCESS_METRICS
"""All of them. `process_*` and `python_*` come from the client library and are not ours."""

"""The metrics of the stand-alone maker, under the names that its operators know.

Source: SOP section 7.1. All carry the same two labels. Where the service has a metric of the same
name, it means the same.
"""

from market_maker.telemetry.names import Metric, MetricKind

LABELS = ("asset", "quote")


def _gauge(name: str, text: str) -> Metric:
    return Metric(name, MetricKind.GAUGE, LABELS, text)


def _counter(name: str, text: str) -> Metric:
    return Metric(name, MetricKind.COUNTER, LABELS, text)


# Position.
POSITION = _gauge("mm_position", "Current position, in the asset; below 0 when short")
MAX_POSITION = _gauge("mm_max_position", "Position limit, in the asset")
UTILIZATION = _gauge("mm_inventory_utilization", "Size of the position as a share of its limit")

# P&L, in the quote currency.
DAILY_PNL = _gauge("mm_daily_pnl", "PnL of the session: realised and unrealised")
REALIZED_PNL = _gauge("mm_realized_pnl", "PnL of closed trades, less fees, with funding")
UNREALIZED_PNL = _gauge("mm_unrealized_pnl", "PnL of the open position at the mid price")
PEAK_PNL = _gauge("mm_peak_pnl", "Highest PnL of the session")
DRAWDOWN = _gauge("mm_drawdown_pct", "Drop of equity from its peak, as a share of it: 0.03 is 3 %")

# Market.
MID_PRICE = _gauge("mm_mid_price", "Current mid price")
SPREAD = _gauge("mm_spread_bps", "Bid-ask spread of the market, bps of the mid")
SIGMA = _gauge("mm_sigma", "Volatility, fraction per square root of second")
KAPPA = _gauge("mm_kappa", "Order flow intensity: decay of fills with distance, per 10 bps")
JUMP_RATIO = _gauge("mm_jump_ratio", "RV/BV ratio: about 1 without jumps")

# Estimators.
MICROPRICE_DEVIATION = _gauge("mm_microprice_deviation_bps", "Microprice against the mid, bps")
BOOK_IMBALANCE = _gauge("mm_book_imbalance", "Book imbalance at the best prices, -1 to 1")
FLOW_IMBALANCE = _gauge("mm_flow_imbalance", "Trade flow imbalance, -1 to 1")
BETA_BOOK = _gauge("mm_beta_book", "Learned book coefficient, fraction of the price")
BETA_FLOW = _gauge("mm_beta_flow", "Learned flow coefficient, fraction of the price")

# Risk.
KILL_SWITCH = _gauge("mm_kill_switch_triggered", "1 once the kill switch was triggered, else 0")
CASCADE_SEVERITY = _gauge("mm_cascade_severity", "Liquidation cascade, 0 to 1")
ADVERSE_SELECTION = _gauge("mm_adverse_selection_bps", "Mean move against us after a fill, bps")
TAIL_RISK = _gauge("mm_tail_risk_multiplier", "Gamma scaling factor for cascades")

# Infrastructure.
STALENESS = _gauge("mm_data_staleness_secs", "Time since the last market data came in")
CYCLE_LATENCY = _gauge("mm_quote_cycle_latency_ms", "Duration of the last quote cycle")
REGIME = _gauge("mm_volatility_regime", "0 normal, 1 high, 2 extreme")
PLACED = _counter("mm_orders_placed_total", "Orders placed")
FILLED = _counter("mm_orders_filled_total", "Fills")

MAKER_METRICS = (
    POSITION, MAX_POSITION, UTILIZATION,
    DAILY_PNL, REALIZED_PNL, UNREALIZED_PNL, PEAK_PNL, DRAWDOWN,
    MID_PRICE, SPREAD, SIGMA, KAPPA, JUMP_RATIO,
    MICROPRICE_DEVIATION, BOOK_IMBALANCE, FLOW_IMBALANCE, BETA_BOOK, BETA_FLOW,
    KILL_SWITCH, CASCADE_SEVERITY, ADVERSE_SELECTION, TAIL_RISK,
    STALENESS, CYCLE_LATENCY, REGIME, PLACED, FILLED,
)  # fmt: skip
"""All of them, in the order of the page."""

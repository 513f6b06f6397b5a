"""The maker's metrics are the document's, by name and by kind."""

import re
from pathlib import Path

from market_maker.telemetry.maker_names import LABELS, MAKER_METRICS
from market_maker.telemetry.names import MetricKind

DOCUMENT = (Path(__file__).parents[3] / "docs" / "hyperliquid-operations.md").read_text()

# SOP 7.1, "Prometheus Metrics".
DOCUMENTED = """
mm_position{asset="BTC"} 0.125           # Current position
mm_max_position{asset="BTC"} 0.5         # Position limit
mm_inventory_utilization{asset="BTC"} 0.25  # position / max_position
mm_daily_pnl{asset="BTC"} 15.50          # Session P&L (realized + unrealized)
mm_realized_pnl{asset="BTC"} 12.30       # Closed trade P&L
mm_unrealized_pnl{asset="BTC"} 3.20      # Mark-to-market
mm_peak_pnl{asset="BTC"} 20.00           # Session high
mm_drawdown_pct{asset="BTC"} 0.02        # Current drawdown
mm_mid_price{asset="BTC"} 100500.50      # Current mid price
mm_spread_bps{asset="BTC"} 8.5           # Bid-ask spread
mm_sigma{asset="BTC"} 0.00015            # Volatility estimate
mm_kappa{asset="BTC"} 85.2               # Order flow intensity
mm_jump_ratio{asset="BTC"} 1.2           # RV/BV ratio (toxicity)
mm_microprice_deviation_bps{asset="BTC"} 0.5  # Microprice vs mid
mm_book_imbalance{asset="BTC"} 0.15           # L2 book imbalance (-1 to 1)
mm_flow_imbalance{asset="BTC"} -0.08          # Trade flow imbalance
mm_beta_book{asset="BTC"} 0.003               # Learned book coefficient
mm_beta_flow{asset="BTC"} 0.002               # Learned flow coefficient
mm_kill_switch_triggered{asset="BTC"} 0       # 0=running, 1=triggered
mm_cascade_severity{asset="BTC"} 0.15         # Liquidation cascade (0-1)
mm_adverse_selection_bps{asset="BTC"} 0.8     # Running AS estimate
mm_tail_risk_multiplier{asset="BTC"} 1.0      # Gamma scaling factor
mm_data_staleness_secs{asset="BTC"} 0.5       # Data age
mm_quote_cycle_latency_ms{asset="BTC"} 15     # Quote cycle time
mm_volatility_regime{asset="BTC"} 0           # 0=Normal, 1=High, 2=Extreme
mm_orders_placed_total{asset="BTC"} 1250      # Total orders placed
mm_orders_filled_total{asset="BTC"} 180       # Total fills
"""


def test_the_names_are_the_documents_in_its_order():
    documented = re.findall(r"^(mm_[a-z_]+)\{", DOCUMENTED, re.MULTILINE)
    assert [metric.name for metric in MAKER_METRICS] == documented


def test_totals_are_counters_and_all_carry_asset_and_quote():
    for metric in MAKER_METRICS:
        is_total = metric.name.endswith("_total")
        assert metric.kind is (MetricKind.COUNTER if is_total else MetricKind.GAUGE), metric
        assert metric.labels == LABELS == ("asset", "quote")


def test_our_document_describes_each_of_them_in_its_table():
    rows = dict(re.findall(r"^\| `(mm_[a-z_]+)` \| (.+) \|$", DOCUMENT, re.MULTILINE))
    assert rows == {metric.name: metric.help for metric in MAKER_METRICS}

"""Every event of the operators' procedure (7.3, and what its own program writes) in a session:
its message, its level and its fields.

What happens only in trouble is in test_run_log, test_kill_switch and test_troubleshooting.
"""

import re

import pytest

from market_maker.model.orders import Side
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table

pytestmark = pytest.mark.slow

EVENTS = (
    (
        "INFO",
        "Starting market maker",
        "asset target_liquidity risk_aversion max_bps_diff max_position_override leverage network",
    ),
    ("INFO", "Starting market maker", "decimals strategy dry_run mode quote equity position"),
    ("INFO", "Market maker started for BTC with ladder strategy", ""),
    ("INFO", "Warming up parameter estimator...", ""),
    ("INFO", "Warming up: ", ""),
    ("INFO", "Parameter estimation warmed up", ""),
    ("INFO", "Warmup complete! σ", "σ κ jump_ratio"),
    ("DEBUG", "Calculated ladder quotes", "bid_levels ask_levels best_bid best_ask"),
    (
        "INFO",
        "Quote cycle complete",
        "modified best_bid best_ask spread_bps bid_levels ask_levels position",
    ),
    ("DEBUG", "Trades processed", "asset processed skipped"),
    ("INFO", "Fill processed", "oid tid size price filled remaining state"),
    ("INFO", "[Fill] bought", "oid tid"),
    ("INFO", "=== GRACEFUL SHUTDOWN INITIATED ===", ""),
    ("INFO", "Bulk cancel completed", "cancelled"),
    ("INFO", "Final position state", "position mid_price position_value"),
    ("INFO", "Kill switch was NOT triggered", "daily_pnl max_drawdown"),
    ("INFO", "Adverse selection summary", "fills_measured realized_as_bps"),
    ("INFO", "Liquidation cascade summary", "cascades_detected cascade_severity"),
    ("INFO", "=== GRACEFUL SHUTDOWN COMPLETE ===", ""),
    ("INFO", "Market maker stopped.", ""),
)


def test_a_session_writes_every_event_with_its_level_and_fields(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.market.trade(Side.BUY, 100_000)
            await table.until(lambda: table.running.lines.having("Warmup complete!"))
            table.market.move(-0.0007)
            await table.until(lambda: table.running.lines.having("Fill processed"))
        return table.running.lines

    lines = leaping(run())
    for level, message, fields in EVENTS:
        found = [line for line in lines.lines if f" {level} {message}" in line]
        assert found, f"{level} {message}"
        missing = [name for name in fields.split() if not re.search(rf"[ ,]{name}=", found[0])]
        assert not missing, found[0]
    (fill, *_) = lines.having("[Fill] bought")
    assert re.search(r"\| position: \d.* \| AS: (-|[\d.-]+)bps \| P&L: \$-?\d", fill), fill
    assert re.search(r"σ=0\.\d{6}, κ=[\d.-]+, jump_ratio=[\d.-]+", "\n".join(lines.lines))

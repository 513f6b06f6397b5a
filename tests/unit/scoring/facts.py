"""Targets, hours and days to test with."""

from decimal import Decimal

from market_maker.model.calendar import Month
from market_maker.model.records import DayKey
from market_maker.scoring.q_score import Targets
from market_maker.scoring.rollup import Trading, daily
from tests.builders import presence

DAY = Month(2026, 10).start
HOUR = 3_600 * 10**9

TARGETS = Targets(
    spread_min_bps=Decimal(3),
    spread_max_bps=Decimal(80),
    depth_target_usdt=Decimal(1000),
    volume_target_usdt=Decimal(50_000),
)


def hour(number=0, eligible=360, valid=360, spread="5", depth="1000", targets=TARGETS):
    """spread, depth: means of the valid snapshots."""
    return presence(
        hour=DAY + number * HOUR,
        eligible=eligible,
        valid=valid,
        spread_sum_bps=valid * Decimal(spread),
        depth_sum_usdt=valid * Decimal(depth),
        spread_min_bps=targets.spread_min_bps,
        spread_max_bps=targets.spread_max_bps,
        depth_target_usdt=targets.depth_target_usdt,
        volume_target_usdt=targets.volume_target_usdt,
    )


def day(number=0, *hours, symbol="BTCUSDT-PERP", whose="acme", volume="50000", trades=10):
    key = DayKey(DAY + number * 24 * HOUR, symbol, whose)
    trading = Trading(volume_usdt=Decimal(volume), trades=trades)
    return daily(key, hours, trading, TARGETS, 0)

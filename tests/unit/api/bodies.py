"""What the documents' own commands send."""

from itertools import count

SYMBOL = "XYZUSDT-PERP"
POOL = {
    "symbol": SYMBOL,
    "enabled": False,
    "gamma": "0.1",
    "kappa": "1.5",
    "vol_lookback_seconds": 300,
    "tau": "1.0",
    "num_levels": 3,
    "level_spacing_bps": "5",
    "min_spread_bps": "5",
    "max_spread_bps": "50",
    "order_size_usdt": "500",
    "max_pool_position_usdt": "50000",
    "max_pool_loss_usdt": "2000",
    "check_staleness": True,
    "staleness_threshold_ms": "2000",
    "quote_interval_ms": "100",
    "price_threshold_bps": "5",
}
PARTICIPANT = {
    "user_id": "3f4a8b2c-0000-0000-0000-000000000001",
    "account_id": "5d6e9f1a-0000-0000-0000-000000000002",
    "display_name": "Acme Trading Desk",
    "initial_margin_usdt": "10000",
    "max_drawdown_pct": "20",
    "revenue_model": "PERCENTAGE_SPLIT",
    "revenue_share_pct": "20",
    "tier": "TIER_1",
    "enrolled_by": "ops-team",
    "notes": "Onboarded 2026-04",
}
MEMBER = {
    "capital_weight_pct": "40",
    "position_limit_usdt": "20000",
    "max_loss_usdt": "800",
}
_NUMBERS = count(3)


def another_participant():
    """A body with an account that no other has."""
    return PARTICIPANT | {"account_id": f"5d6e9f1a-0000-0000-0000-{next(_NUMBERS):012}"}

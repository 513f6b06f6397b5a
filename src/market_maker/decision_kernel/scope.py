"""What the decision kernel knows. What stands nowhere in this list is not known: the engine runs
instead, and says why."""

from collections.abc import Callable

from market_maker.engine.engine import Engine
from market_maker.engine.estimates import ROWS
from market_maker.engine.fair_estimators import FLOW, REGRESSION
from market_maker.engine.quoted_estimators import ARRIVALS, CLOCK, DEPTH
from market_maker.engine.volatility_estimators import HORIZON, VARIATION
from market_maker.model.pool import PoolConfig
from market_maker.model.units import RATE_SCALE
from market_maker.replay_venue.recorded_trades import RecordedTrades
from market_maker.replay_venue.replay_state import OPEN_ORDERS_MAX

SLOTS_MAX = OPEN_ORDERS_MAX // 2 - 8
"""Members x sides x levels: each slot has an order and a cancel on their way at most."""

PRODUCT_MAX = 2**62
"""Of what is no money: prices, lots and their products, which are ticks x lots."""
MONEY_MAX = 2**96
"""Of money, which is wide: a sum of a few, RATE_SCALE times, stays below 2**127."""
FLOAT_MAX = 2**53
"""Whole numbers up to here are exact as floats."""

_KNOWN_ROWS = (FLOW, DEPTH, HORIZON, VARIATION, REGRESSION, CLOCK, ARRIVALS)
_NOT_TAKEN = tuple(row for row in ROWS if row not in _KNOWN_ROWS)
"""Estimators that the kernel neither takes nor asks for."""

_Known = Callable[[object], bool]


def _any(_value: object) -> bool:
    return True


def _off(value: object) -> bool:
    return not value


def _one_of(*allowed: object) -> _Known:
    return lambda value: value in allowed


KNOWN_FIELDS: dict[str, _Known] = {
    "symbol": _any,
    "enabled": _any,
    "gamma": _any,
    "kappa": _any,
    "vol_lookback_seconds": _any,
    "tau": _any,
    "num_levels": _any,
    "level_spacing_bps": _any,
    "min_spread_bps": _any,
    "max_spread_bps": _any,
    "order_size_usdt": _any,
    "max_pool_position_usdt": _any,
    "max_pool_loss_usdt": _any,
    "check_staleness": _any,
    "staleness_threshold_ms": _any,
    "quote_interval_ms": _any,
    "price_threshold_bps": _any,
    "strategy": _one_of(
        "avellaneda_stoikov",
        "calibrated",
        "glft",
        "hyperliquid_simplified",
        "inventory_aware",
        "ladder",
        "reference_glft",
        "reference_hummingbot",
        "smart",
        "symmetric",
    ),
    "strategy_params": _any,  # the strategy is called as it is
    "react": _any,
    "fair_price": _one_of("mid", "weighted_mid", "microprice", "regression"),
    "volatility": _one_of("ewma", "realised"),
    "ewma_half_life_seconds": _any,
    "warmup_samples": _any,
    "market_data_halt_seconds": _any,
    "price_collar_bps": _any,
    "max_order_value_usdt": _any,
    "max_messages_per_second": _any,
    "cancel_reserve_pct": _any,
    "reject_storm_count": _any,  # a replay's refusals are post-only ones
    "venue": _any,
    "members": _any,
    "version": _any,
    "use_kappa": _one_of("configured"),
    "use_funding": _off,
    "use_impact": _off,
    "use_toxicity": _any,
    "use_inventory_gamma": _any,
    "use_cascade": _off,
    "use_depth": _any,
    "dust_usdt": _off,
    "lead_symbol": _off,
    "one_sided_bps": _off,
    "sigma_horizon_seconds": _any,
    "estimators": _one_of("needed"),
    "warmup_trades": _any,
    "warmup_volume_ticks": _any,
    "min_edge_bps": _any,
    "target_spread_bps": _any,
    "target_uptime_pct": _any,
    "capital_usdt": _any,
    "max_drawdown_pct": _any,
    "reduce_only_at_pct": _any,
    "fills_in_window_max": _any,
    "fill_window_seconds": _any,
    "rate_limit_errors_max": _any,  # a replay has no rate limit
    "rate_limit_window_seconds": _any,
    "max_consumer_lag_ms": _off,
    "rebalance_threshold_pct": _any,
    "rebalance_urgent_pct": _any,
    "balance": _off,
}
"""Every field of a pool, and whether the kernel knows it with a value. A field that is new is
missing here, and a test fails until it is decided."""


def why_not_compiled(
    engine: Engine, highest: int, maker_rate: int, trades: RecordedTrades | None = None
) -> str | None:
    """The first reason for which the kernel cannot decide for a fresh engine, or None. highest:
    price of the venue's ladder, ticks; trades: of the recording, where quotes rest on them."""
    return (
        unknown_field(engine.config)
        or _unknown_market(engine)
        or _too_many(engine)
        or _too_large(engine, highest, maker_rate)
        or _too_many_lots(trades)
    )


def unknown_field(config: PoolConfig) -> str | None:
    """The first reason in a configuration for which no run of it is compiled, or None."""
    for name in config.__struct_fields__:
        known = KNOWN_FIELDS.get(name)
        value = getattr(config, name)
        if known is None or not known(value):
            return f"{name} = {value} is not compiled yet"
    if any(row.runs(config) for row in _NOT_TAKEN):
        return "estimates are not compiled yet"
    return None


def is_asked_for(config: PoolConfig) -> bool:
    """Whether quotes rest on estimates that the kernel does not take itself. The engine's own
    objects then work out all of them, once a second, and what the strategy makes of them."""
    return bool(config.use_toxicity or config.use_inventory_gamma or config.sigma_horizon_seconds)


def _unknown_market(engine: Engine) -> str | None:
    if engine.terms.price_grid is not None:
        return "a price grid with steps of more than a tick is not compiled yet"
    members = engine.config.members
    if not members or not all(member.active for member in members):
        return "a pool with members that are not active is not compiled yet"
    return None


def _too_many(engine: Engine) -> str | None:
    slots = 2 * len(engine.terms.shape.sizes) * len(engine.accounts.quoting)
    if slots > SLOTS_MAX:
        return f"{slots} orders at once: the kernel takes at most {SLOTS_MAX}"
    return None


def largest(engine: Engine, highest: int, maker_rate: int) -> dict[str, int]:
    """The largest number of one word that each kind of product can reach within one step, by what
    it is. A quote stands at most four times as high as fair: half of the widest spread, the widest
    shift and twenty levels. What grows over a run is judged before each step (run_kernels.grown).
    The fee of a fill is wide in the kernel, and a column of int64s in the log of a replay."""
    terms, orders = engine.terms, engine.terms.order_limits
    shape = terms.shape
    slots = 2 * len(shape.sizes) * len(engine.accounts.quoting) + 1
    value = max(orders.value_max, int(2 * terms.size_value * max(shape.sizes)))
    return {
        "ticks x lots of the orders of a step": 4 * slots * value,
        "collar": 8 * highest * max(RATE_SCALE + orders.band_up_rate, orders.collar_rate),
        "venue's sizes": max(orders.lots_min, orders.lots_max, orders.venue_value_max),
        "fee of an order": orders.value_max * abs(maker_rate),
    }


def largest_money(engine: Engine) -> dict[str, int]:
    """The largest amounts that are configured, by what they are: wide in the kernel."""
    limits = engine.terms.guard_limits
    return {
        "loss limit": limits.loss_value,
        "loss limit of a member": max(each.loss_value for each in engine.accounts.quoting),
        "capital": limits.capital if limits.drawdown else 0,
    }


def _too_large(engine: Engine, highest: int, maker_rate: int) -> str | None:
    for what, number in largest(engine, highest, maker_rate).items():
        if number >= PRODUCT_MAX:
            return f"{what}: {number:.3g} is beyond 64 bits"
    for what, number in largest_money(engine).items():
        if number >= MONEY_MAX:
            return f"{what}: {number:.3g} is beyond 96 bits"
    if 4 * engine.terms.position_value >= FLOAT_MAX:
        return f"position limit: {engine.terms.position_value:.3g} ticks x lots is beyond 53 bits"
    return None


def _too_many_lots(trades: RecordedTrades | None) -> str | None:
    traded = trades.lots if trades is not None else 0.0
    return f"traded lots: {traded:.3g} is beyond 53 bits" if traded >= FLOAT_MAX else None

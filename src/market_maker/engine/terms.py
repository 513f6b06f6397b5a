"""A PoolConfig in the engine's own units, worked out once when it comes into force."""

from decimal import Decimal
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.price_grid import PriceGrid
from market_maker.model.units import (
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    RATE_SCALE,
    VALUE_SCALE,
    ParticipantId,
)
from market_maker.quoting.lean import LeanBound, bounded
from market_maker.quoting.registry import shape, strategy
from market_maker.quoting.shape import Shape
from market_maker.quoting.strategy import Strategy
from market_maker.risk.guards import ROOM_PCT, Limits
from market_maker.risk.order_limits import OrderLimits, collar_rate_from_bps
from market_maker.risk.rebalance import Thresholds


class Terms(Struct, frozen=True):
    """size_value, position_value, room_value: ticks x lots; up to the last of them orders may
    fill the pool, beyond the one before it halts. Spans in nanoseconds, spreads in bps.
    delta_hat: order value / position limit. unwinding_limits: venues take a reduce-only order
    however small it is. min_spread_bps: the configured one, or what fees and the minimum edge
    ask for where that is more. target_spread_bps, one_sided_bps: 0.0 without one. price_grid: None
    where every tick is a price."""

    strategy: Strategy
    shape: Shape
    min_spread_bps: float
    max_spread_bps: float
    target_spread_bps: float
    target_uptime_pct: float
    threshold_bps: float
    one_sided_bps: float
    size_value: int
    position_value: int
    room_value: int
    delta_hat: float
    interval_ns: int
    stale_ns: int
    order_limits: OrderLimits
    unwinding_limits: OrderLimits
    guard_limits: Limits
    rebalancing: Thresholds
    balance: bool
    weights: dict[ParticipantId, Fraction]
    price_grid: PriceGrid | None


def terms_of(instrument: Instrument, config: PoolConfig) -> Terms:
    """Raises InvalidFieldError when the strategy does not take its parameters, or the position
    limit is less than the instrument's smallest value."""
    if instrument.contract is not ContractKind.LINEAR:
        allowed = "a linear contract: one whose value in quote currency stays is counted otherwise"
        raise InvalidFieldError("symbol", instrument.symbol, allowed)
    limits = _order_limits(instrument, config)
    position_value = instrument.tick_lots(config.max_pool_position_usdt)
    if not position_value:
        allowed = f"at least one tick x lot of {instrument.symbol} ({instrument.notional(1, 1)})"
        raise InvalidFieldError(
            "max_pool_position_usdt", str(config.max_pool_position_usdt), allowed
        )
    return Terms(
        strategy=bounded_strategy(instrument, config),
        shape=shape(config),
        min_spread_bps=_spread_floor(instrument, config),
        max_spread_bps=float(config.max_spread_bps),
        target_spread_bps=float(config.target_spread_bps),
        target_uptime_pct=float(config.target_uptime_pct),
        threshold_bps=float(config.price_threshold_bps),
        one_sided_bps=float(config.one_sided_bps),
        size_value=instrument.tick_lots(config.order_size_usdt),
        position_value=position_value,
        room_value=position_value - position_value * (100 - ROOM_PCT) // 100,
        delta_hat=float(config.order_size_usdt / config.max_pool_position_usdt),
        interval_ns=int(config.quote_interval_ms * NANOS_PER_MS),
        stale_ns=int(config.staleness_threshold_ms * NANOS_PER_MS) if config.check_staleness else 0,
        order_limits=limits,
        unwinding_limits=replace(limits, value_min=0, lots_min=0),
        guard_limits=_guard_limits(instrument, config, position_value),
        rebalancing=Thresholds(
            _rate(config.rebalance_threshold_pct), _rate(config.rebalance_urgent_pct)
        ),
        balance=config.balance,
        weights={m.participant_id: Fraction(m.capital_weight_pct) / 100 for m in config.members},
        price_grid=instrument.price_grid if instrument.price_grid.bands else None,
    )


def bounded_strategy(instrument: Instrument, config: PoolConfig) -> Strategy:
    """The strategy of a pool, whose lean no single fill turns into a losing round trip. Raises
    InvalidFieldError."""
    return bounded(strategy(config), lean_bound(instrument, config))


def lean_bound(instrument: Instrument, config: PoolConfig) -> LeanBound:
    """What a pool's quotes may lean after one order. Raises InvalidFieldError."""
    return LeanBound(
        min_spread_bps=_spread_floor(instrument, config),
        max_spread_bps=float(config.max_spread_bps),
        round_trip_bps=max(2.0 * float(instrument.maker_fee_bps), 0.0),
        order=shape(config).sizes[0],
    )


def _order_limits(instrument: Instrument, config: PoolConfig) -> OrderLimits:
    value_max = config.max_order_value_usdt or 2 * config.order_size_usdt
    taken = instrument.limits
    return OrderLimits(
        collar_rate=collar_rate_from_bps(float(config.price_collar_bps)),
        value_max=instrument.tick_lots(value_max),
        value_min=instrument.tick_lots(instrument.min_notional) + _inexact(instrument),
        lots_min=taken.min_lots,
        lots_max=taken.max_lots,
        # 1 where it is less than a tick x lot: 0 would be no limit.
        venue_value_max=max(instrument.tick_lots(taken.max_notional), int(taken.max_notional > 0)),
        band_up_rate=taken.band_up_rate,
        band_down_rate=taken.band_down_rate,
        orders_max=taken.max_open_orders,
    )


def _guard_limits(instrument: Instrument, config: PoolConfig, position_value: int) -> Limits:
    capital = config.capital_usdt or config.max_pool_position_usdt
    return Limits(
        position_value=position_value,
        loss_value=instrument.tick_lots(config.max_pool_loss_usdt) * VALUE_SCALE,
        rejects=config.reject_storm_count,
        blind_ns=int(config.market_data_halt_seconds * NANOS_PER_SECOND),
        capital=instrument.tick_lots(capital) * VALUE_SCALE,
        drawdown=_rate(config.max_drawdown_pct),
        fills=config.fills_in_window_max,
        fill_window_ns=int(config.fill_window_seconds * NANOS_PER_SECOND),
        rate_errors=config.rate_limit_errors_max,
        rate_window_ns=int(config.rate_limit_window_seconds * NANOS_PER_SECOND),
        lag_ns=int(config.max_consumer_lag_ms * NANOS_PER_MS),
        reduce_at=_rate(config.reduce_only_at_pct),
        cascade=config.use_cascade,
    )


def _rate(pct: Decimal) -> int:
    """RATE_SCALE-ths; a number above 0 never becomes 0, which would mean that it is off."""
    return max(int(pct * RATE_SCALE / 100), 1) if pct else 0


def _spread_floor(instrument: Instrument, config: PoolConfig) -> float:
    """The least total spread, bps. Raises InvalidFieldError when no spread is left."""
    if not config.min_edge_bps:
        return float(config.min_spread_bps)
    edge = 2 * (config.min_edge_bps + instrument.maker_fee_bps)
    if edge > config.max_spread_bps:
        allowed = (
            f"an edge that fits: twice (min_edge_bps {config.min_edge_bps} + maker fee "
            f"{instrument.maker_fee_bps}) at most max_spread_bps ({config.max_spread_bps})"
        )
        raise InvalidFieldError("min_edge_bps", str(config.min_edge_bps), allowed)
    return float(max(config.min_spread_bps, edge))


def _inexact(instrument: Instrument) -> int:
    """One tick x lot more where the minimum is no whole number of them: rounded up."""
    exact = instrument.notional(1, instrument.tick_lots(instrument.min_notional))
    return int(exact != instrument.min_notional)

"""A PoolConfig in the engine's own units, worked out once when it comes into force."""

from collections.abc import Callable
from fractions import Fraction

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, VALUE_SCALE, ParticipantId
from market_maker.quoting.registry import strategy
from market_maker.quoting.view import Distances, View
from market_maker.risk.guards import Limits
from market_maker.risk.limits import OrderLimits, collar_rate_from_bps

ROOM_MARGIN_PCT = 2
"""Of the position limit that orders leave free: a full position must not halt the pool at the next
tick. At that margin a pool only reduces; over the limit it halts."""


class Terms(Struct, frozen=True):
    """size_value, position_value, room_value: ticks x lots; up to the last of them orders may
    fill the pool, beyond the one before it halts. Spans in nanoseconds, spreads in bps.
    delta_hat: order value / position limit. unwinding_limits: venues take a reduce-only order
    however small it is."""

    strategy: Callable[[View], Distances]
    levels: int
    spacing_bps: float
    min_spread_bps: float
    max_spread_bps: float
    threshold_bps: float
    size_value: int
    position_value: int
    room_value: int
    delta_hat: float
    interval_ns: int
    stale_ns: int
    order_limits: OrderLimits
    unwinding_limits: OrderLimits
    guard_limits: Limits
    weights: dict[ParticipantId, Fraction]


def terms_of(instrument: Instrument, config: PoolConfig) -> Terms:
    """Raises InvalidFieldError when the strategy does not take its parameters, or the position
    limit is less than the instrument's smallest value."""
    value_max = config.max_order_value_usdt or 2 * config.order_size_usdt
    limits = OrderLimits(
        collar_rate=collar_rate_from_bps(float(config.price_collar_bps)),
        value_max=instrument.tick_lots(value_max),
        value_min=instrument.tick_lots(instrument.min_notional) + _inexact(instrument),
    )
    position_value = instrument.tick_lots(config.max_pool_position_usdt)
    if not position_value:
        allowed = f"at least one tick x lot of {instrument.symbol} ({instrument.notional(1, 1)})"
        raise InvalidFieldError(
            "max_pool_position_usdt", str(config.max_pool_position_usdt), allowed
        )
    return Terms(
        strategy=strategy(config),
        levels=config.num_levels,
        spacing_bps=float(config.level_spacing_bps),
        min_spread_bps=float(config.min_spread_bps),
        max_spread_bps=float(config.max_spread_bps),
        threshold_bps=float(config.price_threshold_bps),
        size_value=instrument.tick_lots(config.order_size_usdt),
        position_value=position_value,
        room_value=position_value - position_value * ROOM_MARGIN_PCT // 100,
        delta_hat=float(config.order_size_usdt / config.max_pool_position_usdt),
        interval_ns=int(config.quote_interval_ms * NANOS_PER_MS),
        stale_ns=int(config.staleness_threshold_ms * NANOS_PER_MS) if config.check_staleness else 0,
        order_limits=limits,
        unwinding_limits=OrderLimits(limits.collar_rate, limits.value_max, 0),
        guard_limits=Limits(
            position_value=position_value,
            loss_value=instrument.tick_lots(config.max_pool_loss_usdt) * VALUE_SCALE,
            rejects=config.reject_storm_count,
            blind_ns=int(config.market_data_halt_seconds * NANOS_PER_SECOND),
        ),
        weights={m.participant_id: Fraction(m.capital_weight_pct) / 100 for m in config.members},
    )


def _inexact(instrument: Instrument) -> int:
    """One tick x lot more where the minimum is no whole number of them: rounded up."""
    exact = instrument.notional(1, instrument.tick_lots(instrument.min_notional))
    return int(exact != instrument.min_notional)

"""Whether a configuration can work on an instrument: ticks, lots and the venue's minimum."""

from decimal import ROUND_UP, Decimal

from market_maker.engine.terms import lean_bound, terms_of
from market_maker.model.currencies import DOLLARS
from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import plain
from market_maker.model.instrument import Instrument
from market_maker.model.pool import WHOLE_PCT, Member, PoolConfig
from market_maker.operations.limit_warnings import largest_order, limit_warnings
from market_maker.quoting.lean import excess_bps
from market_maker.quoting.registry import shape, strategy

_BPS = Decimal(10_000)
_SHOWN = Decimal("0.0001")


def check_pool(
    instrument: Instrument, config: PoolConfig, price: Decimal | None
) -> tuple[str, ...]:
    """Raises InvalidFieldError for what cannot work; returns warnings for what will work badly.
    price: a recent one, quote currency; without it only what needs no price is checked."""
    _check_currency(instrument)
    terms_of(instrument, config)
    _check_lean(instrument, config)
    of_members = [
        warning
        for member in config.members
        for warning in check_member(instrument, config, member, price)
    ]
    if price is None:
        return tuple(of_members)
    tick_bps = (instrument.price_step(price) / price * _BPS).quantize(_SHOWN, ROUND_UP)
    check_size(instrument, config, price)
    warnings = []
    if config.min_spread_bps < tick_bps:
        warnings.append(
            f"min_spread_bps ({config.min_spread_bps}) is less than a tick of {instrument.symbol} "
            f"({tick_bps} bps at {price}): where the spread is less than two ticks, quotes join "
            "the best prices"
        )
    if config.num_levels > 1 and config.level_spacing_bps < tick_bps:
        warnings.append(
            f"level_spacing_bps is less than a tick ({tick_bps} bps): levels stand a tick apart"
        )
    warnings += limit_warnings(instrument, config, price)
    return (*warnings, *of_members)


def _check_currency(instrument: Instrument) -> None:
    """Raises InvalidFieldError where prices are in no dollar: amounts of all pools are added up."""
    quote = instrument.quote_currency
    if quote and quote not in DOLLARS:
        allowed = (
            f"an instrument that is priced in a dollar: this one is in {quote}, and sizes, limits "
            "and settlements are in USDT"
        )
        raise InvalidFieldError("symbol", instrument.symbol, allowed)


def _check_lean(instrument: Instrument, config: PoolConfig) -> None:
    """Raises InvalidFieldError where one fill would move quotes past its own price."""
    delta_hat = float(config.order_size_usdt / config.max_pool_position_usdt)
    found = excess_bps(strategy(config), lean_bound(instrument, config), delta_hat)
    if found is not None:
        lean, allowed_bps = found
        allowed = (
            f"parameters by which one order (order_size_usdt / max_pool_position_usdt = "
            f"{delta_hat:.4g} of the limit) moves quotes by at most {allowed_bps:.4g} bps, not "
            f"{lean:.4g}: what was just sold would be bought back at a higher price"
        )
        raise InvalidFieldError("strategy_params", _shown_params(config), allowed)


def _shown_params(config: PoolConfig) -> str:
    return ", ".join(f"{name} {value}" for name, value in config.strategy_params.items())


def check_size(instrument: Instrument, config: PoolConfig, price: Decimal) -> None:
    """Raises InvalidFieldError when not even the whole pool's order could be placed at `price`, at
    any level, or by any of its members."""
    least = smallest_order(instrument, price)
    words = (
        f"the smallest order of {instrument.symbol} at {price:f}, of lots of "
        f"{instrument.lot_size:f} and a minimum notional of {instrument.min_notional:f}"
    )
    if instrument.limits.min_lots:
        words += f" and size of {instrument.quantity(instrument.limits.min_lots):f}"
    most = largest_order(instrument, price)
    if most is not None and most < least:
        allowed = f"nothing while the largest order ({most:f}) is less than {least:f}, {words}"
        raise InvalidFieldError("order_size_usdt", f"{config.order_size_usdt:f}", allowed)
    largest = max(shape(config).sizes)
    needed, where = least, words
    if largest < 1:
        needed = (least / Decimal(largest)).quantize(_SHOWN, ROUND_UP)
        where = f"{least.normalize():f} / {largest:g}, the largest level's multiple: {words}"
    if config.order_size_usdt < needed:
        allowed = f"at least {needed.normalize():f}: {where}"
        raise InvalidFieldError("order_size_usdt", f"{config.order_size_usdt:f}", allowed)
    allowed = f"at least {least.normalize():f}: {words}"
    if 0 < config.max_order_value_usdt < least:
        raise InvalidFieldError("max_order_value_usdt", f"{config.max_order_value_usdt:f}", allowed)
    limits = [member.position_limit_usdt for member in config.members if member.active]
    if limits and max(limits) < least:
        raise InvalidFieldError("position_limit_usdt", f"{max(limits):f}", allowed)


def check_member(
    instrument: Instrument, config: PoolConfig, member: Member, price: Decimal | None
) -> tuple[str, ...]:
    """Raises InvalidFieldError for a position limit above the pool's; warns of a loss limit above
    the pool's, which must not stand in the way of who makes the pool's smaller, and of a share that
    is smaller than the smallest order."""
    if member.position_limit_usdt > config.max_pool_position_usdt:
        most, name = config.max_pool_position_usdt, member.participant_id
        allowed = f"at most max_pool_position_usdt ({most:f}), for member {name}"
        raise InvalidFieldError("position_limit_usdt", str(member.position_limit_usdt), allowed)
    warnings = []
    if member.max_loss_usdt > config.max_pool_loss_usdt:
        warnings.append(
            f"{member.participant_id}: max_loss_usdt ({plain(member.max_loss_usdt)}) is above "
            f"max_pool_loss_usdt ({plain(config.max_pool_loss_usdt)}): a loss of it alone halts "
            "the whole pool, and its own limit stops nothing"
        )
    if price is None:
        return tuple(warnings)
    share = config.order_size_usdt * member.capital_weight_pct / WHOLE_PCT
    least = smallest_order(instrument, price)
    if share < least:
        small = f"{share:f} USDT an order is less than the smallest order ({least})"
        warnings.append(f"{member.participant_id}: {small}; it gets one only every few quotes")
    return tuple(warnings)


def smallest_order(instrument: Instrument, price: Decimal) -> Decimal:
    """Quote currency: one lot, or as many as the venue's minimum notional and size want."""
    lot = instrument.lot_size * price
    lots = (instrument.min_notional / lot).to_integral_value(ROUND_UP)
    return max(Decimal(1), Decimal(instrument.limits.min_lots), lots) * lot

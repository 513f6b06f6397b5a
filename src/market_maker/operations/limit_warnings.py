"""What a configuration asks for and a venue does not take: it is cut, or not quoted."""

from collections import Counter
from collections.abc import Iterable
from decimal import ROUND_DOWN, Decimal

from market_maker.model.exact import plain
from market_maker.model.instrument import Instrument
from market_maker.model.participant import Participant
from market_maker.model.pool import WHOLE_PCT, Member, PoolConfig
from market_maker.model.units import BPS, RATE_SCALE
from market_maker.quoting.registry import shape


def largest_order(instrument: Instrument, price: Decimal) -> Decimal | None:
    """Quote currency: the largest order at `price` that the venue takes; None where it takes any
    size."""
    limits, lot = instrument.limits, instrument.lot_size * price
    bounds = []
    if limits.max_lots:
        bounds.append(Decimal(limits.max_lots))
    if limits.max_notional:
        bounds.append((limits.max_notional / lot).to_integral_value(ROUND_DOWN))
    return min(bounds) * lot if bounds else None


def limit_warnings(instrument: Instrument, config: PoolConfig, price: Decimal) -> Iterable[str]:
    """One sentence each."""
    yield from _cut(instrument, config, price)
    yield from _too_many(instrument, config)
    yield from _outside_band(instrument, config)


def _cut(instrument: Instrument, config: PoolConfig, price: Decimal) -> Iterable[str]:
    most = largest_order(instrument, price)
    if most is None:
        return
    largest = config.order_size_usdt * Decimal(max(shape(config).sizes))
    for member in config.members:
        share = largest * member.capital_weight_pct / WHOLE_PCT
        if share > most:
            yield (
                f"{member.participant_id}: {share.normalize():f} USDT an order is more than the "
                f"largest order that the venue takes ({most.normalize():f}); it is cut to that"
            )


def _too_many(instrument: Instrument, config: PoolConfig) -> Iterable[str]:
    most = instrument.limits.max_open_orders
    orders = 2 * len(shape(config).sizes)
    active = (member for member in config.members if member.active)
    for account, members in Counter(m.account_id or m.participant_id for m in active).items():
        if 0 < most < members * orders:
            yield (
                f"{account}: {members * orders} orders at once are more than the venue takes of an "
                f"account ({most}); the levels furthest from the mid are not quoted"
            )


def _outside_band(instrument: Instrument, config: PoolConfig) -> Iterable[str]:
    limits = instrument.limits
    nearest = float(config.min_spread_bps) / 2
    for rate, where in ((limits.band_down_rate, "below"), (limits.band_up_rate, "above")):
        band_bps = rate * BPS / RATE_SCALE
        outside = [at for at in shape(config).offsets_bps if rate and nearest + at >= band_bps]
        if outside:
            yield (
                f"{len(outside)} of {config.num_levels} levels stand {band_bps:g} bps or more "
                f"{where} the mark, where the venue takes no price; they are not quoted"
            )


def margin_warnings(
    held: Member, member: Member, participant: Participant, total: Decimal
) -> tuple[str, ...]:
    """Of a member whose engine keeps it to less than its limit. held: as it is kept; total: of the
    limits of all its memberships."""
    if held == member:
        return ()
    name, limit = member.participant_id, plain(member.position_limit_usdt)
    kept = f"may have no orders, for all its position_limit_usdt of {limit}"
    if held.active:
        kept = f"is kept to {plain(held.position_limit_usdt)} of its position_limit_usdt of {limit}"
    of_all, margin = plain(total), plain(participant.initial_margin_usdt)
    why = (
        f"its position limits come to {of_all} over all pools, its initial_margin_usdt is {margin}"
    )
    return (f"{name} {kept}: {why}",)

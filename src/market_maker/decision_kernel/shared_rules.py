"""The engine's own rules, compiled into the kernels that call them: each stands once, in Python."""

from market_maker.engine import allocation, position, shares, uptime
from market_maker.estimators import fair_price, volatility
from market_maker.quoting import (
    avellaneda_stoikov,
    closed_forms,
    glft,
    lean,
    level_prices,
    scaling,
)
from market_maker.replay_venue.compiled import builds_on, shared
from market_maker.risk import budget, guards, limits

RULES = (
    position.share_half_even,
    position.book_fill,
    position.open_profit,
    position.net_of,
    volatility.ewma_add,
    volatility.ewma_sample,
    fair_price.weighted_mid,
    fair_price.state_of,
    fair_price.note_change,
    closed_forms.half_and_shift,
    closed_forms.fill_rate,
    closed_forms.reversion_rate,
    closed_forms.saturated_horizon,
    closed_forms.stationary_cost,
    closed_forms.premium_of,
    closed_forms.eta_of,
    closed_forms.half_and_lean,
    avellaneda_stoikov.distances_of,
    glft.lot_values,
    glft.closed_distances,
    lean.per_order,
    lean.cut_of,
    scaling.two_sided,
    scaling.level_ticks,
    level_prices.set_target,
    level_prices.step_at,
    level_prices.is_price,
    level_prices.below,
    level_prices.above,
    level_prices.joined,
    level_prices.reprice,
    limits.refusal,
    limits.room,
    budget.earn,
    budget.take_place,
    budget.take_cancel,
    budget.spend_cancel,
    guards.always_breached,
    guards.drawn_down,
    guards.repeated,
    guards.beyond_share,
    guards.share_of,
    guards.drawdown_of,
    guards.reducing_for,
    allocation.hand_out,
    allocation.take_back,
    allocation.share_out,
    shares.right_size,
    shares.up_to,
    shares.stays,
    shares.is_full,
    uptime.totals,
    uptime.note,
)
"""Every rule that both the engine and the kernel call."""

builds_on(__package__, "market_maker.replay_venue")
for rule in RULES:
    shared(rule, __package__)

"""The smart engine's quotes, as its document states them (sections 1, 3 and 4) and repaired:

    spread = base_spread + volatility_multiplier x sigma       sigma over one hour, bps
    shift  = inventory_sensitivity x (q_hat - target)          both quotes lower when long

then market pressure and the emergency adjustment move the quotes. Three repairs (rulings; math 9,
17 and 18). The inventory bias is applied once: the document multiplies by 0.0005 twice, which is
0.0025 bps at the limit. Volatility has a unit, bps per square root of hour. No adjustment takes a
quote past fair, also after the spread is clamped, so none crosses the book.

What stays as documented, for better or worse: at normal volatility the spread is far wider than
the other strategies'; a single aggressive trade in a quiet window is already "heavy buying".
gamma_scale multiplies the volatility multiplier and the inventory sensitivity, which are its
aversion; a drift adds drift x tau.
"""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.shape import check_multiple
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

_AGGRESSION = 2.0
"""One side's recent volume against the other's that is an emergency, as documented."""

_Bps = Annotated[float, Meta(ge=0, le=5_000, description="a number from 0 to 5000 bps")]
_Factor = Annotated[float, Meta(ge=0, le=100, description="a number from 0 to 100")]
_Share = Annotated[float, Meta(ge=0, le=1, description="a number from 0 to 1")]


class Params(Struct, frozen=True):
    """Documented values by default; fractions of the price are bps here.

    base_spread_bps: spread without volatility. volatility_multiplier: times the one-sigma move of
    an hour. inventory_sensitivity_bps: shift at a full position. target_q_hat: the wanted
    position relative to the limit. pressure_threshold: imbalance of the book's first levels above
    which quotes move; adjustment_speed_bps: how far on the heavy side, half of it on the other.
    emergency_multiplier: times adjustment_speed_bps, both quotes, when one side's recent volume is
    more than twice the other's. depth_share: our order relative to the mean level near the mid;
    size_cap: multiple of order_size_usdt that it never exceeds (documented: 10 units of base
    currency); while the depth is not known the order is order_size_usdt.
    """

    base_spread_bps: _Bps = 20.0
    volatility_multiplier: _Factor = 2.0
    inventory_sensitivity_bps: _Bps = 5.0
    target_q_hat: Annotated[float, Meta(ge=-1, le=1, description="a number from -1 to 1")] = 0.0
    pressure_threshold: _Share = 0.1
    adjustment_speed_bps: _Bps = 10.0
    emergency_multiplier: _Factor = 3.0
    depth_share: Annotated[
        float, Meta(gt=0, le=10, description="a number above 0 to 10, of the mean level")
    ] = 0.5
    size_cap: Annotated[
        float, Meta(gt=0, le=100, description="a number above 0 to 100 times order_size_usdt")
    ] = 2.0


class SmartTerms(Struct, frozen=True):
    """What the configuration fixes: Params, the configured bounds of the spread, tau in hours."""

    base_spread_bps: float
    volatility_multiplier: float
    inventory_sensitivity_bps: float
    target_q_hat: float
    pressure_threshold: float
    adjustment_speed_bps: float
    emergency_multiplier: float
    depth_share: float
    size_cap: float
    min_spread_bps: float
    max_spread_bps: float
    tau: float


def terms_of(config: PoolConfig) -> SmartTerms:
    """Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    check_multiple(config, "strategy_params.size_cap", params.size_cap)
    return SmartTerms(
        **msgspec.structs.asdict(params),
        min_spread_bps=float(config.min_spread_bps),
        max_spread_bps=float(config.max_spread_bps),
        tau=float(config.tau),
    )


def build(config: PoolConfig) -> Strategy:
    """A pool's smart quotes. Raises InvalidFieldError."""
    terms = terms_of(config)

    def quote(view: View) -> Distances:
        bid, ask = smart_distances(terms, view)
        return Distances(
            bid, ask, size_factor(terms, view.bid_depth), size_factor(terms, view.ask_depth)
        )

    return quote


# Compiled into the replay's decision kernel too: own and view may be its records, with fields of
# the same names.


def smart_distances(own: SmartTerms, view: View) -> tuple[float, float]:
    """Of bid and ask, bps."""
    narrower, rise = adjustments_of(own, view)
    scale = view.gamma_scale
    volatility = own.volatility_multiplier * scale * view.sigma
    spread = max(own.base_spread_bps + volatility + view.impact - narrower, 0.0)
    bias = own.inventory_sensitivity_bps * scale * (view.q_hat - own.target_q_hat)
    # What the clamps will leave on each side of fair.
    room = 0.5 * min(max(spread, own.min_spread_bps), own.max_spread_bps)
    shift = min(max(bias - rise - view.drift * own.tau, -room), room)
    half = 0.5 * spread
    return half + shift, half - shift


def adjustments_of(own: SmartTerms, view: View) -> tuple[float, float]:
    """How much narrower the spread is for pressure, and how much higher both quotes stand for
    pressure and in an emergency, bps."""
    narrower = rise = 0.0
    speed = own.adjustment_speed_bps
    if abs(view.pressure) > own.pressure_threshold:
        # The heavy side moves by all of it and the other by half: together 3/4, and 1/2 closer.
        narrower = 0.5 * speed
        rise = 0.75 * speed if view.pressure > 0 else -0.75 * speed
    if view.buys > _AGGRESSION * view.sells:
        rise += own.emergency_multiplier * speed
    elif view.sells > _AGGRESSION * view.buys:
        rise -= own.emergency_multiplier * speed
    return narrower, rise


def size_factor(own: SmartTerms, depth: float) -> float:
    """Multiple of the configured order. depth: mean size of a level near the mid, relative to
    it."""
    return min(depth * own.depth_share, own.size_cap) if depth else 1.0

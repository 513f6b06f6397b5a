"""A fixed half-spread around fair, whatever we hold: the yardstick for every other strategy.

It has no risk aversion, so gamma_scale moves nothing. A drift moves both quotes by drift x tau.
"""

from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

HalfSpread = Annotated[float, Meta(ge=0, le=5_000, description="a number from 0 to 5000 bps")]


class Params(Struct, frozen=True):
    """half_spread_bps: distance of the best quote of each side from fair, bps."""

    half_spread_bps: HalfSpread


def build(config: PoolConfig) -> Strategy:
    """Quotes that never lean. Raises InvalidFieldError."""
    half = read_params(config.strategy_params, Params).half_spread_bps
    tau = float(config.tau)
    distances = Distances(half, half)

    def quote(view: View) -> Distances:
        if not view.drift and not view.impact:
            return distances
        wide, rise = half + view.impact * 0.5, view.drift * tau
        return Distances(wide - rise, wide + rise)

    return quote

"""A fixed half-spread whose middle moves in proportion to the position:

    bid = fair - half - skew x q_hat,   ask = fair + half - skew x q_hat   (bps)

with q_hat the position relative to the limit. Nothing in it knows volatility or liquidity. The
skew is its only aversion, so gamma_scale multiplies the skew; a drift adds drift x tau.
"""

from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.symmetric import HalfSpread
from market_maker.quoting.view import Distances, View


class Params(Struct, frozen=True):
    """half_spread_bps: half of the spread, bps. skew_bps: how far both quotes move against a
    full position, bps; with skew_bps = half_spread_bps the reducing quote then stands at fair."""

    half_spread_bps: HalfSpread
    skew_bps: Annotated[float, Meta(ge=0, le=5_000, description="a number from 0 to 5000 bps")]


def build(config: PoolConfig) -> Strategy:
    """Quotes that lean in a straight line. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    half_spread, skew, tau = params.half_spread_bps, params.skew_bps, float(config.tau)

    def quote(view: View) -> Distances:
        half = half_spread + view.impact * 0.5
        shift = skew * view.gamma_scale * view.q_hat - view.drift * tau
        return Distances(half + shift, half - shift)

    return quote

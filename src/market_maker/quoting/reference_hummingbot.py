"""The Avellaneda maker of hummingbot, to compare with, by its documented formulas.

    r = mid - q gamma vol,  spread = gamma vol + 2 ln(1 + gamma/kappa)/gamma,  quotes r -+ spread/2

vol is the standard deviation of the mid in a second, not its square, and the time left is always 1:
both as in its source, which says why. q: the position relative to the limit, which stands for its
inventory. kappa from the same calibration as reference_glft; nothing is quoted before it.
Source: hummingbot, strategy avellaneda_market_making.
"""

import math
from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

_HOUR = 3_600.0
_SILENT = Distances(math.inf, math.inf)


class Params(Struct, frozen=True):
    """risk_factor: gamma, in its formulas both a factor on volatility and an aversion per bps.
    min_spread_bps: each side keeps half of it from the mid, as there; 0 for none.
    spread_adjustment: a factor on the half spread, ours, to compare at equal turnover; 1 is the
    documented formula."""

    risk_factor: Annotated[float, Meta(gt=0, le=1_000, description="a number above 0 to 1000")] = (
        1.0
    )
    min_spread_bps: Annotated[
        float, Meta(ge=0, le=1_000, description="a number from 0 to 1000 bps")
    ] = 0.0
    spread_adjustment: Annotated[
        float, Meta(gt=0, le=1_000, description="a number above 0 to 1000")
    ] = 1.0


def build(config: PoolConfig) -> Strategy:
    """The reference's quotes. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma, nearest = params.risk_factor, params.min_spread_bps / 2.0

    def quote(view: View) -> Distances:
        if not view.kappa_hat:
            return _SILENT
        vol = view.sigma / math.sqrt(_HOUR)
        half = 0.5 * gamma * vol + math.log1p(gamma / view.kappa_hat) / gamma
        half *= params.spread_adjustment
        shift = view.q_hat * gamma * vol
        return Distances(max(half + shift, nearest), max(half - shift, nearest))

    return quote

"""The GLFT maker of hftbacktest's tutorial, to compare with: closed form, live calibration, a lean
in units of orders.

    c1 = ln(1 + gamma/k)/gamma,   c2 = sqrt(gamma/(2 A k) (1 + gamma/k)^(k/gamma + 1))
    half = (c1 + c2 sigma/2) x spread_adjustment,   lean = c2 sigma x inventory_adjustment an order

with A per second, k and gamma per bps, sigma in bps per sqrt(second). Nothing is quoted before the
first calibration. Only gamma and the adjustments are chosen; kappa, use_kappa and tau do nothing.
Source: hftbacktest, "GLFT Market Making Model and Grid Trading".
"""

import math
from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

_HOUR = 3_600.0
_SILENT = Distances(math.inf, math.inf)

_Adjustment = Annotated[float, Meta(gt=0, le=1_000, description="a number above 0 to 1000")]


class Params(Struct, frozen=True):
    """gamma_per_bps: risk aversion, 1/bps of one order. spread_adjustment, inventory_adjustment:
    factors on the half spread and on the lean; 1 is the model."""

    gamma_per_bps: Annotated[
        float, Meta(gt=0, le=100, description="a number above 0 to 100 per bps")
    ] = 0.05
    spread_adjustment: _Adjustment = 1.0
    inventory_adjustment: _Adjustment = 1.0


def build(config: PoolConfig) -> Strategy:
    """The reference's quotes. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma = params.gamma_per_bps

    def quote(view: View) -> Distances:
        decay, rate = view.kappa_hat, view.intensity / _HOUR
        if not decay or not rate:
            return _SILENT
        ratio = math.log1p(gamma / decay)
        c1 = ratio / gamma
        c2 = math.sqrt(gamma / (2.0 * rate * decay) * math.exp((decay / gamma + 1.0) * ratio))
        risk = c2 * view.sigma / math.sqrt(_HOUR)
        half = (c1 + 0.5 * risk) * params.spread_adjustment
        shift = risk * params.inventory_adjustment * view.q_hat / view.delta_hat
        return Distances(half + shift, half - shift)

    return quote

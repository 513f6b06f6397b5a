"""GLFT in units of orders on the market's own fills: what we recommend.

    half = (c1 + lean/2) x spread_adjustment + impact/2,
    an order held moves both quotes by lean x lean_adjustment

with kappa, fill intensity and volatility as measured a moment ago (estimators.arrivals), and c1,
lean as in closed_forms.half_and_lean: the half spread at which the expected edge of a quote, fill
intensity x (half spread - adverse move) - cost of holding what it brings, is greatest. The two
dials are independent: one moves the spread, the other what a position does to it. Until arrivals
are measured the pool's kappa and intensity_per_hour stand in. Source: Gueant 2016 (math 2.2).
"""

from typing import Annotated

from msgspec import Meta

from market_maker.model.pool import PoolConfig
from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.normalised import SIGMA_REF_MIN, Intensity, Normalised
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

_DRIFT_HOURS_MAX = 168.0

_Adjustment = Annotated[float, Meta(gt=0, le=1_000, description="a number above 0 to 1000")]
_Lean = Annotated[float, Meta(ge=0, le=1_000, description="a number from 0 to 1000")]


class Params(Normalised, frozen=True, kw_only=True):
    """spread_adjustment: factor on the half spread. lean_adjustment: factor on the lean of an
    order held; 1 each is the model. intensity_per_hour: until arrivals are measured.
    kappa_unit_bps, sigma_ref: normalised.Normalised.
    """

    spread_adjustment: _Adjustment = 1.0
    lean_adjustment: _Lean = 1.0
    intensity_per_hour: Intensity = 360.0


def build(config: PoolConfig) -> Strategy:
    """A pool's quotes. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma, kappa = float(config.gamma), float(config.kappa) / params.kappa_unit_bps
    spread, leaning = params.spread_adjustment, params.lean_adjustment

    def quote(view: View) -> Distances:
        reference = max(params.sigma_ref or view.sigma_ref, SIGMA_REF_MIN)
        aversion = gamma * view.gamma_scale * view.delta_hat / reference
        half, lean, omega = half_and_lean(
            LotMarket(
                aversion,
                view.sigma,
                view.kappa_hat or kappa,
                view.intensity or params.intensity_per_hour,
                aversion,
                view.drift,
                view.impact,
            )
        )
        adverse = 0.5 * view.impact
        half = (half - adverse) * spread + adverse
        shift = leaning * lean * view.q_hat / view.delta_hat
        if view.drift:
            shift -= view.drift / max(omega, 1.0 / _DRIFT_HOURS_MAX)
        return Distances(half + shift, half - shift)

    return quote

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

from msgspec import Meta, Struct

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


class CalibratedTerms(Struct, frozen=True):
    """What a pool's configuration fixes. kappa: per bps. sigma_ref: 0.0 where it is not given."""

    gamma: float
    kappa: float
    sigma_ref: float
    intensity: float
    spread_adjustment: float
    lean_adjustment: float


def terms_of(config: PoolConfig) -> CalibratedTerms:
    """Of a pool. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    return CalibratedTerms(
        gamma=float(config.gamma),
        kappa=float(config.kappa) / params.kappa_unit_bps,
        sigma_ref=params.sigma_ref or 0.0,
        intensity=params.intensity_per_hour,
        spread_adjustment=params.spread_adjustment,
        lean_adjustment=params.lean_adjustment,
    )


def build(config: PoolConfig) -> Strategy:
    """A pool's quotes. Raises InvalidFieldError."""
    terms = terms_of(config)

    def quote(view: View) -> Distances:
        market = LotMarket(*calibrated_values(terms, view), view.drift, view.impact)
        return Distances(*calibrated_distances(terms, market, view))

    return quote


def calibrated_values(own: CalibratedTerms, view: View) -> tuple[float, float, float, float, float]:
    """gamma, sigma, kappa, intensity and xi of the LotMarket. Compiled into the replay's decision
    kernel too, like the next function: own and view may be its records."""
    reference = max(own.sigma_ref or view.sigma_ref, SIGMA_REF_MIN)
    aversion = own.gamma * view.gamma_scale * view.delta_hat / reference
    kappa, intensity = view.kappa_hat or own.kappa, view.intensity or own.intensity
    return aversion, view.sigma, kappa, intensity, aversion


def calibrated_distances(
    own: CalibratedTerms, market: LotMarket, view: View
) -> tuple[float, float]:
    """Of bid and ask, bps."""
    half, lean, omega = half_and_lean(market)
    adverse = 0.5 * view.impact
    half = (half - adverse) * own.spread_adjustment + adverse
    shift = own.lean_adjustment * lean * view.q_hat / view.delta_hat
    if view.drift != 0.0:
        shift = shift - view.drift / max(omega, 1.0 / _DRIFT_HOURS_MAX)
    return half + shift, half - shift

"""The quote formula of the Hyperliquid document, section 12.3, for comparison only:

    delta = (1/gamma) ln(1 + gamma/kappa),   skew = q_hat gamma sigma^2 T
    bid = fair (1 - delta - skew),           ask = fair (1 + delta - skew)

in fractions of the price; sigma and T in one unit of time. It calls itself optimal
(Gueant-Lehalle-Fernandez-Tapia) and is not. Defects (math 2.4): the half-spread has no volatility
in it; it FALLS when gamma rises, so the document's own "widen: gamma x 1.5" narrows; at the
documented values the skew is 0.06 bps for a quarter of the limit; with kappa = 85.2 the half-spread
is 117 bps. Quote with glft instead.
"""

from math import log1p
from typing import Annotated

from msgspec import Meta, Struct

from market_maker.model.pool import PoolConfig
from market_maker.model.units import BPS
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View


class Params(Struct, frozen=True):
    """kappa_unit_bps: kappa is per this many bps; 10000 is per unit of fraction, as documented.
    The pool's tau is the documented T, in hours here."""

    kappa_unit_bps: Annotated[
        float, Meta(ge=0.001, le=10_000, description="a number from 0.001 to 10000 bps")
    ] = BPS


def half_and_skew(q_hat: float, gamma: float, kappa: float, variance: float) -> tuple[float, float]:
    """delta and skew, fractions of the price. kappa: per fraction; variance: sigma^2 T."""
    return log1p(gamma / kappa) / gamma, q_hat * gamma * variance


def build(config: PoolConfig) -> Strategy:
    """The documented formula. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma, tau = float(config.gamma), float(config.tau)
    kappa_configured = float(config.kappa) * BPS / params.kappa_unit_bps

    def quote(view: View) -> Distances:
        kappa = view.kappa_hat * BPS or kappa_configured
        variance = view.sigma * view.sigma * tau / (BPS * BPS)
        delta, skew = half_and_skew(view.q_hat, gamma * view.gamma_scale, kappa, variance)
        half = delta * BPS + view.impact * 0.5
        shift = skew * BPS - view.drift * tau
        return Distances(half + shift, half - shift)

    return quote

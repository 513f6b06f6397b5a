"""Avellaneda-Stoikov in normalised basis points and hours (math section 8.3).

gamma is the absolute risk aversion times the one-sigma, one-hour result of a full position;
kappa is per `kappa_unit_bps`; tau is in hours. All three are documented fields of the pool.
"""

from math import exp
from typing import Annotated, Literal

from msgspec import Meta

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.closed_forms import (
    half_and_shift,
    reversion_rate,
    saturated_horizon,
    stationary_cost,
)
from market_maker.quoting.normalised import (
    INTENSITY_ALLOWED,
    SIGMA_REF_MIN,
    Intensity,
    Normalised,
)
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View


class Params(Normalised, frozen=True):
    """horizon_mode: "fixed" is the documented formula; "saturating" shortens tau by the rate at
    which inventory turns over, and needs intensity_per_hour (A: fills per hour of one order at
    distance 0, one side; math 1.5).
    terminal_penalty_bps: with "saturating", what it costs to be rid of a full position at the end,
    bps of its value.
    delta_hat: the order size that the spread prices, relative to the position limit; "full" (1,
    the documented formula: a deliberate volatility premium) or "strict" (order size / limit).
    kappa_unit_bps, sigma_ref: normalised.Normalised.
    """

    horizon_mode: Annotated[
        Literal["fixed", "saturating"], Meta(description="one of fixed, saturating")
    ] = "fixed"
    intensity_per_hour: Annotated[Intensity | None, Meta(description=INTENSITY_ALLOWED)] = None
    terminal_penalty_bps: Annotated[
        float, Meta(ge=0, le=10_000, description="a number from 0 to 10000 bps of a full position")
    ] = 0.0
    delta_hat: Annotated[Literal["full", "strict"], Meta(description="one of full, strict")] = (
        "full"
    )


def build(config: PoolConfig) -> Strategy:
    """A pool's Avellaneda-Stoikov quotes. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma, tau = float(config.gamma), float(config.tau)
    kappa_configured = float(config.kappa) / params.kappa_unit_bps
    gamma_hat_max = gamma / SIGMA_REF_MIN
    sigma_ref, full = params.sigma_ref, params.delta_hat == "full"
    intensity, penalty = _intensity(params), params.terminal_penalty_bps

    def quote(view: View) -> Distances:
        sigma, impact = view.sigma, view.impact
        reference = sigma_ref or view.sigma_ref
        gamma_hat = gamma / reference if reference > SIGMA_REF_MIN else gamma_hat_max
        gamma_hat *= view.gamma_scale
        kappa_hat = view.kappa_hat or kappa_configured
        horizon = tau
        if intensity is not None:
            # With what an order really does to inventory, whatever size the spread prices.
            rate = (view.intensity or intensity) * exp(-0.5 * kappa_hat * impact)
            omega = reversion_rate(gamma_hat, sigma, kappa_hat, rate, view.delta_hat)
            ratio = 0.0
            if penalty and omega:
                ratio = penalty / stationary_cost(gamma_hat, sigma * sigma, omega)
            horizon = saturated_horizon(tau, omega, ratio)
        delta = 1.0 if full else view.delta_hat
        half, shift = half_and_shift(
            view.q_hat, gamma_hat, sigma * sigma * horizon, kappa_hat, delta
        )
        half += impact * 0.5
        shift -= view.drift * horizon
        return Distances(half + shift, half - shift)

    return quote


def _intensity(params: Params) -> float | None:
    if params.horizon_mode == "fixed":
        if params.terminal_penalty_bps:
            raise InvalidFieldError(
                "strategy_params.terminal_penalty_bps",
                params.terminal_penalty_bps,
                "0, unless horizon_mode is saturating",
            )
        return None
    if params.intensity_per_hour is None:
        allowed = INTENSITY_ALLOWED + ", because horizon_mode is saturating"
        raise InvalidFieldError("strategy_params.intensity_per_hour", None, allowed)
    return params.intensity_per_hour

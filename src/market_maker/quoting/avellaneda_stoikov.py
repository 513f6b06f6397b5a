"""Avellaneda-Stoikov in normalised basis points and hours (math section 8.3).

gamma is the absolute risk aversion times the one-sigma, one-hour result of a full position;
kappa is per `kappa_unit_bps`; tau is in hours. All three are documented fields of the pool.
"""

from math import exp
from typing import Annotated, Literal

from msgspec import Meta, Struct

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


class AvellanedaStoikovTerms(Struct, frozen=True):
    """What a pool's configuration fixes. kappa: per bps. sigma_ref, intensity: 0.0 where they are
    not given. full: whether the spread prices a full position."""

    gamma: float
    gamma_hat_max: float
    kappa: float
    tau: float
    sigma_ref: float
    intensity: float
    penalty: float
    full: bool


def terms_of(config: PoolConfig) -> AvellanedaStoikovTerms:
    """Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    gamma = float(config.gamma)
    return AvellanedaStoikovTerms(
        gamma=gamma,
        gamma_hat_max=gamma / SIGMA_REF_MIN,
        kappa=float(config.kappa) / params.kappa_unit_bps,
        tau=float(config.tau),
        sigma_ref=params.sigma_ref or 0.0,
        intensity=_intensity(params) or 0.0,
        penalty=params.terminal_penalty_bps,
        full=params.delta_hat == "full",
    )


def distances_of(own: AvellanedaStoikovTerms, view: View) -> tuple[float, float]:
    """Of bid and ask, bps. Compiled into the replay's decision kernel too: own and view may be its
    records, with fields of the same names."""
    reference = own.sigma_ref or view.sigma_ref
    gamma_hat = own.gamma / reference if reference > SIGMA_REF_MIN else own.gamma_hat_max
    gamma_hat = gamma_hat * view.gamma_scale
    kappa_hat = view.kappa_hat or own.kappa
    sigma = view.sigma
    horizon = own.tau
    if own.intensity > 0.0:
        # With what an order really does to inventory, whatever size the spread prices.
        rate = (view.intensity or own.intensity) * exp(-0.5 * kappa_hat * view.impact)
        omega = reversion_rate(gamma_hat, sigma, kappa_hat, rate, view.delta_hat)
        ratio = 0.0
        if own.penalty > 0.0 and omega > 0.0:
            ratio = own.penalty / stationary_cost(gamma_hat, sigma * sigma, omega)
        horizon = saturated_horizon(own.tau, omega, ratio)
    delta = 1.0 if own.full else view.delta_hat
    half, shift = half_and_shift(view.q_hat, gamma_hat, sigma * sigma * horizon, kappa_hat, delta)
    half = half + view.impact * 0.5
    shift = shift - view.drift * horizon
    return half + shift, half - shift


def build(config: PoolConfig) -> Strategy:
    """A pool's Avellaneda-Stoikov quotes. Raises InvalidFieldError."""
    terms = terms_of(config)

    def quote(view: View) -> Distances:
        return Distances(*distances_of(terms, view))

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

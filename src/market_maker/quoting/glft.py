"""Gueant-Lehalle-Fernandez-Tapia in normalised basis points and hours (math sections 2 and 8.2).

One order is one lot: inventory is q_hat / delta_hat lots and the aversion per lot is gamma_hat x
delta_hat, with delta_hat the order size relative to the position limit. gamma, kappa: as in
avellaneda_stoikov. tau, hours, counts only in the mode "finite".
"""

from collections.abc import Callable
from typing import Annotated, Literal

from msgspec import Meta, Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.closed_forms import LotMarket, half_and_lean
from market_maker.quoting.exact_quotes import distances, stationary
from market_maker.quoting.normalised import SIGMA_REF_MIN, Intensity, Normalised
from market_maker.quoting.strategy import Strategy, read_params
from market_maker.quoting.view import Distances, View

LOTS_MAX = {"stationary": 500, "finite": 60}
"""Orders to the position limit that an exact mode counts: more cost milliseconds for each new
volatility, and the closed form is then as good."""

_DRIFT_HOURS_MAX = 168.0
"""A position that takes longer than this to come home takes a drift for no longer than this:
without volatility it would be held for ever."""

_XI = "a number from 0 to 100, in the unit of gamma"
_PENALTY = "a number from 0 to 10000 bps"

_Market = Callable[[View], LotMarket]


class Params(Normalised, frozen=True, kw_only=True):
    """mode: "closed_form" (math 2.2), good away from the limits; "stationary", exact for hard
    position limits (the eigenvector); "finite", exact with tau hours left to trade, always (the
    matrix exponential).
    intensity_per_hour: A, fills per hour of one order at distance 0, one side; until it is
    measured.
    xi: risk parameter of the Hamiltonian, in the unit of gamma, which it is when missing; 0: fills
    bear no risk, only holding does (Gueant's model B).
    terminal_penalty_bps: with "finite", what it costs to be rid of a full position at the end, bps
    of its value; it grows with the square of the position.
    kappa_unit_bps, sigma_ref: normalised.Normalised.
    """

    mode: Annotated[
        Literal["closed_form", "stationary", "finite"],
        Meta(description="one of closed_form, stationary, finite"),
    ] = "closed_form"
    intensity_per_hour: Intensity
    xi: Annotated[Annotated[float, Meta(ge=0, le=100)] | None, Meta(description=_XI)] = None
    terminal_penalty_bps: Annotated[float, Meta(ge=0, le=10_000, description=_PENALTY)] = 0.0


def build(config: PoolConfig) -> Strategy:
    """A pool's GLFT quotes. Raises InvalidFieldError."""
    params = read_params(config.strategy_params, Params)
    if params.terminal_penalty_bps and params.mode != "finite":
        allowed = "0, unless mode is finite"
        raise InvalidFieldError(
            "strategy_params.terminal_penalty_bps", params.terminal_penalty_bps, allowed
        )
    market = _market(config, params)
    if params.mode == "closed_form":
        return _closed_form(market)
    return _exact(config, params, market)


class GlftTerms(Struct, frozen=True):
    """What a pool's configuration fixes. kappa: per bps. sigma_ref: 0.0 where it is not given; xi:
    below 0 where it is gamma."""

    gamma: float
    kappa: float
    sigma_ref: float
    intensity: float
    xi: float


def terms_of(config: PoolConfig, params: Params) -> GlftTerms:
    """Of a pool with these parameters."""
    return GlftTerms(
        gamma=float(config.gamma),
        kappa=float(config.kappa) / params.kappa_unit_bps,
        sigma_ref=params.sigma_ref or 0.0,
        intensity=params.intensity_per_hour,
        xi=-1.0 if params.xi is None else params.xi,
    )


def lot_values(own: GlftTerms, view: View) -> tuple[float, float, float, float, float]:
    """gamma, sigma, kappa, intensity and xi of the LotMarket. Compiled into the replay's decision
    kernel too, like the next function: own and view may be its records."""
    per_lot = view.delta_hat / max(own.sigma_ref or view.sigma_ref, SIGMA_REF_MIN)
    gamma_lot = own.gamma * view.gamma_scale * per_lot
    kappa = view.kappa_hat or own.kappa
    xi = gamma_lot if own.xi < 0.0 else own.xi * per_lot
    return gamma_lot, view.sigma, kappa, view.intensity or own.intensity, xi


def closed_distances(market: LotMarket, view: View) -> tuple[float, float]:
    """Of bid and ask, bps."""
    half, lean, omega = half_and_lean(market)
    shift = lean * view.q_hat / view.delta_hat
    if view.drift != 0.0:
        shift = shift - view.drift / max(omega, 1.0 / _DRIFT_HOURS_MAX)
    return half + shift, half - shift


def _market(config: PoolConfig, params: Params) -> _Market:
    terms = terms_of(config, params)

    def market(view: View) -> LotMarket:
        return LotMarket(*lot_values(terms, view), view.drift, view.impact)

    return market


def _closed_form(market: _Market) -> Strategy:
    def quote(view: View) -> Distances:
        return Distances(*closed_distances(market(view), view))

    return quote


def _exact(config: PoolConfig, params: Params, market: _Market) -> Strategy:
    limit = _limit(config, params.mode)
    tau, penalty = float(config.tau), params.terminal_penalty_bps

    finite = _finite() if params.mode == "finite" else None

    def solve(seen: LotMarket, delta_hat: float) -> list[float]:
        if finite is None:
            return stationary(seen, limit).log_ratios
        return finite(seen, limit, tau, penalty * delta_hat)

    solved: LotMarket | None = None
    log_ratios: list[float] = []

    def quote(view: View) -> Distances:
        nonlocal solved, log_ratios
        seen = market(view)
        if seen != solved:  # only the position has moved since the last solution
            log_ratios, solved = solve(seen, view.delta_hat), seen
        lots = view.q_hat / view.delta_hat
        return Distances(*distances(log_ratios, lots, seen, seen.premium()))

    return quote


def _finite() -> Callable[[LotMarket, int, float, float], list[float]]:
    """Imported where a pool asks for it: it alone needs numpy. Raises InvalidFieldError."""
    try:
        from market_maker.quoting.finite_horizon import finite  # noqa: PLC0415
    except ModuleNotFoundError as error:
        allowed = f"closed_form or stationary: finite needs {error.name}, in market_maker[research]"
        raise InvalidFieldError("strategy_params.mode", "finite", allowed) from None
    return finite


def _limit(config: PoolConfig, mode: str) -> int:
    """The position limit in whole orders."""
    limit = int(config.max_pool_position_usdt / config.order_size_usdt)
    most = LOTS_MAX[mode]
    if limit > most:
        least = config.max_pool_position_usdt / most
        allowed = f"at least {least:f}: mode {mode} takes at most {most} orders to the limit"
        raise InvalidFieldError("order_size_usdt", config.order_size_usdt, allowed)
    return limit

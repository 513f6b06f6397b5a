"""Exact quotes of Gueant-Lehalle-Fernandez-Tapia under hard position limits (math 2.1).

Inventory is n lots, -limit <= n <= limit; at the limit the side that would pass it is silent.
With v(n) > 0 the solution of v' = -M v, M tridiagonal with diagonal alpha n^2 - kappa mu n and
-eta beside it, the best distances are

    bid(n) = premium + ln(v(n) / v(n+1)) / kappa,   ask(n) = premium + ln(v(n) / v(n-1)) / kappa.

Only the logarithms of ratios are kept, one for each pair of neighbours: v itself spans hundreds of
orders of magnitude.
"""

from math import inf, log, sqrt

from msgspec import Struct

from market_maker.quoting.closed_forms import LotMarket

_ROUNDS = 200
_CONVERGED = 4e-16
_PIVOT_MIN = 1e-6
"""Times eta. Outwards from the lowest diagonal the solution falls or hardly rises, so a ratio of a
million means that the eigenvalue tried is too high."""


class Stationary(Struct, frozen=True):
    """log_ratios: ln(v(n) / v(n+1)) for n from -limit to limit - 1. eigenvalue: the smallest of
    M, 1/time."""

    eigenvalue: float
    log_ratios: list[float]


def distances(
    log_ratios: list[float], lots: float, market: LotMarket, premium: float
) -> tuple[float, float]:
    """Bid and ask below and above fair, price, at `lots` held; infinite: silent.

    Between whole numbers of lots the distances of both are mixed. A side is silent when less
    than half a lot may still be added.
    """
    last = len(log_ratios) - 1
    place = lots + 0.5 * (last + 1)
    bid = ask = inf
    if place < last + 0.5:
        bid = premium + _at(log_ratios, min(max(place, 0.0), last)) / market.kappa
    if place > 0.5:  # noqa: PLR2004  # half a lot
        ask = premium - _at(log_ratios, max(min(place - 1.0, last), 0.0)) / market.kappa
    return bid, ask


def _at(values: list[float], place: float) -> float:
    below = int(place)
    share = place - below
    return values[below] + (values[below + 1] - values[below]) * share if share else values[below]


def stationary(market: LotMarket, limit: int) -> Stationary:
    """Quotes far from the end of trading: v is the eigenvector of M's smallest eigenvalue.

    Found by continued fractions from both ends, which yield the ratios of neighbours to full
    relative precision however small v is there. limit: lots, at least 1.
    """
    diagonal = diagonal_of(market, limit)
    eta = market.eta()
    lowest = min(range(len(diagonal)), key=lambda i: (diagonal[i], abs(i - limit)))
    left, right = diagonal[:lowest], diagonal[:lowest:-1]
    low, high = diagonal[lowest] - 2.0 * eta, inf
    tried = low + sqrt(_curvature(market) * eta)  # of a harmonic oscillator
    ratios: tuple[list[float], list[float]] = ([], [])
    for _ in range(_ROUNDS):
        found = _arms(left, right, eta, tried)
        if found is None:
            high, tried = tried, 0.5 * (low + tried)
            continue
        ratios = found
        inner = (arm[-1] if arm else 0.0 for arm in ratios)
        gap = diagonal[lowest] - tried - eta * sum(inner)
        step = gap / (1.0 + _weight(ratios[0]) + _weight(ratios[1]))  # Rayleigh's quotient
        if gap >= 0.0:
            low = tried
        if abs(step) <= _CONVERGED * (abs(tried) + eta):
            break
        tried = tried + step if tried + step < high else 0.5 * (tried + high)
    falling, rising = ratios
    logs = [log(ratio) for ratio in falling] + [-log(ratio) for ratio in reversed(rising)]
    return Stationary(tried, logs)


def _curvature(market: LotMarket) -> float:
    """alpha: cost of n lots held is alpha n^2, 1/time."""
    return 0.5 * market.kappa * market.gamma * market.sigma * market.sigma


def diagonal_of(market: LotMarket, limit: int) -> list[float]:
    """M's diagonal for n from -limit to limit, 1/time."""
    alpha, slope = _curvature(market), market.kappa * market.drift
    return [alpha * n * n - slope * n for n in range(-limit, limit + 1)]


def _arms(
    left: list[float], right: list[float], eta: float, eigenvalue: float
) -> tuple[list[float], list[float]] | None:
    one = _ratios(left, eta, eigenvalue)
    other = None if one is None else _ratios(right, eta, eigenvalue)
    return None if one is None or other is None else (one, other)


def _ratios(diagonal: list[float], eta: float, eigenvalue: float) -> list[float] | None:
    """v of each state over v of the next one inwards, from the end; None when the eigenvalue is
    too high for a positive v."""
    ratio, ratios = 0.0, []
    least = eta * _PIVOT_MIN
    for entry in diagonal:
        pivot = entry - eigenvalue - eta * ratio
        if pivot <= least:
            return None
        ratio = eta / pivot
        ratios.append(ratio)
    return ratios


def _weight(ratios: list[float]) -> float:
    """Sum of v^2 over one arm, for v = 1 where the arms meet."""
    v, weight = 1.0, 0.0
    for ratio in reversed(ratios):
        v *= ratio
        weight += v * v
    return weight

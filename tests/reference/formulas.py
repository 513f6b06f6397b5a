"""Formulas of the mathematical paper that the product needs only in part, or in another form: what
its own are compared with."""

import math
from collections.abc import Sequence
from math import log1p
from operator import mul

from market_maker.estimators.cascade import MarkedHawkes
from market_maker.estimators.flow import Vpin
from market_maker.estimators.intensity import Law
from market_maker.estimators.queue_position import QueuePosition
from market_maker.estimators.volatility import Variation
from market_maker.model.orders import BUY, SELL

INTEREST, CLAMP = 0.0001, 0.0005
"""Of Hyperliquid's rate for eight hours: its interest, and how far that may pull."""


def cascade_intensity(
    model: MarkedHawkes, events: Sequence[tuple[float, float]], seconds: float
) -> float:
    """Intensity at `seconds` after ascending events (seconds, mark)."""
    for at, mark in events:
        model.event(at, mark)
    return model.intensity(seconds)


def rate_8h(average_premium: float, interest: float = INTEREST, limit: float = CLAMP) -> float:
    """Funding for eight hours as a fraction of notional: premium + clamp(interest - premium)."""
    return average_premium + min(max(interest - average_premium, -limit), limit)


def fit_exceedances(
    depths: Sequence[float], exposure: float, low: float = 0.0, high: float = math.inf
) -> Law | None:
    """Maximum likelihood from depths of `low` or more: k = uncensored / sum(min(d, high) - low),
    A = n / exposure exp(k low). exposure: time x sides. None when nothing shows the decay."""
    beyond = math.fsum(min(depth, high) - low for depth in depths)
    uncensored = sum(depth < high for depth in depths)
    if beyond <= 0.0 or not uncensored or exposure <= 0.0:
        return None
    decay = uncensored / beyond
    return Law(len(depths) / exposure * math.exp(decay * low), decay)


def queue_path(
    position: QueuePosition, events: list[tuple[str, float] | tuple[str, float, float]], lot: float
) -> list[tuple[float, float]]:
    """(front, filled) after each ("trade", quantity) or ("depth", before, after); front is given
    before a fill resets it to 0."""
    path = []
    for event in events:
        if event[0] == "trade":
            position.trade(event[1])
        else:
            position.depth(event[1], event[2])  # type: ignore[misc]
        front = position.front
        path.append((front, position.settle(lot)))
    return path


def spread_slope(gamma: float, variance: float, kappa: float) -> float:
    """Derivative of the total spread of eq. (30) by gamma, for delta = 1 (math 1.4).

    Above 0 for every gamma when sqrt(variance) >= 1/kappa: more aversion, wider quotes.
    """
    liquidity = 2.0 * log1p(gamma / kappa) / gamma**2 - 2.0 / (gamma * (kappa + gamma))
    return variance - liquidity


def funding_payment(size: float, oracle_price: float, rate: float) -> float:
    """What a position of `size` (long > 0) receives, quote currency: longs pay when rate > 0."""
    return -size * oracle_price * rate


def moved_mid(mid: float, imbalances: tuple[float, float], betas: tuple[float, float]) -> float:
    """mid (1 + beta_book I_book + beta_flow I_flow); betas as fractions per unit of imbalance."""
    return mid * (1.0 + betas[0] * imbalances[0] + betas[1] * imbalances[1])


def variation_of(returns: Sequence[float]) -> Variation:
    """Realised and bipower variation of at least two returns, one a second."""
    sizes = [abs(change) for change in returns]
    pairs = math.fsum(map(mul, sizes, sizes[1:]))
    corrected = pairs * math.pi / 2.0 * len(sizes) / (len(sizes) - 1)
    return Variation(len(sizes), math.fsum(map(mul, sizes, sizes)), corrected)


def vpin_after(signed_volumes: Sequence[float], bucket: float, buckets: int) -> float | None:
    """VPIN after trades given as volumes, of buyers > 0."""
    meter = Vpin(bucket, buckets)
    for volume in signed_volumes:
        meter.trade(BUY if volume > 0 else SELL, abs(volume))
    return meter.value

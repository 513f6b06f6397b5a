"""Closed forms of Avellaneda-Stoikov, in any one consistent system of units.

Symbols: q inventory, long > 0; gamma risk aversion, 1/(price x q); sigma volatility,
price/sqrt(time); tau horizon; variance = sigma^2 tau, price^2; kappa decay of fill intensity,
1/price; intensity A, fills per time of one order at distance 0, one side; delta size of one
order, in the unit of q. Which units the product uses is the strategy's business (math section 8).
"""

from math import e, exp, log1p, sqrt, tanh


def half_and_shift(
    q: float, gamma: float, variance: float, kappa: float, delta: float
) -> tuple[float, float]:
    """Half-spread, and how far the reservation price lies below fair: bid = fair - shift - half,
    ask = fair - shift + half.

    Avellaneda & Stoikov 2008, eqs (29) and (30), for orders of size delta (math 1.1).
    gamma = 0 gives the risk-neutral half-spread 1/kappa and no shift.
    """
    risk = gamma * variance
    aversion = gamma * delta
    decay = aversion / kappa
    premium = log1p(decay) / aversion if decay else 1.0 / kappa
    return delta * risk * 0.5 + premium, q * risk


def reversion_rate(
    gamma: float, sigma: float, kappa: float, intensity: float, delta: float
) -> float:
    """omega, 1/time: how fast quotes that lean on inventory bring it home.

    Riccati closed form of math 1.5: sqrt(2 gamma sigma^2 delta kappa eta).
    """
    decay = gamma * delta / kappa
    eta = intensity * exp(-(1.0 + 1.0 / decay) * log1p(decay)) if decay else intensity / e
    return sigma * sqrt(2.0 * gamma * delta * kappa * eta)


def saturated_horizon(tau: float, omega: float) -> float:
    """The horizon over which inventory is really at risk: tanh(omega tau)/omega (math 1.5).

    Close to tau while omega tau is small (Avellaneda-Stoikov), to 1/omega when it is large
    (Gueant-Lehalle-Fernandez-Tapia).
    """
    return tanh(omega * tau) / omega if omega else tau


def spread_slope(gamma: float, variance: float, kappa: float) -> float:
    """Derivative of the total spread of eq. (30) by gamma, for delta = 1 (math 1.4).

    Above 0 for every gamma when sqrt(variance) >= 1/kappa: more aversion, wider quotes.
    """
    liquidity = 2.0 * log1p(gamma / kappa) / gamma**2 - 2.0 / (gamma * (kappa + gamma))
    return variance - liquidity

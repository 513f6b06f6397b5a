"""Closed forms of Avellaneda-Stoikov and of Gueant-Lehalle-Fernandez-Tapia, in any one
consistent system of units.

Symbols: q inventory, long > 0; gamma risk aversion, 1/(price x q); sigma volatility,
price/sqrt(time); tau horizon; variance = sigma^2 tau, price^2; kappa decay of fill intensity,
1/price; intensity A, fills per time of one order at distance 0, one side; delta size of one
order, in the unit of q. Which units the product uses is the strategy's business (math section 8).
"""

from math import e, exp, log1p, sqrt, tanh

from msgspec import Struct

_DECAY_MIN = 1e-12
"""Below, (1 + x)^(1/x) is e to the last digit that matters, and 1/x may not be a number."""

_ETA_MIN = 1e-30
"""Fills per time. Impact can make fills as good as impossible; the lean stays a number."""


def half_and_shift(
    q: float, gamma: float, variance: float, kappa: float, delta: float
) -> tuple[float, float]:
    """Half-spread, and how far the reservation price lies below fair: bid = fair - shift - half,
    ask = fair - shift + half.

    Avellaneda & Stoikov 2008, eqs (29) and (30), for orders of size delta (math 1.1).
    gamma = 0: the risk-neutral half-spread 1/kappa and no shift.
    """
    risk = gamma * variance
    aversion = gamma * delta
    decay = aversion / kappa
    premium = log1p(decay) / aversion if decay else 1.0 / kappa
    return delta * risk * 0.5 + premium, q * risk


def fill_rate(intensity: float, decay: float) -> float:
    """eta, 1/time: A (1 + x)^-(1 + 1/x) with x = decay = xi delta / kappa; A/e for x = 0
    (math 2.1)."""
    if decay < _DECAY_MIN:
        return intensity / e
    return intensity * exp(-(1.0 + 1.0 / decay) * log1p(decay))


def reversion_rate(
    gamma: float, sigma: float, kappa: float, intensity: float, delta: float
) -> float:
    """omega, 1/time: how fast quotes that lean on inventory bring it home.

    Riccati closed form of math 1.5: sqrt(2 gamma sigma^2 delta kappa eta).
    """
    eta = fill_rate(intensity, gamma * delta / kappa)
    return sigma * sqrt(2.0 * gamma * delta * kappa * eta)


def saturated_horizon(tau: float, omega: float, penalty: float = 0.0) -> float:
    """The horizon over which inventory is really at risk: (l + t)/(1 + l t)/omega with
    t = tanh(omega tau) (math 1.5); l is `penalty`, 0 or more.

    Without a penalty close to tau while omega tau is small (Avellaneda-Stoikov), to 1/omega when it
    is large (Gueant-Lehalle-Fernandez-Tapia). penalty: what a position costs at the end (l q^2)
    relative to its stationary cost a_inf q^2; with 1 the lean is the stationary one at any tau.
    """
    if not omega:
        return tau
    reached = tanh(omega * tau)
    return (penalty + reached) / (1.0 + penalty * reached) / omega


def stationary_cost(gamma: float, variance_rate: float, omega: float) -> float:
    """a_inf, price per q^2: what holding q costs far from the end, a_inf q^2 (math 1.5):
    gamma sigma^2 / (2 omega). variance_rate: sigma^2, price^2/time; omega > 0."""
    return gamma * variance_rate / (2.0 * omega)


class LotMarket(Struct, frozen=True, gc=False):
    """A market in which inventory is counted in lots of one order each: delta = 1.

    gamma: 1/(price x lot), that is the aversion per unit of q times delta. xi: Gueant's risk
    parameter of the Hamiltonian, same unit; gamma for exponential utility, 0 for a maker who only
    pays gamma sigma^2 q^2 / 2 for holding. drift: of fair, price/time. impact: how far fair moves
    against us after each fill, price (math 2.1).
    """

    gamma: float
    sigma: float
    kappa: float
    intensity: float
    xi: float
    drift: float = 0.0
    impact: float = 0.0

    def premium(self) -> float:
        """As `premium_of`."""
        return premium_of(self)

    def eta(self) -> float:
        """As `eta_of`."""
        return eta_of(self)


def premium_of(market: LotMarket) -> float:
    """c1 and half of the impact: what a maker without any inventory risk asks, price."""
    xi = market.xi
    decay = xi / market.kappa
    alone = log1p(decay) / xi if decay > _DECAY_MIN else 1.0 / market.kappa
    return alone + market.impact * 0.5


def eta_of(market: LotMarket) -> float:
    """Scale of the fill rate at the best distances, 1/time, impact included."""
    eta = fill_rate(market.intensity, market.xi / market.kappa)
    if market.impact != 0.0:
        eta = eta * exp(-0.5 * market.kappa * market.impact)
    return max(eta, _ETA_MIN)


def half_and_lean(market: LotMarket) -> tuple[float, float, float]:
    """Half-spread, lean per lot held, and omega (1/time, as in reversion_rate): a long position
    of n lots puts both quotes n x lean lower.

    Gueant 2016 (arXiv 1605.01862), eqs (4.6) and (4.7): the stationary quotes far from any limit
    (math 2.2). A drift mu puts both quotes mu/omega higher, which is q - mu/(gamma sigma^2).
    """
    kappa, sigma = market.kappa, market.sigma
    eta = eta_of(market)
    lean = sigma * sqrt(market.gamma / (2.0 * kappa * eta))
    omega = sigma * sqrt(2.0 * market.gamma * kappa * eta)
    return premium_of(market) + lean * 0.5, lean, omega

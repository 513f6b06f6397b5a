"""Exact quotes with a finite time left to trade, by the matrix exponential (math 2.1).

The only part of the core that needs numpy: `market_maker[research]` brings it, and it is imported
where a pool asks for these quotes. Notation as in exact_quotes.
"""

from math import ceil, log2

import numpy as np

from market_maker.quoting.closed_forms import LotMarket
from market_maker.quoting.exact_quotes import diagonal_of, stationary

_DECAY_MAX = 1e4
"""Over the horizon; states that decay faster follow their neighbours at once."""
_TAYLOR_TERMS = 19
_UNDERFLOW = 1e-290
_PRODUCT_AT_ONCE = 250_000
"""Multiplications that OpenBLAS does not share out among threads: below 64^3."""


def finite(market: LotMarket, limit: int, tau: float, penalty: float) -> list[float]:
    """ln(v(n) / v(n+1)) for n from -limit to limit - 1, tau before the end of trading.

    v = exp(-M tau) v_end with v_end = exp(-kappa n^2 (penalty + impact/2)): penalty x n^2 is paid
    for what is held at the end, price x lot. The exponential is a Taylor series of numbers that
    are all positive, squared again and again, so small states keep their digits; where v leaves
    the range of floats the stationary ratios stand, to which far states are closest.
    """
    eta, diagonal = market.eta(), np.array(diagonal_of(market, limit))
    rates = diagonal - diagonal.min()
    slow = np.minimum(rates, _DECAY_MAX / tau)
    n = np.arange(-limit, limit + 1)
    end = market.kappa * (penalty + 0.5 * market.impact) * (n * n).astype(np.float64)
    v = (_decayed(slow, eta, tau) * np.exp(-np.minimum(end, _DECAY_MAX))).sum(axis=1)
    v /= v.max() or 1.0
    sound = (v > _UNDERFLOW) & (slow == rates)
    kept = sound[:-1] & sound[1:]
    logs = np.log(np.where(kept, v[:-1], 1.0)) - np.log(np.where(kept, v[1:], 1.0))
    if kept.all():
        return [float(value) for value in logs]
    far = stationary(market, limit).log_ratios
    return [float(near) if k else f for near, k, f in zip(logs, kept.tolist(), far, strict=True)]


def _decayed(rates: np.ndarray, eta: float, tau: float) -> np.ndarray:
    """exp(-M tau) times some positive number."""
    size = len(rates)
    most = float(rates.max())
    matrix = np.diag((most - rates) * tau)
    matrix += eta * tau * (np.eye(size, k=1) + np.eye(size, k=-1))
    squarings = max(0, ceil(log2(max((most + 2.0 * eta) * tau, 1.0))))
    matrix /= 2.0**squarings
    result = term = np.eye(size)
    for order in range(1, _TAYLOR_TERMS + 1):
        term = _product(term, matrix) / order
        result = result + term
    for _ in range(squarings):
        result = _product(result, result)
        result /= result.max()
    return result


def _product(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """one @ other in pieces that the library multiplies at once, in this thread: waking others
    would cost a turn milliseconds."""
    width = max(1, _PRODUCT_AT_ONCE // one.size)
    columns = range(0, len(one), width)
    return np.concatenate([one @ other[:, at : at + width] for at in columns], axis=1)

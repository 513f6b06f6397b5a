"""How close the approximations of the GLFT quotes come to the exact ones (math section 2.3).

The market of Gueant, Lehalle and Fernandez-Tapia (arXiv 1105.3115): sigma 0.3, A 0.9, k 0.3,
gamma 0.01, in ticks and seconds, 600 s before the end, at most 30 lots.
"""

from collections.abc import Callable
from typing import Literal

from msgspec import Struct

from market_maker.quoting.closed_forms import LotMarket, half_and_lean, half_and_shift
from market_maker.quoting.exact_quotes import distances, stationary
from market_maker.quoting.finite_horizon import finite
from market_maker.quoting.hyperliquid_simplified import half_and_skew

Formula = Literal["exact", "stationary", "closed form", "Avellaneda-Stoikov", "Hyperliquid"]
Pair = tuple[float, float]

GAMMA, SIGMA, KAPPA, INTENSITY = 0.01, 0.3, 0.3, 0.9
LIMIT, HORIZON = 30, 600.0
MARKET = LotMarket(GAMMA, SIGMA, KAPPA, INTENSITY, GAMMA)

PUBLISHED: dict[int, dict[Formula, Pair]] = {
    -10: {
        "exact": (2.6328, 3.9929),
        "closed form": (2.6343, 3.9916),
        "Avellaneda-Stoikov": (-1.85, 8.95),
        "Hyperliquid": (3.099, 3.459),
    },
    0: {
        "exact": (3.3130, 3.3130),
        "closed form": (3.3129, 3.3129),
        "Avellaneda-Stoikov": (3.549, 3.549),
        "Hyperliquid": (3.279, 3.279),
    },
    1: {
        "exact": (3.3812, 3.2449),
        "closed form": (3.3808, 3.2450),
        "Avellaneda-Stoikov": (4.089, 3.009),
        "Hyperliquid": (3.297, 3.261),
    },
    5: {
        "exact": (3.6535, 2.9725),
        "closed form": (3.6522, 2.9736),
        "Avellaneda-Stoikov": (6.249, 0.849),
        "Hyperliquid": (3.369, 3.189),
    },
}
"""Distances of bid and ask from the reference price in ticks, by lots held; "exact" is printed for
600 s and for the stationary quotes alike."""


class AccuracyRow(Struct, frozen=True):
    """One formula at one position. bid and ask: distances from the reference price, ticks."""

    lots: int
    formula: Formula
    published_bid: float
    published_ask: float
    bid: float
    ask: float

    @property
    def apart(self) -> float:
        """The larger difference from the published pair, ticks."""
        return max(abs(self.bid - self.published_bid), abs(self.ask - self.published_ask))


def accuracy() -> list[AccuracyRow]:
    """Every published pair and ours."""
    formulas = _formulas()
    rows = []
    for lots, published in PUBLISHED.items():
        for name, quote in formulas.items():
            bid, ask = quote(lots)
            rows.append(AccuracyRow(lots, name, *published[_printed_as(name)], bid, ask))
    return rows


def _printed_as(name: Formula) -> Formula:
    return "exact" if name == "stationary" else name


def _formulas() -> dict[Formula, Callable[[int], Pair]]:
    to_the_end = finite(MARKET, LIMIT, HORIZON, 0.0)
    endless = stationary(MARKET, LIMIT).log_ratios
    half, lean, _ = half_and_lean(MARKET)
    variance = SIGMA * SIGMA * HORIZON

    def frozen(lots: int) -> Pair:
        wide, shift = half_and_shift(lots, GAMMA, variance, KAPPA, 1.0)
        return wide + shift, wide - shift

    def documented(lots: int) -> Pair:
        wide, skew = half_and_skew(lots / LIMIT, GAMMA, KAPPA, variance)
        return wide + skew, wide - skew

    premium = MARKET.premium()
    return {
        "exact": lambda lots: distances(to_the_end, lots, MARKET, premium),
        "stationary": lambda lots: distances(endless, lots, MARKET, premium),
        "closed form": lambda lots: (half + lean * lots, half - lean * lots),
        "Avellaneda-Stoikov": frozen,
        "Hyperliquid": documented,
    }

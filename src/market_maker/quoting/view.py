"""What a strategy may look at and what it answers. Floats on purpose: models live in real
numbers, in the canonical units of bps and hours (math section 8)."""

from msgspec import Struct


class View(Struct, frozen=True, gc=False):
    """One moment, as a strategy sees it; free of prices.

    q_hat: net notional / max pool position, in [-1, 1]; long > 0. sigma: volatility, bps per
    square root of hour. sigma_ref: its long-run level, same unit. delta_hat: value of one
    order / max pool position.
    """

    q_hat: float
    sigma: float
    sigma_ref: float
    delta_hat: float


class Distances(Struct, frozen=True, gc=False):
    """How far the best bid stands below fair and the best ask above it, bps of fair."""

    bid_bps: float
    ask_bps: float

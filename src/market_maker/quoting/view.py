"""What a strategy takes and what it returns. Floats on purpose: models live in real
numbers, in the canonical units of bps and hours (math section 8)."""

from msgspec import Struct

from market_maker.model.quotes import Clamp


class View(Struct, frozen=True, gc=False):
    """One moment, as a strategy sees it; free of prices.

    q_hat: net notional / max pool position, in [-1, 1]; long > 0. sigma: volatility, bps per
    square root of hour. sigma_ref: its long-run level, same unit. delta_hat: value of one
    order / max pool position.

    What estimates add, each at its neutral value while its term is off or not ready:
    gamma_scale: factor on the risk aversion, > 0. kappa_hat: decay of fill intensity, 1/bps;
    0.0 means the configured one. intensity: A, fills per hour of one order at fair, one side;
    0.0 means the configured one. drift: of fair, bps per hour. impact: how far fair moves
    against us after a fill, bps, >= 0. pressure: imbalance of the book's first levels, in
    [-1, 1], bids heavier > 0. buys, sells: volume of recent trades by aggressor, lots.
    bid_depth, ask_depth: mean size of a level near the mid, relative to our order; 0.0 unknown.
    """

    q_hat: float
    sigma: float
    sigma_ref: float
    delta_hat: float
    gamma_scale: float = 1.0
    kappa_hat: float = 0.0
    intensity: float = 0.0
    drift: float = 0.0
    impact: float = 0.0
    pressure: float = 0.0
    buys: float = 0.0
    sells: float = 0.0
    bid_depth: float = 0.0
    ask_depth: float = 0.0


class Distances(Struct, frozen=True, gc=False):
    """How far the best bid stands below fair and the best ask above it, bps of fair; infinite:
    that side is silent. bid_size, ask_size: factors on the configured order size, 0 or more."""

    bid_bps: float
    ask_bps: float
    bid_size: float = 1.0
    ask_size: float = 1.0


class Clamped(Struct, frozen=True, gc=False):
    """What is quoted, bps of fair: both quotes stand shift_bps below the symmetric ones (above
    when negative) and spread_bps apart. raw_spread_bps: the spread the strategy asked for, or
    twice the distance of its only side. clamp: which bound of the spread binds. silent_bid,
    silent_ask: that side is not quoted, and shift and spread put the other one in its place."""

    shift_bps: float
    spread_bps: float
    raw_spread_bps: float
    clamp: Clamp
    silent_bid: bool = False
    silent_ask: bool = False

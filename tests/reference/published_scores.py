"""Scores of liquidity programmes as venues publish them, to compare ours with (math section 5.1).

Real numbers, as in the venues' own examples; nothing here is paid out.
"""

import math
from collections.abc import Iterable

UPTIME_EXPONENT = 5
"""dYdX raises the share of minutes with a two-sided quote to this power."""

MID_LOW, MID_HIGH = 0.10, 0.90
"""Polymarket: between these a one-sided quote still earns a part."""


def dydx_side_score(
    orders: Iterable[tuple[float, float]], mid: float, min_depth: float, max_spread: float
) -> float:
    """Sum of depth / spread over one side's orders (price, size). depth: notional; spread: the
    distance from mid by mid. Orders of min_depth or less, or at max_spread or beyond, earn
    nothing. [dYdX governance documentation, liquidity provider rewards]"""
    total = 0.0
    for price, size in orders:
        depth, spread = price * size, abs(price - mid) / mid
        if depth > min_depth and 0 < spread < max_spread:
            total += depth / spread
    return total


def dydx_q_final(
    q_epoch: float,
    uptime: float,
    maker_volume: float,
    depth_exponent: float,
    volume_exponent: float,
) -> float:
    """Q^d uptime^5 volume^v of an epoch: q_epoch is the sum of the minutes' smaller side scores,
    uptime 0..1, maker_volume in USD. [DIP-19]"""
    depth, volume = math.pow(q_epoch, depth_exponent), math.pow(maker_volume, volume_exponent)
    return depth * uptime**UPTIME_EXPONENT * volume


def polymarket_order_score(max_spread: float, spread: float, multiplier: float) -> float:
    """((v - s) / v)^2 b of one order; 0 at the maximum spread and beyond. [Polymarket, liquidity
    rewards]"""
    if spread >= max_spread:
        return 0.0
    return ((max_spread - spread) / max_spread) ** 2 * multiplier


def polymarket_q_min(q_one: float, q_two: float, mid: float, one_sided_divisor: float) -> float:
    """A minute's score from those of its two sides: the smaller one, and between mids of 0.10 and
    0.90 at least the larger one divided. [Polymarket, liquidity rewards]"""
    smaller, larger = min(q_one, q_two), max(q_one, q_two)
    return max(smaller, larger / one_sided_divisor) if MID_LOW <= mid <= MID_HIGH else smaller

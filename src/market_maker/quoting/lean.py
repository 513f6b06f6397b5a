"""The lean that one fill may bring: no more than the spread, or a round trip is sold at a loss.

Quotes lean against a position. Where the lean of a single order is more than the spread, a sell
is followed by a bid above the price just sold at, and a trader who takes both earns the difference
again and again. Source: dydxprotocol/v4-chain, pull request 2249, which found it in a maker there.
"""

from math import inf

import msgspec
from msgspec import Struct

from market_maker.quoting.strategy import Strategy
from market_maker.quoting.view import Distances, View


class LeanBound(Struct, frozen=True):
    """min_spread_bps, max_spread_bps: the clamps of the total spread. round_trip_bps: fees of a
    buy and a sell, 0 or more. order: the best level's size, a multiple of the pool's order."""

    min_spread_bps: float
    max_spread_bps: float
    round_trip_bps: float
    order: float

    def per_order_bps(self, spread_bps: float) -> float:
        """As `per_order`."""
        return per_order(self, spread_bps)


def per_order(bound: LeanBound, spread_bps: float) -> float:
    """How far one order may move both quotes: what the spread leaves after fees, and half of it
    at least, for a position has to come back also where fees eat the spread."""
    spread = min(max(spread_bps, bound.min_spread_bps), bound.max_spread_bps)
    return max(spread - bound.round_trip_bps, 0.5 * spread)


def cut_of(
    bound: LeanBound, wish: tuple[float, float], flat: tuple[float, float], orders: float
) -> float:
    """How much the bid of a quote stands further out, and its ask nearer, so that it leans by no
    more than `orders` orders may, bps. flat: the quote of no position. Compiled into the replay's
    decision kernel too."""
    shift = (wish[0] - wish[1]) * 0.5
    most = per_order(bound, wish[0] + wish[1]) * orders
    # Against the quotes of no position, not against fair: a drift may hide half of a lean.
    middle = (flat[0] - flat[1]) * 0.5
    if not -inf < middle < inf:
        return 0.0
    lean = shift - middle
    if -most <= lean <= most:
        return 0.0
    return min(max(lean, -most), most) - lean


def bounded(quote: Strategy, bound: LeanBound) -> Strategy:
    """`quote`, leaning by no more than its bound for each order that is held. A quote with a silent
    side stays as it is. What moves both quotes without a position (a drift) is no lean."""

    def within(view: View) -> Distances:
        wish = quote(view)
        shift = (wish.bid_bps - wish.ask_bps) * 0.5
        size = bound.order * max(wish.bid_size, wish.ask_size)
        if not view.q_hat or not -inf < shift < inf or size <= 0.0:
            return wish
        orders = abs(view.q_hat) / (view.delta_hat * size)
        flat = quote(msgspec.structs.replace(view, q_hat=0.0))
        near = (wish.bid_bps, wish.ask_bps)
        cut = cut_of(bound, near, (flat.bid_bps, flat.ask_bps), orders)
        if cut == 0.0:
            return wish
        return Distances(wish.bid_bps + cut, wish.ask_bps - cut, wish.bid_size, wish.ask_size)

    return within


def excess_bps(quote: Strategy, bound: LeanBound, delta_hat: float) -> tuple[float, float] | None:
    """What a strategy without volatility leans after one order, and what it may, bps, where that
    is less; None where it keeps within its bound."""
    flat = quote(View(0.0, 0.0, 0.0, delta_hat))
    held = min(1.0, delta_hat * bound.order)
    wish = quote(View(held, 0.0, 0.0, delta_hat))
    lean = abs((wish.bid_bps - wish.ask_bps) - (flat.bid_bps - flat.ask_bps)) * 0.5
    spread = wish.bid_bps + wish.ask_bps
    if not spread < inf or not lean < inf:
        return None
    allowed = bound.per_order_bps(spread)
    return (lean, allowed) if lean > allowed + 1e-9 else None

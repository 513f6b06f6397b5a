"""The pool's prices in force, level by level: what every member quotes."""

from collections.abc import Callable

from market_maker.engine.orders import BUY, SELL
from market_maker.engine.terms import Terms
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.quoting.scaling import clamp, level_ticks
from market_maker.quoting.view import Distances

_NONE_REFUSED = [None, None]


class Ladder:
    """prices[side][level], ticks; 0 where there is no price above zero.

    A price in force is kept while the wanted one is within the threshold of it, so that our
    orders keep their place in the queue. The threshold is at most half the half-spread, and a
    price on the wrong side of fair is never kept (math 8.7). version grows when a price changes.
    """

    __slots__ = ("_refused", "clamp", "prices", "shift_bps", "spread_bps", "version")

    def __init__(self) -> None:
        self.prices: tuple[list[int], list[int]] = ([], [])
        self.clamp = Clamp.INSIDE
        self.spread_bps = 0.0
        self.shift_bps = 0.0
        self.version = 0
        self._refused: list[tuple[int, int] | None] = [None, None]

    def clear(self) -> None:
        """Nothing is in force: the next prices are fresh ones."""
        self.prices[BUY].clear()
        self.prices[SELL].clear()

    def refused(self, side: int, price: int, opposite: int) -> None:
        """The venue refused `price` as crossing while we saw `opposite` as the best price of the
        other side: it knows better, so stand a tick further out until that price moves."""
        self._refused[side] = (price, opposite)

    def update(
        self, distances: Distances, fair: float, best_bid: int, best_ask: int, terms: Terms
    ) -> None:
        """Work out the wanted prices around `fair` (ticks) and keep what is close enough.

        Bids stay below the best ask and asks above the best bid (post-only); levels of a side
        stand at least one tick apart.
        """
        clamped = clamp(distances, terms.min_spread_bps, terms.max_spread_bps)
        self.clamp, self.spread_bps = clamped.clamp, clamped.spread_bps
        self.shift_bps = shift = clamped.shift_bps
        threshold = fair * min(terms.threshold_bps, clamped.spread_bps / 4.0) / BPS
        bids, asks = self.prices
        if len(bids) != terms.levels:
            bids[:], asks[:] = [0] * terms.levels, [0] * terms.levels
        top_bid, top_ask = best_ask, best_bid
        if self._refused != _NONE_REFUSED:
            top_bid = self._bound(BUY, best_ask, min)
            top_ask = self._bound(SELL, best_bid, max)
        for level in range(terms.levels):
            bid: int
            ask: int
            bid, ask = level_ticks(fair, shift, clamped.spread_bps, terms.spacing_bps, level)
            held = bids[level]
            if held and abs(bid - held) <= threshold and held < fair and held < top_bid:
                bid = held
            held = asks[level]
            if held and abs(ask - held) <= threshold and held > fair and held > top_ask:
                ask = held
            top_bid = bid if bid < top_bid else top_bid - 1
            top_ask = ask if ask > top_ask else top_ask + 1
            top_bid = max(top_bid, 0)
            if top_bid != bids[level] or top_ask != asks[level]:
                bids[level], asks[level] = top_bid, top_ask
                self.version += 1

    def _bound(self, side: int, opposite: int, closer: Callable[[int, int], int]) -> int:
        """What a price of this side must stay clear of (post-only)."""
        refused = self._refused[side]
        if refused is None:
            return opposite
        if refused[1] != opposite:
            self._refused[side] = None
            return opposite
        return closer(opposite, refused[0])

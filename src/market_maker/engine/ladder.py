"""The pool's prices in force, level by level: what every member quotes."""

from collections.abc import Callable
from math import ceil, floor

from market_maker.engine.orders import BUY, SELL
from market_maker.engine.terms import Terms
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.quoting.scaling import clamp, level_ticks
from market_maker.quoting.view import Distances

_NONE_REFUSED = [None, None]
_HOLD_MAX = 0.001
"""Furthest move of fair, as a share of it, over which prices are said to hold."""
_ALMOST = 1.0 - 1e-5
"""A tick less what rounding to the grid forgives, with room for the noise of floats."""


class Ladder:
    """prices[side][level], ticks; 0 where there is no price above zero.

    A price in force is kept while the wanted one is within the threshold of it, so that our
    orders keep their place in the queue. The threshold is at most half the half-spread, and a
    price on the wrong side of fair is never kept (math 8.7). version grows when a price changes.
    """

    __slots__ = (
        "_bounded",
        "_fair",
        "_levels",
        "_refused",
        "_spacing_bps",
        "_threshold",
        "_threshold_bps",
        "_wanted_per_fair",
        "clamp",
        "hold_high",
        "hold_low",
        "prices",
        "shift_bps",
        "spread_bps",
        "version",
    )

    def __init__(self) -> None:
        self.prices: tuple[list[int], list[int]] = ([], [])
        self.clamp = Clamp.INSIDE
        self.spread_bps = 0.0
        self.shift_bps = 0.0
        self.version = 0
        self._levels, self._spacing_bps, self._threshold_bps = 0, 0.0, 0.0
        self._refused: list[tuple[int, int] | None] = [None, None]
        self._wanted_per_fair: list[tuple[float, float]] = []
        self._fair, self._threshold, self._bounded = 0.0, 0.0, True
        self.hold_low, self.hold_high = 0.0, 0.0

    def clear(self) -> None:
        """Nothing is in force: the next prices are fresh ones."""
        self.prices[BUY].clear()
        self.prices[SELL].clear()

    def refused(self, side: int, price: int, opposite: int) -> None:
        """The venue refused `price` as crossing while we saw `opposite` as the best price of the
        other side: it knows better, so stand a tick further out until that price moves."""
        self._refused[side] = (price, opposite)

    def aim(self, distances: Distances, terms: Terms) -> None:
        """What the next updates want, until it is called again."""
        clamped = clamp(distances, terms.min_spread_bps, terms.max_spread_bps)
        self.clamp, self.spread_bps = clamped.clamp, clamped.spread_bps
        self.shift_bps = clamped.shift_bps
        self._levels, self._spacing_bps = terms.levels, terms.spacing_bps
        self._threshold_bps = min(terms.threshold_bps, clamped.spread_bps / 4.0)
        half, shift = clamped.spread_bps * 0.5, 1.0 - clamped.shift_bps / BPS
        distances_bps = [half + level * terms.spacing_bps for level in range(terms.levels)]
        self._wanted_per_fair = [(shift - bps / BPS, shift + bps / BPS) for bps in distances_bps]

    def update(self, fair: float, best_bid: int, best_ask: int) -> None:
        """Work out the wanted prices around `fair` (ticks) and keep what is close enough.

        Bids stay below the best ask and asks above the best bid (post-only); levels of a side
        stand at least one tick apart.
        """
        levels, spacing = self._levels, self._spacing_bps
        shift, spread = self.shift_bps, self.spread_bps
        threshold = fair * self._threshold_bps / BPS
        bids, asks = self.prices
        if len(bids) != levels:
            bids[:], asks[:] = [0] * levels, [0] * levels
        top_bid, top_ask = best_ask, best_bid
        bounded = self._refused != _NONE_REFUSED
        if bounded:
            top_bid = self._bound(BUY, best_ask, min)
            top_ask = self._bound(SELL, best_bid, max)
            bounded = self._refused != _NONE_REFUSED
        for level in range(levels):
            bid, ask = level_ticks(fair, shift, spread, spacing, level)
            held_bid, held_ask = bids[level], asks[level]
            if 0 < held_bid < top_bid and held_bid < fair and abs(bid - held_bid) <= threshold:
                bid = held_bid
            if held_ask > top_ask and held_ask > fair and abs(ask - held_ask) <= threshold:
                ask = held_ask
            if bid >= top_bid or ask <= top_ask or bid <= 0:
                bounded = True
                bid, ask = max(min(bid, top_bid - 1), 0), max(ask, top_ask + 1)
            if bid != held_bid or ask != held_ask:
                bids[level], asks[level] = bid, ask
                self.version += 1
            top_bid, top_ask = bid, ask
        self._fair, self._threshold, self._bounded = fair, threshold, bounded

    def hold(self) -> None:
        """Work out between which fair prices (hold_low and hold_high, both excluded) an update
        could change no price: every price in force is within the threshold of the wanted one,
        which is fair times a constant, rounded away from fair. The best prices must stay clear of
        ours. Worked out only when there is nothing else to do: that is when it can pay."""
        fair = self._fair
        bids, asks = self.prices
        if self._bounded:
            self.hold_low = self.hold_high = fair
            return
        # A little less than it is, because it moves with fair too.
        threshold = self._threshold * (1.0 - _HOLD_MAX)
        low, high = fair * (1.0 - _HOLD_MAX), fair * (1.0 + _HOLD_MAX)
        # Conditions, because min() and max() cost more than all the rest.
        for bid, ask, (per_bid, per_ask) in zip(bids, asks, self._wanted_per_fair, strict=True):
            if (least := ceil(bid - threshold) / per_bid) > low:
                low = least
            if (least := (ceil(ask - threshold) - _ALMOST) / per_ask) > low:
                low = least
            if (most := (floor(bid + threshold) + _ALMOST) / per_bid) < high:
                high = most
            if (most := floor(ask + threshold) / per_ask) < high:
                high = most
        self.hold_low = low if low > (least := bids[0]) else least
        self.hold_high = high if high < (most := asks[0]) else most

    def _bound(self, side: int, opposite: int, closer: Callable[[int, int], int]) -> int:
        """What a price of this side must stay clear of (post-only)."""
        refused = self._refused[side]
        if refused is None:
            return opposite
        if refused[1] != opposite:
            self._refused[side] = None
            return opposite
        return closer(opposite, refused[0])

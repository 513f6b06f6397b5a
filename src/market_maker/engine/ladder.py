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
        "_threshold_bps",
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
        self._fair, self._bounded = 0.0, True
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

    def update(self, fair: float, best_bid: int, best_ask: int) -> None:
        """Work out the wanted prices around `fair` (ticks) and keep what is close enough.

        Bids stay below the best ask and asks above the best bid (post-only); levels of a side
        stand at least one tick apart.
        """
        levels, shift, spread = self._levels, self.shift_bps, self.spread_bps
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
            bid, ask = level_ticks(fair, shift, spread, self._spacing_bps, level)
            held = bids[level]
            if held and -threshold <= bid - held <= threshold and held < fair and held < top_bid:
                bid = held
            held = asks[level]
            if held and -threshold <= ask - held <= threshold and held > fair and held > top_ask:
                ask = held
            if bid >= top_bid or ask <= top_ask or bid <= 0:
                bounded = True
                bid, ask = max(min(bid, top_bid - 1), 0), max(ask, top_ask + 1)
            if bid != bids[level] or ask != asks[level]:
                bids[level], asks[level] = bid, ask
                self.version += 1
            top_bid, top_ask = bid, ask
        self._fair, self._bounded = fair, bounded

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
        low, high = fair * (1.0 - _HOLD_MAX), fair * (1.0 + _HOLD_MAX)
        # A little less than it is, because it moves with fair too.
        threshold = fair * self._threshold_bps / BPS * (1.0 - _HOLD_MAX)
        of_bid = 1.0 - (self.shift_bps + self.spread_bps * 0.5) / BPS
        of_ask = 1.0 - (self.shift_bps - self.spread_bps * 0.5) / BPS
        for bid, ask in zip(bids, asks, strict=True):
            low = max(
                low, bid, ceil(bid - threshold) / of_bid, (ceil(ask - threshold) - _ALMOST) / of_ask
            )
            high = min(
                high,
                ask,
                (floor(bid + threshold) + _ALMOST) / of_bid,
                floor(ask + threshold) / of_ask,
            )
            of_bid -= self._spacing_bps / BPS
            of_ask += self._spacing_bps / BPS
        self.hold_low, self.hold_high = low, high

    def _bound(self, side: int, opposite: int, closer: Callable[[int, int], int]) -> int:
        """What a price of this side must stay clear of (post-only)."""
        refused = self._refused[side]
        if refused is None:
            return opposite
        if refused[1] != opposite:
            self._refused[side] = None
            return opposite
        return closer(opposite, refused[0])

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
        "_hold_high",
        "_hold_low",
        "_refused",
        "clamp",
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
        self._refused: list[tuple[int, int] | None] = [None, None]
        self._hold_low, self._hold_high = 0.0, 0.0

    def holds(self, fair: float, best_bid: int, best_ask: int) -> bool:
        """Whether `update` with the same distances and terms could change no price: fair (ticks)
        is near where the prices were worked out, and the best prices are clear of them."""
        bids, asks = self.prices
        return self._hold_low < fair < self._hold_high and bids[0] < best_ask and best_bid < asks[0]

    def clear(self) -> None:
        """Nothing is in force: the next prices are fresh ones."""
        self._hold_low, self._hold_high = 0.0, 0.0
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
        self._aim(distances, terms)
        shift, spread = self.shift_bps, self.spread_bps
        threshold = fair * min(terms.threshold_bps, spread / 4.0) / BPS
        bids, asks = self.prices
        top_bid, top_ask = best_ask, best_bid
        if self._refused != _NONE_REFUSED:
            top_bid = self._bound(BUY, best_ask, min)
            top_ask = self._bound(SELL, best_bid, max)
        bounded = self._refused != _NONE_REFUSED
        for level in range(terms.levels):
            bid: int
            ask: int
            bid, ask = level_ticks(fair, shift, spread, terms.spacing_bps, level)
            held = bids[level]
            if held and abs(bid - held) <= threshold and held < fair and held < top_bid:
                bid = held
            held = asks[level]
            if held and abs(ask - held) <= threshold and held > fair and held > top_ask:
                ask = held
            bounded = bounded or bid >= top_bid or ask <= top_ask or bid <= 0
            top_bid = bid if bid < top_bid else top_bid - 1
            top_ask = ask if ask > top_ask else top_ask + 1
            top_bid = max(top_bid, 0)
            if top_bid != bids[level] or top_ask != asks[level]:
                bids[level], asks[level] = top_bid, top_ask
                self.version += 1
        self._hold_low, self._hold_high = fair, fair
        if not bounded:
            self._hold(fair, threshold * (1.0 - _HOLD_MAX), terms)

    def _aim(self, distances: Distances, terms: Terms) -> None:
        clamped = clamp(distances, terms.min_spread_bps, terms.max_spread_bps)
        self.clamp, self.spread_bps = clamped.clamp, clamped.spread_bps
        self.shift_bps = clamped.shift_bps
        bids, asks = self.prices
        if len(bids) != terms.levels:
            bids[:], asks[:] = [0] * terms.levels, [0] * terms.levels

    def _hold(self, fair: float, threshold: float, terms: Terms) -> None:
        """Work out between which fair prices every price in force is within the threshold of the
        wanted one, which is fair times a constant, rounded away from fair. threshold: a little
        less than it is, because it moves with fair too."""
        low = max(fair * (1.0 - _HOLD_MAX), float(self.prices[BUY][0]))
        high = min(fair * (1.0 + _HOLD_MAX), float(self.prices[SELL][0]))
        shift, distance = self.shift_bps / BPS, self.spread_bps * 0.5 / BPS
        for bid, ask in zip(*self.prices, strict=True):
            of_bid, of_ask = 1.0 - shift - distance, 1.0 - shift + distance
            low = max(
                low, ceil(bid - threshold) / of_bid, (ceil(ask - threshold) - _ALMOST) / of_ask
            )
            high = min(
                high, (floor(bid + threshold) + _ALMOST) / of_bid, floor(ask + threshold) / of_ask
            )
            distance += terms.spacing_bps / BPS
        self._hold_low, self._hold_high = low, high

    def _bound(self, side: int, opposite: int, closer: Callable[[int, int], int]) -> int:
        """What a price of this side must stay clear of (post-only)."""
        refused = self._refused[side]
        if refused is None:
            return opposite
        if refused[1] != opposite:
            self._refused[side] = None
            return opposite
        return closer(opposite, refused[0])

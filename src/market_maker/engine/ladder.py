"""The pool's prices in force, level by level: what every member quotes."""

from collections.abc import Callable
from math import ceil, floor
from typing import Final

from market_maker.engine.conditions import NO_CONDITIONS, Conditions
from market_maker.engine.shares import right_size, scaled_value
from market_maker.engine.terms import Terms
from market_maker.model.orders import BUY, SELL
from market_maker.model.price_grid import PriceGrid
from market_maker.model.quotes import Clamp
from market_maker.model.units import BPS
from market_maker.quoting.level_prices import COARSE_STEPS, WantedQuote, reprice, set_target
from market_maker.quoting.scaling import clamp
from market_maker.quoting.view import Distances

_HOLD_MAX: Final = 0.001
"""Furthest move of fair, as a share of it, over which prices are said to hold."""
_ALMOST: Final = 1.0 - 1e-5
"""A tick less what rounding to the grid forgives, with room for the noise of floats."""
_BEYOND: Final = 1.0 + 1e-12
"""Beyond that noise."""


class Ladder(WantedQuote):
    """prices[side][level], ticks; 0 where there is no price above zero. size_values: of the same
    orders, ticks x lots; 0 where there shall be none. silent: sides that are not quoted.

    A price in force is kept while the wanted one is within the threshold of it, so that our
    orders keep their place in the queue. The threshold is at most half the half-spread, and a
    price on the wrong side of fair is never kept (math 8.7). version grows when a price changes.
    """

    __slots__ = (
        "_bounded",
        "_factors",
        "_fair",
        "_grid",
        "_is_refused",
        "_joins",
        "_offsets",
        "_one_sided_bps",
        "_refused",
        "_sized_by",
        "_unwanted",
        "_wanted_per_fair",
        "clamp",
        "prices",
        "silent",
        "size_values",
        "version",
    )

    def __init__(self) -> None:
        super().__init__()
        self.prices: tuple[list[int], list[int]] = ([], [])
        self.clamp = Clamp.INSIDE
        self.version = 0
        self._offsets: tuple[float, ...] = ()
        self._grid: PriceGrid | None = None  # every tick
        self._joins: tuple[int, int] | None = None
        self.size_values: tuple[list[int], list[int]] = ([], [])
        self._sized_by: Terms | None = None
        self._factors = (0.0, 0.0)
        self.silent = self._unwanted = (False, False)
        self._one_sided_bps = 0.0
        self._refused: list[tuple[int, int] | None] = [None, None]
        self._is_refused = False
        self._wanted_per_fair: list[tuple[float, float]] = []
        self._fair, self._bounded = 0.0, True

    def clear(self) -> None:
        """Nothing is in force: the next prices are fresh ones."""
        for prices in self.prices:
            prices[:] = [0] * len(prices)

    def refused(self, side: int, price: int, opposite: int) -> None:
        """The venue refused `price` as crossing while we saw `opposite` as the best price of the
        other side: it knows better, so stand a tick further out until that price moves."""
        self._refused[side], self._is_refused = (price, opposite), True

    @property
    def joining(self) -> int | None:
        """The side whose best level stands at the best price of the book at least."""
        return self._joins[0] if self._joins else None

    def aim(
        self, distances: Distances, terms: Terms, conditions: Conditions = NO_CONDITIONS
    ) -> None:
        """What the next updates want, until it is called again."""
        floor_bps = terms.min_spread_bps
        ceiling_bps = min(terms.max_spread_bps, max(floor_bps, conditions.ceiling_bps))
        clamped = clamp(distances, floor_bps, ceiling_bps)
        self.clamp = clamped.clamp
        set_target(self, clamped.shift_bps, clamped.spread_bps, terms.threshold_bps)
        self._offsets, self._joins = terms.shape.offsets_bps, conditions.joins
        self._grid = terms.price_grid
        half, shift = clamped.spread_bps * 0.5, 1.0 - clamped.shift_bps / BPS
        distances_bps = [half + offset for offset in self._offsets]
        self._wanted_per_fair = [(shift - bps / BPS, shift + bps / BPS) for bps in distances_bps]
        size = conditions.size
        factors = (distances.bid_size * size, distances.ask_size * size)
        silent = (clamped.silent_bid or not factors[BUY], clamped.silent_ask or not factors[SELL])
        self._unwanted, self._one_sided_bps = silent, terms.one_sided_bps
        if not self._one_sided_bps:
            self._fall_silent(silent)
        if factors != self._factors or terms is not self._sized_by:
            for side, factor in enumerate(factors):
                self._size(side, factor, terms)
            self._factors, self._sized_by = factors, terms

    def _size(self, side: int, factor: float, terms: Terms) -> None:
        """Sizes in force stay while they are right for what is wanted."""
        sizes, values = terms.shape.sizes, self.size_values[side]
        if len(values) != len(sizes):
            values[:] = self.prices[side][:] = [0] * len(sizes)
        for level, size in enumerate(sizes):
            held, value = values[level], scaled_value(terms.size_value, size * factor)
            if terms is not self._sized_by or not right_size(held, value):
                values[level] = value
                self.version += value != held

    def lots(self, side: int, level: int, price: int) -> int:
        """The size of an order at `price`."""
        bids, asks = self.size_values
        lots = (asks if side else bids)[level] // price
        if level == 0 and self._joins is not None and self._joins[0] == side:
            return min(lots, self._joins[1])
        return lots

    def update(
        self, fair: float, best: tuple[int, int], touch: tuple[int, int] | None = None
    ) -> None:
        """Work out the wanted prices around `fair` (ticks) and keep what is close enough.

        Bids stay below the best ask and asks above the best bid (post-only); levels of a side
        stand at least one price of the venue's grid apart. best: bid and ask of the book; touch:
        those of others, where they differ.
        """
        bids, asks = self.prices
        grid = self._grid
        seen = best if touch is None else touch
        top_bid, top_ask = self._bounds(best)
        tops = (top_bid, top_ask, best[BUY], seen[BUY], seen[SELL])
        moved, bounded = reprice(self, fair, (bids, asks, self._offsets), tops, grid)
        self.version += moved
        # A step of the grid is no tick, which is what `zone` reckons with.
        self._bounded = bounded or self._is_refused or grid is not None
        self._fair = fair
        if self._one_sided_bps:
            self._silence(fair, seen)
        if self._joins is not None:
            self._join(seen)

    def _fall_silent(self, silent: tuple[bool, bool]) -> None:
        if silent != self.silent:
            self.silent = silent
            self.version += 1

    def _silence(self, fair: float, touch: tuple[int, int]) -> None:
        """The side that the forecast goes against is silent while fair stands so far beyond the mid
        of others: its orders would be taken before prices have followed."""
        self._bounded = True
        beyond = (2.0 * fair / (touch[0] + touch[1]) - 1.0) * BPS
        falls, rises = beyond <= -self._one_sided_bps, beyond >= self._one_sided_bps
        self._fall_silent((self._unwanted[BUY] or falls, self._unwanted[SELL] or rises))

    def _join(self, touch: tuple[int, int]) -> None:
        """The side that works off the position stands at the best price of the book at least."""
        self._bounded = True
        side = self.joining
        assert side is not None
        prices, best = self.prices[side], touch[side]
        closer = best < prices[0] if side else best > prices[0]
        if closer and self._refused[side] is None:
            prices[0] = best
            self.version += 1

    def zone(self) -> tuple[float, float]:
        """Between which fair prices, both excluded, an update could change no price: every price
        in force is within the threshold of the wanted one, which is fair times a constant, rounded
        away from fair. The best prices must stay clear of ours, and the spread as wide as
        `reprice` asks of one that joins no touch, which fair decides too. Worked out only when
        there is nothing else to do: that is when it can pay."""
        fair = self._fair
        bids, asks = self.prices
        if self._bounded:
            return fair, fair
        # A little less than it is, because it moves with fair too.
        threshold = fair * self.threshold_bps / BPS * (1.0 - _HOLD_MAX)
        low, high = fair * (1.0 - _HOLD_MAX), fair * (1.0 + _HOLD_MAX)
        if (least := COARSE_STEPS * BPS / self.spread_bps * _BEYOND) > low:
            low = least
        # Conditions, because min() and max() cost more than all the rest.
        for level, (per_bid, per_ask) in enumerate(self._wanted_per_fair):
            bid, ask = bids[level], asks[level]
            if (least := ceil(bid - threshold) / per_bid) > low:
                low = least
            if (least := (ceil(ask - threshold) - _ALMOST) / per_ask) > low:
                low = least
            if (most := (floor(bid + threshold) + _ALMOST) / per_bid) < high:
                high = most
            if (most := floor(ask + threshold) / per_ask) < high:
                high = most
        return (
            low if low > (least := float(bids[0])) else least,
            high if high < (most := float(asks[0])) else most,
        )

    def _bounds(self, best: tuple[int, int]) -> tuple[int, int]:
        """What bids and asks must stay clear of (post-only)."""
        bid, ask = best
        if not self._is_refused:
            return ask, bid
        bounds = self._bound(BUY, ask, min), self._bound(SELL, bid, max)
        self._is_refused = self._refused != [None, None]
        return bounds

    def _bound(self, side: int, opposite: int, closer: Callable[[int, int], int]) -> int:
        """What a price of this side must stay clear of (post-only)."""
        refused = self._refused[side]
        if refused is None:
            return opposite
        if refused[1] != opposite:
            self._refused[side] = None
            return opposite
        return closer(opposite, refused[0])

"""Which results of the last decision still hold, so that a turn need not work them out again."""

from typing import Final

from market_maker.engine.accounts import Accounts
from market_maker.engine.ladder import Ladder
from market_maker.engine.market import Market
from market_maker.engine.orders import OwnOrders

_NEVER: Final = -1  # no count that only grows is below 0


class DecisionCache:
    """A turn is decided in three steps, and each result is kept while all that it rests on stays
    as it is:

        guards   the mid, within the zone of the risk monitor
        target   the moment of the last sample and the pool's position
        orders   own orders and the ladder (their versions), and the reference up to a bound

    A whole turn is kept, and decides nothing, while all three hold, fair stays within the zone of
    the ladder, the mid also clear of our best prices, and the venue has acknowledged every order; a
    sample or a book that cannot be trusted ends that. Versions only grow, so that a sum of them
    shows that one grew.

    What moves and is not named here ends a result by `invalidate`. A result that is not kept is
    worked out again and is the same: that only costs time, and a test compares both.
    """

    __slots__ = (
        "_accounts",
        "_fair_high",
        "_fair_low",
        "_guards_high_x2",
        "_guards_low_x2",
        "_high_x2",
        "_ladder",
        "_low_x2",
        "_market",
        "_orders",
        "_orders_at",
        "_reference_max_x2",
        "_target_lots",
        "_target_sample",
        "_turn_at",
    )

    def __init__(
        self, market: Market, orders: OwnOrders, ladder: Ladder, accounts: Accounts
    ) -> None:
        self._market, self._orders, self._ladder = market, orders, ladder
        self._accounts = accounts
        self._low_x2 = self._high_x2 = 0
        self._fair_low = self._fair_high = 0.0
        self._reference_max_x2 = self._target_lots = 0
        self.invalidate()

    # whether a result still holds

    def turn_kept(self) -> bool:
        """Whether deciding again would change nothing, in a turn that takes no sample and has a
        book that can be trusted."""
        market, orders = self._market, self._orders
        return (
            self._turn_at == orders.version
            and self._low_x2 < market.mid_x2 < self._high_x2
            and self._fair_low < market.fair < self._fair_high
            and not orders.unacknowledged
        )

    def guards_kept(self) -> bool:
        """Whether no guard can object at this mid."""
        market = self._market
        return self._guards_low_x2 < market.mid_x2 < self._guards_high_x2 and market.blind is None

    def target_kept(self) -> bool:
        """Whether the strategy would say the same again."""
        return (
            self._target_sample == self._market.samples_taken
            and self._target_lots == self._accounts.pool.lots
        )

    def orders_kept(self, reference_x2: int) -> bool:
        """Whether our orders are where they should be. reference_x2: twice the reference price,
        ticks."""
        orders = self._orders
        return (
            self._orders_at == orders.version + self._ladder.version
            and reference_x2 <= self._reference_max_x2
            and not orders.unacknowledged
        )

    # results to keep

    def keep_guards(self, zone_x2: tuple[int, int]) -> None:
        """No guard objects while the mid (twice its ticks) stays within the zone, both excluded."""
        self._guards_low_x2, self._guards_high_x2 = zone_x2

    def keep_target(self) -> None:
        """The strategy was asked for this sample and position."""
        self._target_sample = self._market.samples_taken
        self._target_lots = self._accounts.pool.lots

    def keep_orders(self, at: int, reference_max_x2: int) -> None:
        """Nothing is left to do for our orders, once new ones are acknowledged. at: versions of
        orders and ladder, summed, before they were brought there."""
        self._orders_at, self._reference_max_x2 = at, reference_max_x2

    def keep_turn(self) -> None:
        """All three hold: work out for which prices."""
        bids, asks = self._ladder.prices
        self._fair_low, self._fair_high = self._ladder.zone()
        low, high = self._guards_low_x2, self._guards_high_x2
        # Conditions, because min() and max() cost more than all the rest.
        if (least := 2 * bids[0]) > low:
            low = least
        if (most := 2 * asks[0]) < high:
            high = most
        if (most := self._reference_max_x2 + 1) < high:
            high = most
        self._low_x2, self._high_x2 = low, high
        self._turn_at = self._orders.version

    # what makes a result invalid

    @property
    def orders_at(self) -> int:
        """For `keep_orders`."""
        return self._orders.version + self._ladder.version

    def invalidate(self) -> None:
        """Everything is decided afresh."""
        self.invalidate_guards()
        self.invalidate_orders()
        self._target_sample = _NEVER

    def invalidate_turn(self) -> None:
        """A sample was taken, or the book cannot be trusted."""
        self._turn_at = _NEVER

    def invalidate_guards(self) -> None:
        """Something moved that guards compare and prices do not show."""
        self._turn_at = _NEVER
        self._guards_low_x2 = self._guards_high_x2 = 0

    def invalidate_target(self) -> None:
        """Something moved that quotes depend on and no sample shows."""
        self._turn_at = self._target_sample = _NEVER

    def invalidate_orders(self) -> None:
        """Something moved that decides what may rest and that orders and prices do not show."""
        self._turn_at = self._orders_at = _NEVER

"""What the venue lets one IP address and one account do, counted before it is done.

Weights are shared by every maker of a process, for they leave by one address. A part of each budget
is kept for what must get through whatever else was sent: cancels, and proofs that they worked.
Source: Hyperliquid docs, "Rate limits and user limits".
"""

from collections import deque
from random import Random

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.account_wire import QuotaAnswer

MINUTE = Nanos(60 * NANOS_PER_SECOND)
WEIGHT_PER_MINUTE = 1_200
URGENT_WEIGHT = 200
"""Of a minute, kept for cancels and proofs."""

BATCH_PER_WEIGHT = 40
"""An action weighs one more for every so many of its orders."""

BACKOFF_MIN = Nanos(NANOS_PER_SECOND)
BACKOFF_MAX = Nanos(60 * NANOS_PER_SECOND)

QUOTA_START = 10_000

TRICKLE = Nanos(10 * NANOS_PER_SECOND)
"""One action in this time is allowed to an address that has used up its actions."""

QUOTA_KEPT = 0.02
"""Of the cap of actions: what is left for cancels and for closing down when quoting stops."""


class WeightUse(Struct, frozen=True):
    """used: in the last minute. waited: requests that had to. refused: answers of 429."""

    used: int
    limit: int
    waited: int
    refused: int
    paused_until: Nanos


class WeightBudget:
    """Of one IP address. share: of the venue's weight a minute, where other processes or programs
    send from the same address."""

    def __init__(self, rng: Random, share: float = 1.0) -> None:
        self._limit = max(URGENT_WEIGHT * 2, int(WEIGHT_PER_MINUTE * share))
        self._rng = rng
        self._spent: deque[tuple[Nanos, int]] = deque()
        self._used = self._waited = self._refused = self._in_a_row = 0
        self._paused_until = Nanos(0)

    def take(self, now: Nanos, weight: int, *, urgent: bool = False) -> Nanos:
        """Spend it, and 0; or how long to wait before asking again. After a 429 only what is
        urgent goes out until the pause is over."""
        self._drop(now)
        if now < self._paused_until and not urgent:
            self._waited += 1
            return Nanos(self._paused_until - now)
        room = self._limit - (0 if urgent else URGENT_WEIGHT) - self._used
        if weight > room and self._spent:
            self._waited += 1
            return self._until_free(now, weight - room)
        self._spend(now, weight)
        return Nanos(0)

    def add(self, now: Nanos, weight: int) -> None:
        """What an answer turned out to cost more than was taken."""
        if weight:
            self._spend(now, weight)

    def refused(self, now: Nanos) -> None:
        """A 429: everything but the urgent pauses, longer each time, for a random part of it so
        that several programs do not come back together."""
        self._refused += 1
        self._in_a_row += 1
        span = min(BACKOFF_MAX, BACKOFF_MIN * 2 ** min(self._in_a_row - 1, 10))
        self._paused_until = Nanos(now + int(span * (0.5 + 0.5 * self._rng.random())))

    def is_pausing(self, now: Nanos) -> bool:
        """Whether a 429 was answered a moment ago."""
        return now < self._paused_until

    def answered(self) -> None:
        """A request got through."""
        self._in_a_row = 0

    def use(self, now: Nanos) -> WeightUse:
        """For screens and metrics."""
        self._drop(now)
        return WeightUse(self._used, self._limit, self._waited, self._refused, self._paused_until)

    def _spend(self, now: Nanos, weight: int) -> None:
        self._spent.append((now, weight))
        self._used += weight

    def _drop(self, now: Nanos) -> None:
        while self._spent and now - self._spent[0][0] >= MINUTE:
            self._used -= self._spent.popleft()[1]

    def _until_free(self, now: Nanos, needed: int) -> Nanos:
        freed = 0
        for at, weight in self._spent:
            freed += weight
            if freed >= needed:
                return Nanos(max(1, at + MINUTE - now))
        return MINUTE


def batch_weight(orders: int) -> int:
    """What an action of so many orders weighs."""
    return 1 + orders // BATCH_PER_WEIGHT


class ActionQuota:
    """Actions of one account, for life: 10,000 and one for each unit of collateral traded. What we
    send and trade is counted as it happens; the venue's own count replaces it now and then."""

    def __init__(self) -> None:
        self._used, self._cap = 0, QUOTA_START
        self._since: int = 0
        self._exhausted_until = Nanos(0)
        self._known = False

    def learn(self, told: QuotaAnswer) -> None:
        """The venue's own count."""
        self._used, self._cap = told.n_requests_used, told.n_requests_cap + told.n_requests_surplus
        self._since, self._known = 0, True

    def spend(self, actions: int) -> None:
        """Each order of a batch counts."""
        self._since += actions

    def traded(self, notional: int) -> None:
        """One more action for each unit."""
        self._cap += notional

    def exhausted(self, now: Nanos) -> None:
        """The venue refused an action for this reason: one more is taken some time later."""
        self._exhausted_until = Nanos(now + TRICKLE)

    def may_place(self, now: Nanos, orders: int) -> bool:
        """Whether new orders fit, with what is left for cancelling them."""
        if now < self._exhausted_until:
            return False
        return self.left - orders >= self._cap * QUOTA_KEPT or not self._known

    @property
    def known(self) -> bool:
        """Whether the venue's own count was read."""
        return self._known

    @property
    def left(self) -> int:
        """Actions until the cap, as far as we know."""
        return self._cap - self._used - self._since

    @property
    def cap(self) -> int:
        """Of all actions of this account, so far."""
        return self._cap

"""How seldom quotes move, so that an account's actions last.

An account has 10,000 actions for life and one more for each USDC that it trades; each order and
each cancel is one. What the last minutes cost is carried forward: where the actions would not last
LASTING_H, quotes move half as often, step by step, and twice as often again where there is plenty.
What is kept for cancels is not counted as there.
"""

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.budgets import QUOTA_KEPT

LASTING_H = 24.0
PLENTY = 3.0
"""Times LASTING_H that the actions have to last before quotes move more often again."""

WINDOW = Nanos(120 * NANOS_PER_SECOND)
"""What is judged; it begins anew with each step."""

STEPS = ((1, 1.0, 20), (2, 1.5, 20), (4, 2.0, 3), (8, 3.0, 2), (16, 4.0, 1))
"""Factors on the time between two quotes, and on the least move of the price that moves one: a
price that wanders takes four times as long for twice the way. Then the most levels a side: each
costs two actions when quotes move, and one level offers the size of all."""

_SECONDS_PER_HOUR = 3_600


class QuotePace(Struct, frozen=True):
    """interval, threshold: factors. levels: at most, a side. hours: how long the actions last at
    what was spent, None while that is not known or nothing was."""

    interval: int = 1
    threshold: float = 1.0
    levels: int = 20
    hours: float | None = None

    def of(self, levels: int) -> int:
        """How many of so many levels are quoted."""
        return min(levels, self.levels)


class ActionPace:
    """Of one account. pace: the one that holds."""

    def __init__(self) -> None:
        self._step = 0
        self._since: tuple[Nanos, int] | None = None
        self.pace = QuotePace()

    def look(self, now: Nanos, left: int, cap: int) -> bool:
        """left: actions until the cap. Whether the pace changed."""
        if self._since is None:
            self._since = now, left
            return False
        began, before = self._since
        if now - began < WINDOW:
            return False
        spent, spare = before - left, left - cap * QUOTA_KEPT
        hours = (now - began) / NANOS_PER_SECOND / _SECONDS_PER_HOUR
        lasting = spare * hours / spent if spent > 0 else None
        self._since = now, left
        step = self._wanted(lasting)
        changed, self._step = step != self._step, step
        self.pace = QuotePace(*STEPS[step], hours=lasting)
        return changed

    def _wanted(self, lasting: float | None) -> int:
        if lasting is not None and lasting < LASTING_H:
            return min(self._step + 1, len(STEPS) - 1)
        if lasting is None or lasting > LASTING_H * PLENTY:
            return max(self._step - 1, 0)
        return self._step

"""How seldom quotes move, so that an account's actions last.

An account has 10,000 actions for life and one more for each USDC that it trades; each order and
each cancel is one. What the last minutes cost is carried forward: where the actions would not last
LASTING_H, quotes move half as often, step by step. They move twice as often again only after half
an hour that cost little, for at a slow pace most minutes cost nothing. What is kept for cancels is
not counted as there.
"""

from msgspec import Struct

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.budgets import QUOTA_KEPT

LASTING_H = 24.0
PLENTY = 3.0
"""Times LASTING_H that the actions have to last before quotes move more often again."""

WINDOW = Nanos(120 * NANOS_PER_SECOND)
"""What decides whether quotes move less often; it begins anew with each step."""

PLENTY_WINDOW = Nanos(1_800 * NANOS_PER_SECOND)
"""What decides whether they move more often again; it begins anew with each step."""

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
        self._short: _Span | None = None
        self._long: _Span | None = None
        self.pace = QuotePace()

    def update(self, now: Nanos, left: int, cap: int) -> bool:
        """Judge by how many actions are left until the cap; returns whether the pace changed."""
        spare = left - cap * QUOTA_KEPT
        step, hours = self._step, self.pace.hours
        if self._short is None or self._long is None:
            self._short = self._long = _Span(now, left)
        if now - self._short.began >= WINDOW:
            hours = self._short.lasting(now, left, spare)
            self._short = _Span(now, left)
            if hours is not None and hours < LASTING_H:
                step = min(step + 1, len(STEPS) - 1)
        if now - self._long.began >= PLENTY_WINDOW:
            lasting = self._long.lasting(now, left, spare)
            self._long = _Span(now, left)
            if step == self._step and (lasting is None or lasting > LASTING_H * PLENTY):
                step = max(step - 1, 0)
        changed = step != self._step
        if changed:
            self._step, self._short, self._long = step, _Span(now, left), _Span(now, left)
        self.pace = QuotePace(*STEPS[step], hours=hours)
        return changed


class _Span(Struct, frozen=True):
    """Since when something is judged, and how many actions were left then."""

    began: Nanos
    left: int

    def lasting(self, now: Nanos, left: int, spare: float) -> float | None:
        """Hours that `spare` actions last at what was spent since; None where nothing was."""
        spent = self.left - left
        hours = (now - self.began) / NANOS_PER_SECOND / _SECONDS_PER_HOUR
        return spare * hours / spent if spent > 0 else None

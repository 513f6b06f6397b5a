"""How much of the day a pool has quoted both sides."""

from collections.abc import Sequence

from market_maker.model.units import NANOS_PER_HOUR, Nanos

_DAY = 24 * NANOS_PER_HOUR


class Uptime:
    """Of the time that the pool was ACTIVE this UTC day, the share that it had orders out on both
    sides, from the placing of the later one to the end of the first."""

    __slots__ = ("_active", "_active_ns", "_since", "_two_sided", "_two_sided_ns")

    def __init__(self) -> None:
        self._active_ns = self._two_sided_ns = 0
        self._since = Nanos(0)
        self._active = self._two_sided = False

    def note(self, now: Nanos, active: bool, working: Sequence[int]) -> None:
        """What holds from now on; until now it was what was said last. working: lots out on
        either side."""
        two_sided = working[0] > 0 and working[1] > 0
        if active is not self._active or two_sided is not self._two_sided:
            self._active_ns, self._two_sided_ns = self._totals(now)
            self._since, self._active, self._two_sided = now, active, two_sided

    def pct(self, now: Nanos) -> float | None:
        """Per cent of the active time of this day, to now; None before there is any."""
        active_ns, two_sided_ns = self._totals(now)
        return 100.0 * two_sided_ns / active_ns if active_ns else None

    def _totals(self, now: Nanos) -> tuple[int, int]:
        """Active and two-sided time of the day of `now`, to now."""
        active_ns, two_sided_ns, since = self._active_ns, self._two_sided_ns, self._since
        midnight = now - now % _DAY
        if since < midnight:
            active_ns = two_sided_ns = 0
            since = Nanos(midnight)
        if self._active:
            active_ns += now - since
            two_sided_ns += (now - since) * self._two_sided
        return active_ns, two_sided_ns

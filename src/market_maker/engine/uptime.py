"""How much of the day a pool has quoted both sides. The functions are compiled into the replay's
decision kernel too, which has records with fields of the same names."""

from collections.abc import Sequence
from typing import Final

from market_maker.model.units import NANOS_PER_HOUR, Nanos

_DAY: Final = 24 * NANOS_PER_HOUR


class Uptime:
    """Of the time that the pool was ACTIVE this UTC day, the share that it had orders out on both
    sides, from the placing of the later one to the end of the first. active_ns, two_sided_ns: of
    the day of `since`, to `since`; active, two_sided: what holds from then on."""

    __slots__ = ("active", "active_ns", "since", "two_sided", "two_sided_ns")

    def __init__(self) -> None:
        self.active_ns = self.two_sided_ns = self.since = 0
        self.active = self.two_sided = False

    def note(self, now: Nanos, active: bool, working: Sequence[int]) -> None:
        """As the function of that name. working: lots out on either side."""
        note(self, now, active, working[0] > 0 and working[1] > 0)

    def pct(self, now: Nanos) -> float | None:
        """Per cent of the active time of this day, to now; None before there is any."""
        active_ns, two_sided_ns = totals(self, now)
        return 100.0 * two_sided_ns / active_ns if active_ns else None


def totals(own: Uptime, now: int) -> tuple[int, int]:
    """Active and two-sided time of the day of `now`, to now."""
    active_ns, two_sided_ns, since = own.active_ns, own.two_sided_ns, own.since
    midnight = now - now % _DAY
    if since < midnight:
        active_ns = two_sided_ns = 0
        since = midnight
    if own.active:
        active_ns += now - since
        if own.two_sided:
            two_sided_ns += now - since
    return active_ns, two_sided_ns


def note(own: Uptime, now: int, active: bool, two_sided: bool) -> None:
    """What holds from now on; until now it was what was noted last."""
    if active != own.active or two_sided != own.two_sided:
        own.active_ns, own.two_sided_ns = totals(own, now)
        own.since = now
        own.active = active
        own.two_sided = two_sided

"""Whether a process has processor time enough for its engines: how late its passes over them come.
A venue that answers late holds up no pass, for none waits for an answer."""

from collections.abc import Mapping
from math import exp

from msgspec import Struct

from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos

PROCESS = "service"
"""What the process is called where it has no workers."""

LATE = Nanos(50 * NANOS_PER_MS)
"""A pass that begins later than this is late: so much later the quotes follow the market."""

MEMORY = Nanos(5 * NANOS_PER_SECOND)
"""The time constant of the averages."""

COUNTED_MAX = Nanos(NANOS_PER_SECOND)
"""As much of the time before one pass counts: no single stretch, however long, is a shortage. A
process that was stopped for a minute, or a clock that leapt, is one late pass."""

RAISED_FROM, CLEARED_BELOW = 50, 20
"""Per cent of the time that was spent waiting for late passes."""


class Shortage(Struct, frozen=True, gc=False):
    """Of processor time. late_ns: by how much late passes come; late_pct: how much of the time
    is spent waiting for them, both of the last seconds. since: when it was found."""

    late_ns: int
    late_pct: int
    since: Nanos


class PassWatch:
    """Fed with each pass. interval: between two of them, where the process keeps up."""

    __slots__ = ("_before", "_interval", "_late_share", "_late_sum", "_since")

    def __init__(self, interval: Nanos) -> None:
        self._interval = interval
        self._before: Nanos | None = None
        self._since: Nanos | None = None
        # Averages over time; late_sum has the lateness of late passes, and 0 of the others.
        self._late_sum = self._late_share = 0.0

    def passed(self, now: Nanos) -> Mapping[str, Shortage]:
        """A pass begins; returns the shortage by the name of the process, empty where there is
        none."""
        span = 0 if self._before is None else now - self._before
        self._before = now
        late_ns = span - self._interval
        is_late = late_ns > LATE
        weight = 1 - exp(-min(span, COUNTED_MAX) / MEMORY)
        self._late_sum += (late_ns * is_late - self._late_sum) * weight
        self._late_share += (is_late - self._late_share) * weight
        late_pct = int(100 * self._late_share)
        if late_pct >= RAISED_FROM and self._since is None:
            self._since = now
        elif late_pct < CLEARED_BELOW:
            self._since = None
        if self._since is None:
            return {}
        late_ns = round(self._late_sum / self._late_share)
        return {PROCESS: Shortage(late_ns, late_pct, self._since)}

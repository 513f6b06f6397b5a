"""What must be paused, and why: put here by whatever notices it, drained by the engine host."""

from msgspec import Struct

from market_maker.model.caller import Caller

SERVICE = Caller("service", (), "")
"""The acting subject where no person acted."""


class Alarm(Struct, frozen=True):
    """One pool is to stop quoting. by: the acting subject, for the audit log."""

    symbol: str
    reason: str
    by: Caller = SERVICE


class Alarms:
    """Alarms since the last drain, oldest first; one per pool and subject, its latest reason."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Alarm] = {}

    def pause(self, symbol: str, reason: str, by: Caller = SERVICE) -> None:
        """A pool must stop quoting; of several calls, the latest reason counts."""
        self._waiting[symbol, by.subject] = Alarm(symbol, reason, by)

    def drain(self) -> tuple[Alarm, ...]:
        """Take all of them."""
        if not self._waiting:
            return ()
        taken = tuple(self._waiting.values())
        self._waiting.clear()
        return taken

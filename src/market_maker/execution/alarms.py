"""What must be stopped, and why: put here by whatever notices it, drained by the engine host."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from market_maker.journaling.audit import AuditEntry
from market_maker.model.caller import Caller
from market_maker.model.lifecycle import Command, PoolState

SERVICE = Caller("service", (), "")
"""The acting subject where no person acted."""


ACTIONS: Final = {Command.PAUSE: "pool.pause", Command.HALT: "pool.halt"}
"""What the audit log calls them."""

MOVING: Final = {
    PoolState.ACTIVE: (Command.PAUSE, Command.HALT),
    PoolState.PAUSED: (Command.HALT,),
    PoolState.HALTED: (),
}
"""Which of them move a pool, by its state."""


class Alarm(Struct, frozen=True):
    """One pool is to stop quoting. by: the acting subject, for the audit log. command: PAUSE, or
    HALT where a person has to judge whether it may go on."""

    symbol: str
    reason: str
    by: Caller = SERVICE
    command: Command = Command.PAUSE

    @property
    def entry(self) -> AuditEntry:
        """Of the audit log."""
        action = ACTIONS[self.command]
        return AuditEntry(caller=self.by, action=action, target=self.symbol, reason=self.reason)


class Alarms:
    """Alarms since the last drain, oldest first; one per pool and subject, its latest reason,
    unless that would pause what is to be halted."""

    def __init__(self) -> None:
        self._waiting: dict[tuple[str, str], Alarm] = {}

    def pause(self, symbol: str, reason: str, by: Caller = SERVICE) -> None:
        """A pool must stop quoting; of several calls, the latest reason counts."""
        waiting = self._waiting.get((symbol, by.subject))
        if waiting is None or waiting.command is Command.PAUSE:
            self._waiting[symbol, by.subject] = Alarm(symbol, reason, by)

    def halt(self, symbols: Iterable[str], reason: str, by: Caller = SERVICE) -> None:
        """None of these pools may quote, one that rests neither, until a person has judged it."""
        for symbol in symbols:
            self._waiting[symbol, by.subject] = Alarm(symbol, reason, by, Command.HALT)

    def drain(self) -> tuple[Alarm, ...]:
        """Take all of them."""
        if not self._waiting:
            return ()
        taken = tuple(self._waiting.values())
        self._waiting.clear()
        return taken

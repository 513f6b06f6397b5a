"""The service's end of the heartbeat: a task of the event loop that says that it goes round."""

import asyncio
import fcntl
import os
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Protocol

from market_maker.execution.engine_host import EngineHost
from market_maker.model.units import NANOS_PER_MS
from market_maker.ports import Clock
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving.pulse import FILE_NAME, Pulse, PulseFile, PulseReader, PulseState

BEAT_S = 0.1
LOCK_NAME = "watchdog.lock"
"""Held by a watchdog while it watches."""


class Lines(Protocol):
    """Where orders go."""

    @property
    def venue(self) -> str:
        """Its name."""

    @property
    def deaf_at(self) -> tuple[str, ...]:
        """The venues that do not answer us, as `watched` names them."""

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest, as of now."""


class Heartbeat:
    """Until it has `recovered`, the accounts of the process before are named, too."""

    def __init__(self, data_dir: Path, host: EngineHost, clock: Clock, lines: Lines) -> None:
        self._data_dir, self._host, self._clock, self._lines = data_dir, host, clock, lines
        self._state = PulseState.STARTING
        before = PulseReader(data_dir / FILE_NAME).read()
        self._left = () if before is None else before.accounts
        # Hundreds, and almost always the same: put in order when they change.
        self._named: tuple[WatchedAccount, ...] = ()
        self._ordered: tuple[WatchedAccount, ...] = ()

    def recovered(self) -> None:
        """Every pool that an earlier run may have left orders of has its engine."""
        self._state, self._left = PulseState.SERVING, ()

    async def run(self) -> None:
        """Beat until cancelled, in a new file where the old one was removed or cut. Raises OSError
        where there can be no file at the start."""
        with ExitStack() as files:
            file = files.enter_context(PulseFile(self._data_dir / FILE_NAME))
            while True:
                if not file.stands:
                    with suppress(OSError):
                        file = files.enter_context(PulseFile(self._data_dir / FILE_NAME))
                if file.stands:
                    file.write(self._pulse(self._state))
                await asyncio.sleep(BEAT_S)

    def end(self, *, proved: bool) -> None:
        """The last word: a watchdog need not do anything, or has to. Raises OSError."""
        with PulseFile(self._data_dir / FILE_NAME) as file:
            file.write(self._pulse(PulseState.ENDED if proved else PulseState.UNPROVED))

    def _pulse(self, state: PulseState) -> Pulse:
        now, runners, deaf_at = self._clock.now(), self._host.runners(), self._lines.deaf_at
        return Pulse(
            pid=os.getpid(),
            state=state,
            passes=self._host.passes,
            last_turn=self._host.last_turn,
            open_orders=sum(runner.order_counts()[0] for runner in runners),
            unproved_ms=max((r.unproved_for(now) for r in runners), default=0) // NANOS_PER_MS,
            deaf=bool(deaf_at),
            deaf_at=deaf_at,
            venue=self._lines.venue,
            accounts=self._accounts(),
        )

    def _accounts(self) -> tuple[WatchedAccount, ...]:
        named = (*self._lines.watched(), *self._left)
        if named != self._named:
            self._named, self._ordered = named, tuple(sorted({*named}))
        return self._ordered


def is_watched(data_dir: Path) -> bool:
    """Whether a watchdog watches the service on `data_dir`."""
    try:
        handle = os.open(data_dir / LOCK_NAME, os.O_RDONLY)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False

"""A watchdog beside the service: reads its heartbeat, and cancels at the venue when it stops.

It shares nothing with the service but the heartbeat's file and the machine: it is a process of its
own, and connects to the venue by itself. The heartbeat is judged by how it changes, never by
clocks.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

from msgspec import structs

from market_maker.model.connected import HYPERLIQUID
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.dead_man import DeadMan, VenueSweep, WatchedAccount
from market_maker.serving.pulse import FILE_NAME, Pulse, PulseReader, PulseState
from market_maker.telemetry.logging import Logger
from market_maker.venues.conversation import ageless

LISTEN_S = 0.05
"""Interval between two readings of the heartbeat."""
SWEEP_S = 0.1
"""Between two sweeps while something is open, or not known."""
EMPTY_LISTS = 2
"""How often in a row the venue has to say that nothing is open: an order may be on its way."""
UNPROVED_MAX_MS = 5_000
"""After so long the service's own cancels do not get through: the watchdog sends its own."""


DEAF = "the venue does not answer the service"


class Vigil:
    """Judges the heartbeat. patience: how long a heartbeat may stand still, nanoseconds."""

    def __init__(self, patience: Nanos) -> None:
        self._patience = patience
        self._beat = self._passes = -1
        self._beat_at = self._passes_at = Nanos(0)

    def judge(self, now: Nanos, pulse: Pulse | None) -> str:
        """Why orders have to go, in words; empty while all is well. pulse: what was said last,
        None where nothing is known."""
        if pulse is None:
            return ""
        if pulse.beat != self._beat:
            self._beat, self._beat_at = pulse.beat, now
            if pulse.passes != self._passes:
                self._passes, self._passes_at = pulse.passes, now
        return self._trouble(now, pulse)

    def _trouble(self, now: Nanos, pulse: Pulse) -> str:
        if pulse.state is not PulseState.SERVING:
            return _BY_STATE[pulse.state]
        if now - self._beat_at >= self._patience:
            return f"no heartbeat for {_seconds(now - self._beat_at)}"
        if now - self._passes_at >= self._patience:
            return f"no engine was stepped for {_seconds(now - self._passes_at)}"
        if pulse.unproved_ms >= UNPROVED_MAX_MS:
            waited = _seconds(pulse.unproved_ms * NANOS_PER_MS)
            return f"the service's cancels are not confirmed for {waited}"
        return DEAF if pulse.deaf else ""


_BY_STATE = {
    PulseState.STARTING: "the service starts: what an earlier run left is cancelled",
    PulseState.ENDED: "",
    PulseState.UNPROVED: "the service ended without proof that nothing is open",
}


class Watchdog:
    """dead_man: None where nothing to cancel with is configured: right for a venue that ends with
    the service, and said to be wrong where the service named accounts."""

    def __init__(
        self, data_dir: Path, dead_man: DeadMan | None, patience: Nanos, clock: Clock, log: Logger
    ) -> None:
        self._reader = PulseReader(data_dir / FILE_NAME)
        self._dead_man, self._clock, self._log = dead_man, clock, log
        self._vigil = Vigil(patience)
        self._heard: Pulse | None = None
        self._trouble = ""
        self._helpless = False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            trouble = self._listen()
            if trouble:
                await self._act(trouble)
            else:
                await asyncio.sleep(LISTEN_S)

    async def sweep_once(self) -> bool:
        """Cancel now, whatever the heartbeat says, on the accounts that it named last; returns
        whether the venue says that nothing is left."""
        self._heard, self._trouble = self._reader.read(), ""
        return await self._sweep_until_empty(lambda: True)

    def _listen(self) -> str:
        self._heard = self._reader.read()
        self._trouble = self._vigil.judge(self._clock.now(), self._heard)
        return self._trouble

    async def _act(self, trouble: str) -> None:
        """VenueSweep until nothing is open, and again while the trouble lasts."""
        pulse = self._heard
        assert pulse is not None
        starts = pulse.state is PulseState.STARTING
        tell = self._log.info if starts else self._log.error
        tell("service heartbeat lost", problem=trouble, pid=pulse.pid, venue=pulse.venue)
        if self._dead_man is None and not pulse.accounts:
            self._log.warning("nothing to cancel", venue=pulse.venue)
        while self._listen():
            await self._sweep_until_empty(lambda: bool(self._listen()))
            # It may wake and send.
            await self._wait(1.0 if self._dead_man is None else self._dead_man.again_s)
        tell("service heartbeat restored", pid=(self._heard or pulse).pid)

    async def _wait(self, seconds: float) -> None:
        for _ in range(round(seconds / LISTEN_S)):
            if not self._listen():
                return
            await asyncio.sleep(LISTEN_S)

    async def _sweep_until_empty(self, wanted: Callable[[], bool]) -> bool:
        """Whether the venue said often enough that nothing is open, before it was not `wanted` any
        more."""
        if self._dead_man is None:
            return self._is_nothing_left()
        empty, began, last = 0, self._clock.now(), ""
        while wanted():
            accounts = self._accounts
            if accounts is None:
                return True
            swept = await self._dead_man.sweep(accounts)
            empty = empty + 1 if swept.is_empty else 0
            last = self._tell(swept, last)
            if empty >= EMPTY_LISTS:
                if swept.is_empty and last:
                    self._log.info("book is empty", after=_seconds(self._clock.now() - began))
                return True
            await asyncio.sleep(SWEEP_S)
        return False

    def _is_nothing_left(self) -> bool:
        """Without anything to cancel with."""
        left = 0 if self._heard is None else len(self._heard.accounts)
        if self._heard is not None and left and not self._helpless:
            self._helpless = True
            self._log.error("orders may rest, and nothing to cancel with is set", accounts=left)
        return not left

    def _tell(self, swept: VenueSweep, last: str) -> str:
        """Log what has changed; returns the state that was logged last."""
        assert self._dead_man is not None
        problem = self._dead_man.problem
        # How long it lasts is another at each sweep.
        told = f"{swept.open} open, {swept.unanswered} unanswered {ageless(problem)}"
        if not swept.is_empty and told != last:
            self._log.warning(
                "cancelling", open=swept.open, unanswered=swept.unanswered, problem=problem
            )
        return last if swept.is_empty else told

    @property
    def _accounts(self) -> tuple[WatchedAccount, ...] | None:
        """Whose orders have to go, with the venue of each; empty where that was never said. None:
        no one's."""
        if self._heard is None:
            return ()
        accounts, deaf_at = self._heard.accounts, self._heard.deaf_at
        if self._trouble == DEAF and deaf_at:
            # The service is well, and quotes where it is answered.
            accounts = tuple(account for account in accounts if account.venue in deaf_at)
            if not accounts:
                return None
        if self._heard.venue != HYPERLIQUID:
            return accounts
        # A maker of that venue alone does not name it.
        return tuple(structs.replace(account, venue=HYPERLIQUID) for account in accounts)


def _seconds(nanos: int) -> str:
    return f"{nanos / NANOS_PER_SECOND:.2f} s"

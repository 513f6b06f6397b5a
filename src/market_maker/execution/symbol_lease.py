"""The symbols of this worker: taken up in the database, kept by a lease, checked before the wire.

The database decides who trades a symbol. A worker's lease is one row that it renews; a worker that
hangs, is frozen or cut off does not renew it, and when it has ended another one may claim its
symbols, which makes a new epoch and strikes the old worker off. Two checks keep the old one from
trading: an order of an old epoch is not put on record, and one that was put on record in time is
not sent once the lease may have ended. Here that is `MARGIN` earlier than in the database, so that
what was sent last has arrived.

A lease that ended while the database was away is renewed when no one has claimed anything of it. A
worker that is struck off cannot know what it has missed: it ends.
"""

import asyncio
import os
import secrets
import socket
from functools import partial
from typing import Protocol

from market_maker.model.errors import ConflictError, InvalidDataError, StoreUnavailableError
from market_maker.model.ownership import Fence
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, Renewal, Store, Unit

LEASE = Nanos(3 * NANOS_PER_SECOND)
"""How long a worker that does not renew keeps its symbols, by the database's clock."""

MARGIN = Nanos(NANOS_PER_SECOND)
"""So much earlier it stops sending by itself."""

RENEW_S = 0.5
"""How often a lease is renewed."""

TAKE_WITHIN_S = 4.0
"""How long a symbol is claimed whose owner does not answer: more than a lease."""
RETRY_S = 0.1

OUTDATED = "the symbol was taken up again meanwhile"


class Lease(Protocol):
    """What orders go out under."""

    def fence(self, symbol: str) -> Fence | None:
        """What an order of the symbol is put on record under; None where no one else can trade
        it."""

    def problem(self, fence: Fence | None) -> str:
        """Why an order that was put on record under `fence` must not go out now; empty when it
        may."""

    async def take(self, symbol: str) -> None:
        """Before anything about it is read. Raises ConflictError while another worker has it,
        StoreUnavailableError."""


class SoleOwner:
    """Of a process whose database no other one ever opens."""

    def fence(self, symbol: str) -> Fence | None:  # noqa: ARG002
        """None: no one else can trade it."""
        return None

    def problem(self, fence: Fence | None) -> str:  # noqa: ARG002
        """Empty."""
        return ""

    async def take(self, symbol: str) -> None:
        """It is taken."""


SOLE = SoleOwner()


class SymbolLease:
    """Lease of one worker on a database that others may share. worker: its name, new with each
    start. lease: how long it lasts from each renewal on. away: why it could not be renewed the last
    time, empty when it was."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        worker: str | None = None,
        *,
        lease: Nanos = LEASE,
        retry_s: float = RETRY_S,
    ) -> None:
        self.worker = worker or new_name()
        self._lease = lease
        self._store, self._clock, self._retry_s = store, clock, retry_s
        self._fences: dict[str, Fence] = {}
        self._until = Nanos(0)
        self._is_released = False
        self.away = ""

    def fence(self, symbol: str) -> Fence | None:
        """Of a symbol that was not taken it is one that does not hold."""
        return self._fences.get(symbol) or Fence(symbol, self.worker, 0)

    def epoch(self, symbol: str) -> int:
        """Of a symbol that was taken; 0 of another."""
        fence = self._fences.get(symbol)
        return 0 if fence is None else fence.epoch

    def problem(self, fence: Fence | None) -> str:
        if fence is None or self._fences.get(fence.symbol) != fence:
            return OUTDATED
        if self._clock.now() >= self._until:
            return f"the lease of worker {self.worker} is not renewed: {self.away or 'too slow'}"
        return ""

    async def take(self, symbol: str) -> None:
        for _ in range(int(TAKE_WITHIN_S / RETRY_S)):
            fence = await self._store.commit(partial(_claim, symbol, self.worker, self._lease))
            if fence is not None:
                self._fences[symbol] = fence
                return
            await asyncio.sleep(self._retry_s)
        raise ConflictError(symbol, "another worker's", "cannot be taken up")

    async def give_up(self, symbol: str) -> None:
        """Nothing of it is open any more: another worker may take it at once. Raises
        StoreUnavailableError: it is not given up, as far as is known. If it is, no order can be put
        on record under the old fence."""
        fence = self._fences.pop(symbol, None)
        if fence is None:
            return
        try:
            await self._store.commit(partial(_release, fence))
        except StoreUnavailableError:
            self._fences[symbol] = fence
            raise

    async def begin(self, *, alone: bool) -> None:
        """Before anything is taken. alone: it is proved that no other worker of this database
        runs. Raises StoreUnavailableError."""
        asked = self._clock.now()
        await self._store.commit(partial(_enlist, self.worker, self._lease, alone))
        self._until = Nanos(asked + self._lease - MARGIN)

    async def run(self) -> None:
        """Renew until cancelled. Raises InvalidDataError when this worker is struck off."""
        while True:
            await asyncio.sleep(RENEW_S)
            await self.renew()

    async def renew(self) -> None:
        """Once; nothing after the release. Raises InvalidDataError when this worker is struck
        off."""
        if self._is_released:
            return
        asked = self._clock.now()
        try:
            kept = await self._store.commit(Renewal(self.worker, self._lease))
        except StoreUnavailableError as error:
            self.away = str(error)
            return
        self._renewed(asked, kept=kept)

    def _renewed(self, asked: Nanos, *, kept: bool) -> None:
        """It may have been released while this renewal was under way."""
        if self._is_released:
            return
        if not kept:
            self._until = Nanos(0)
            self.away = "another worker has taken over"
            raise InvalidDataError(f"worker {self.worker}", f"lost its lease: {self.away}")
        self.away, self._until = "", Nanos(asked + self._lease - MARGIN)

    async def release(self) -> None:
        """Nothing of this worker is open any more: others need not wait for the end of its lease.
        Raises StoreUnavailableError."""
        self._is_released, self._until, self.away = True, Nanos(0), "released"
        await self._store.commit(partial(_retire, self.worker))


def new_name() -> str:
    """A name that no worker had before: where it runs, and a number of its own."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"


async def _claim(symbol: str, worker: str, lease: Nanos, unit: Unit) -> Fence | None:
    return await unit.owners.claim(symbol, worker, lease)


async def _release(fence: Fence, unit: Unit) -> None:
    await unit.owners.release(fence)


async def _enlist(worker: str, lease: Nanos, alone: bool, unit: Unit) -> None:
    await unit.owners.enlist(worker, lease, alone=alone)


async def _retire(worker: str, unit: Unit) -> None:
    await unit.owners.retire(worker)

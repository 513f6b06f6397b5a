"""Work that can wait, done while no engine does.

Readers of live pictures share one event loop with the engines. What is made and sent for them comes
in small pieces, each in a turn of its own: turns come one at a time, while the engines rest, and
between two of them everything else that is ready goes first. Where engines never rest, a turn does
not wait for ever: each has a moment by which it comes all the same.
"""

import asyncio
from heapq import heappop, heappush
from itertools import count

from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.ports import Clock

PIECE = Nanos(NANOS_PER_MS // 10)
"""How long a turn may take: none begins where the engines' rest ends sooner."""

ALWAYS = Nanos(2**62)
"""Engines rest until then where there are none."""
AT_WORK = Nanos(0)


class SpareTime:
    """Turns, the most urgent first. Engines rest until they say something else. asked_at: when a
    turn was last asked for, 0 before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rest_ends = ALWAYS
        self._waiting: list[tuple[Nanos, int, asyncio.Future[None]]] = []
        self._numbers = count()
        self._is_called = False
        self.asked_at = Nanos(0)

    def rest(self, until: Nanos) -> None:
        """Engines need nothing until then; AT_WORK: they do now."""
        self._rest_ends = until
        self._go_on()

    async def turn(self, by: Nanos) -> None:
        """Wait for a turn, until `by` at most: it lasts until the caller waits for something
        else."""
        self.asked_at = self._clock.now()
        turn = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (by, next(self._numbers), turn))
        self._go_on()
        await turn

    def _go_on(self) -> None:
        if self._waiting and not self._is_called and self._may_begin():
            self._is_called = True
            asyncio.get_running_loop().call_soon(self._begin_one)

    def _may_begin(self) -> bool:
        now = self._clock.now()
        return now + PIECE <= self._rest_ends or now >= self._waiting[0][0]

    def _begin_one(self) -> None:
        self._is_called = False
        while self._waiting and self._waiting[0][2].done():
            heappop(self._waiting)  # its task was cancelled
        if self._waiting and self._may_begin():
            heappop(self._waiting)[2].set_result(None)
            # That turn is the loop's next round; what is called here now comes after it.
            self._go_on()

"""Who has something waiting: engines are stepped as soon as it arrives, not at the next pass."""

import asyncio


class Bell:
    """Rung by symbol, on the event loop's own thread."""

    def __init__(self) -> None:
        self._rung: dict[str, None] = {}
        self._waiting: asyncio.Future[None] | None = None

    def ring(self, symbol: str) -> None:
        """Something waits for the engine of a symbol; returns at once."""
        self._rung[symbol] = None
        self._wake()

    async def rung(self, within_s: float) -> list[str]:
        """Symbols that were rung since the last answer, in order; waits for one, for at most so
        long. Everything else in the process has a turn in between."""
        if self._rung or within_s <= 0:
            await asyncio.sleep(0)
        else:
            await self._rest(within_s)
        rung, self._rung = list(self._rung), {}
        return rung

    async def _rest(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        end = loop.call_later(seconds, self._wake)
        try:
            await self._waiting
        finally:
            end.cancel()
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)

"""Who stops what right now: a stop always wins, so a start has to see every stop that overlaps."""

from collections.abc import Iterator
from contextlib import contextmanager

EVERYTHING = ""
"""The symbol of a stop of all pools."""

SYMBOLS_MAX = 10_000


class Stops:
    """Stops by symbol: how many there ever were, and how many are being carried out."""

    def __init__(self) -> None:
        self._ever: dict[str, int] = {}
        self._now: dict[str, int] = {}

    def count(self, symbol: str) -> int:
        """Of this pool and of all: a start compares it before and after."""
        return self._ever.get(symbol, 0) + self._ever.get(EVERYTHING, 0)

    def under_way(self, symbol: str) -> bool:
        """Whether one is being carried out."""
        return bool(self._now.get(symbol) or self._now.get(EVERYTHING))

    def add(self, symbol: str) -> None:
        """One that is done as soon as it is begun. It counts whether or not there is such a pool:
        its engine may be on its way. Of very many symbols all stops become stops of everything,
        which every start sees."""
        if symbol not in self._ever and len(self._ever) >= SYMBOLS_MAX:
            self._ever = {EVERYTHING: sum(self._ever.values())}
        self._ever[symbol] = self._ever.get(symbol, 0) + 1

    @contextmanager
    def carried_out(self, symbol: str) -> Iterator[None]:
        """One that takes its time."""
        self.add(symbol)
        self._now[symbol] = self._now.get(symbol, 0) + 1
        try:
            yield
        finally:
            self._now[symbol] -= 1
            if not self._now[symbol]:
                del self._now[symbol]

"""How an engine can be timed although it reads no clock: it calls a stopwatch of its owner when a
piece of work begins and ends. The calls change nothing about what the engine does."""

from typing import Protocol


class Stopwatch(Protocol):
    """Pieces of work never overlap."""

    def start(self) -> None:
        """A piece of work begins."""

    def quoted(self) -> None:
        """It ends, and was to compute prices: strategy, clamps and rounding."""

    def allocated(self) -> None:
        """It ends, and was to split one level of one side among the members."""


class Unwatched:
    """Measures nothing."""

    def start(self) -> None: ...

    def quoted(self) -> None: ...

    def allocated(self) -> None: ...


UNWATCHED = Unwatched()

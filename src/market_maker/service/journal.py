"""Journals: what an engine was told and asked, so that a run can be looked at again."""

from collections import deque

from market_maker.model.actions import Turn

KEPT_TURNS = 10_000


class MemoryJournal:
    """The last `capacity` turns."""

    def __init__(self, capacity: int = KEPT_TURNS) -> None:
        self._turns: deque[Turn] = deque(maxlen=capacity)
        self.appended = 0

    def append(self, turn: Turn) -> None:
        self._turns.append(turn)
        self.appended += 1

    @property
    def turns(self) -> tuple[Turn, ...]:
        """Those kept, oldest first."""
        return tuple(self._turns)

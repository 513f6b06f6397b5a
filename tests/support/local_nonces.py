"""Nonces of a key that only this process knows: a throw-away one."""

from market_maker.model.units import NANOS_PER_MS, Nanos


class LocalNonces:
    """The time in milliseconds, or one more than the last."""

    def __init__(self) -> None:
        self._last = 0

    def next(self, now: Nanos) -> int:
        self._last = max(self._last + 1, now // NANOS_PER_MS)
        return self._last

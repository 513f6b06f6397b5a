"""How many messages we may send a second, with a share that only cancels may use."""

from market_maker.model.units import NANOS_PER_SECOND, Nanos


class MessageBudget:
    """A token bucket that holds one second's messages. Integers only: credit is counted in
    nanoseconds, a message costs 1 s / rate. The reserve (per cent of the bucket) is kept for
    cancels, so that placing can never starve them."""

    __slots__ = ("_cost", "_credit", "_last", "_reserve")

    def __init__(self, messages_per_second: int, cancel_reserve_pct: int) -> None:
        self._cost = NANOS_PER_SECOND // messages_per_second
        self._reserve = NANOS_PER_SECOND * cancel_reserve_pct // 100
        self._credit = NANOS_PER_SECOND
        self._last = Nanos(0)

    def changed(self, messages_per_second: int, cancel_reserve_pct: int) -> "MessageBudget":
        """New terms with the credit of the old ones: a change of settings earns nothing."""
        changed = MessageBudget(messages_per_second, cancel_reserve_pct)
        changed._credit, changed._last = self._credit, self._last
        return changed

    def advance(self, now: Nanos) -> None:
        """Earn credit up to `now`; time that goes back earns nothing."""
        if now > self._last:
            self._credit = min(NANOS_PER_SECOND, self._credit + now - self._last)
            self._last = now

    def take_place(self) -> bool:
        """Whether one new order may go out; takes its cost if so."""
        if self._credit - self._cost < self._reserve:
            return False
        self._credit -= self._cost
        return True

    def take_cancel(self) -> bool:
        """Whether one cancel may go out; takes its cost if so."""
        if self._credit < self._cost:
            return False
        self._credit -= self._cost
        return True

    def spend_cancel(self) -> None:
        """A cancel that must go out whatever the budget says (a pull, a pause, a halt)."""
        self._credit = max(0, self._credit - self._cost)

    @property
    def places_left(self) -> int:
        """New orders that could go out now."""
        return max(0, (self._credit - self._reserve) // self._cost)

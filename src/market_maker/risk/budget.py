"""How many messages we may send a second, with a share that only cancels may use.

The functions are compiled into the replay's decision kernel too, which has records with fields of
the same names. They name the class, and no protocol, because the native engine reads the fields of
a class of its own directly.
"""

from market_maker.model.units import NANOS_PER_SECOND, Nanos


class MessageBudget:
    """A token bucket that holds one second's messages. Integers only: credit is counted in
    nanoseconds, a message costs 1 s / rate. The reserve (per cent of the bucket) is kept for
    cancels, so that placing can never starve them. earned_at: the moment up to which credit was
    earned."""

    __slots__ = ("cost", "credit", "earned_at", "reserve")

    def __init__(self, messages_per_second: int, cancel_reserve_pct: int) -> None:
        self.cost = NANOS_PER_SECOND // messages_per_second
        self.reserve = NANOS_PER_SECOND * cancel_reserve_pct // 100
        self.credit = NANOS_PER_SECOND
        self.earned_at = 0

    def changed(self, messages_per_second: int, cancel_reserve_pct: int) -> "MessageBudget":
        """New terms with the credit of the old ones: a change of settings earns nothing."""
        changed = MessageBudget(messages_per_second, cancel_reserve_pct)
        changed.credit, changed.earned_at = self.credit, self.earned_at
        return changed

    def advance(self, now: Nanos) -> None:
        """As `earn`."""
        earn(self, now)

    def take_place(self) -> bool:
        """As the function of that name."""
        return take_place(self)

    def take_cancel(self) -> bool:
        """As the function of that name."""
        return take_cancel(self)

    def spend_cancel(self) -> None:
        """As the function of that name."""
        spend_cancel(self)

    @property
    def places_left(self) -> int:
        """New orders that could go out now."""
        return max(0, (self.credit - self.reserve) // self.cost)


def earn(bucket: MessageBudget, now: int) -> None:
    """Earn credit up to `now`; time that goes back earns nothing."""
    if now > bucket.earned_at:
        bucket.credit = min(NANOS_PER_SECOND, bucket.credit + now - bucket.earned_at)
        bucket.earned_at = now


def take_place(bucket: MessageBudget) -> bool:
    """Whether one new order may go out; takes its cost if so."""
    if bucket.credit - bucket.cost < bucket.reserve:
        return False
    bucket.credit -= bucket.cost
    return True


def take_cancel(bucket: MessageBudget) -> bool:
    """Whether one cancel may go out; takes its cost if so."""
    if bucket.credit < bucket.cost:
        return False
    bucket.credit -= bucket.cost
    return True


def spend_cancel(bucket: MessageBudget) -> None:
    """A cancel that must go out whatever the budget says (a pull, a pause, a halt)."""
    bucket.credit = max(0, bucket.credit - bucket.cost)

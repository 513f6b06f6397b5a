"""Where an order stands in the queue at its price, estimated from sizes alone (math.md 3.9).

Data by level never say whose order was cancelled. Two models: `pessimistic`, in which only
trades bring us forward, and `probability`, in which a cancel stood behind us with a probability
that depends on how much is before and behind us [hftbacktest queue.rs].

Quantities are in lots, as floats: a probable position is no whole number. The replay kernels
compile these very functions.
"""

import math

from market_maker.model.errors import InvalidFieldError

POWER1, POWER2, POWER3, LOG1, LOG2 = range(5)
CURVES = {"power1": POWER1, "power2": POWER2, "power3": POWER3, "log1": LOG1, "log2": LOG2}
"""Shapes of the probability; f(x) is x^n for power1 and power2, ln(1+x) for log1 and log2:
power1, log1: f(back) / (f(back) + f(front)). power2, log2: f(back) / f(back + front).
power3: 1 - (front / (front + back))^n."""


def curve_value(curve: int, n: float, x: float) -> float:
    """f(x) of a curve."""
    return math.pow(x, n) if curve < LOG1 else math.log1p(x)


def probability_behind(curve: int, n: float, front: float, back: float) -> float:
    """Probability that a cancel stood behind us: 1 at the head of the queue, 0 at its tail."""
    front = max(front, 0.0)
    back = max(back, 0.0)
    if front == 0.0 or back == 0.0:
        return 1.0 if front == 0.0 else 0.0
    if curve == POWER3:
        return 1.0 - math.pow(front / (front + back), n)
    behind = curve_value(curve, n, back)
    if curve == POWER2 or curve == LOG2:  # noqa: PLR1714, SIM109  # no set
        return behind / curve_value(curve, n, front + back)
    return behind / (behind + curve_value(curve, n, front))


def front_after_depth(
    front: float, before: float, after: float, traded: float, behind: float
) -> float:
    """What stands before us after the displayed size went from `before` to `after`.

    traded: how much of the change trades explain. behind: probability_behind, or 1 for the
    pessimistic model, in which every cancel stood behind us. Never more than `after`.
    """
    cancelled = before - after - traded
    if cancelled < 0.0:  # orders arrived, and they queue behind us
        return min(front, after)
    ahead = (1.0 - behind) * cancelled
    back = before - front
    overflow = min(back - behind * cancelled, 0.0)  # more than stood behind us: it was ahead
    return min(front - ahead + overflow, after)


def whole_lots(front: float) -> int:
    """Lots of a trade that reached us: how far `front` is below zero, halves up."""
    reached = -front
    if reached < 0.5:  # noqa: PLR2004
        return 0
    whole = int(reached)
    return whole + 1 if reached - whole >= 0.5 else whole  # noqa: PLR2004


class QueuePosition:
    """One order's place in the queue, event by event.

    front: quantity before us; below zero only between a trade that reached us and `settle`.
    """

    def __init__(
        self, front: float, *, kind: str = "power1", n: float = 1.0, pessimistic: bool = False
    ) -> None:
        if kind not in CURVES:
            raise InvalidFieldError("queue curve", kind, "one of " + ", ".join(CURVES))
        self.front = front
        self._curve, self._n, self._pessimistic = CURVES[kind], n, pessimistic
        self._traded = 0.0

    def trade(self, quantity: float) -> None:
        """`quantity` was traded at our price against our side."""
        self.front -= quantity
        self._traded += quantity

    def depth(self, before: float, after: float) -> None:
        """The displayed size at our price went from `before` to `after`."""
        behind = 1.0
        if not self._pessimistic:
            behind = probability_behind(self._curve, self._n, self.front, before - self.front)
        self.front = front_after_depth(self.front, before, after, self._traded, behind)
        self._traded = 0.0

    def settle(self, lot: float = 1.0) -> float:
        """The quantity, in whole lots of `lot`, that trades have filled since the last call;
        then we stand at the head of the queue."""
        filled = whole_lots(self.front / lot) * lot
        if filled > 0.0:
            self.front = 0.0
        return filled

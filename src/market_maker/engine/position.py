"""Position and PnL of one member by average cost, exact in integers (math section 6).

The functions are compiled into the replay's decision kernel too, which has records with fields of
the same names: plain integers, no objects made. They name the class, and no protocol, because the
native engine reads the fields of a class of its own directly.
"""

from typing import Final

from market_maker.model.events import Holding
from market_maker.model.units import VALUE_SCALE, Lots, Value

_HALF_SCALE: Final = VALUE_SCALE // 2
SLACK_MAX: Final = 2**62
"""Further than any price moves."""


class Position:
    """lots: signed, long > 0. cost: what the open lots cost, >= 0. realised, fees (> 0 is a
    cost) and funding (> 0 is received) are separate columns. cash: money that trading alone
    brought in, so that cash + lots x mark = realised + unrealised, to the last unit: rounding
    of an average moves value between realised and unrealised, never out of their sum."""

    __slots__ = ("cash", "cost", "fees", "funding", "lots", "realised")

    def __init__(self) -> None:
        self.lots = self.cost = self.cash = 0
        self.realised = self.fees = self.funding = 0

    def fill(self, sign: int, price: int, size: int, fee: int) -> None:
        """sign: +1 for our buy, -1 for our sell; price in ticks, size in lots > 0."""
        book_fill(self, sign, price, size, fee)

    def restore(self, held: Holding) -> None:
        """Begin with what earlier fills left."""
        assert not any((self.lots, self.cash, self.fees)), self.holding()
        self.lots, self.cost, self.cash = held.lots, held.cost, held.cash
        self.realised, self.fees, self.funding = held.realised, held.fees, held.funding

    def holding(self) -> Holding:
        """An immutable copy."""
        return Holding(
            Lots(self.lots),
            Value(self.cost),
            Value(self.cash),
            Value(self.realised),
            Value(self.fees),
            Value(self.funding),
        )

    def fund(self, rate: int, price: int) -> None:
        """Funding at `rate` RATE_SCALE-ths of notional at `price` ticks; longs pay if > 0."""
        self.funding -= self.lots * price * rate

    def unrealised(self, mark_x2: int) -> Value:
        """Open profit at a mark given as twice its ticks (so that half ticks are exact)."""
        return Value(open_profit(self, mark_x2))

    def slack_x2(self, mark_x2: int, loss_value: int) -> int:
        """How far the mark (twice its ticks) may move until the loss could exceed `loss_value`; a
        number without meaning when flat, and then at least SLACK_MAX."""
        if not self.lots:
            return SLACK_MAX
        return (self.net(mark_x2) + loss_value) // (abs(self.lots) * _HALF_SCALE)

    def rise_x2(self, mark_x2: int, net: int) -> int:
        """How far the mark may move in our favour until we have more than `net`; not when flat."""
        return (net - self.net(mark_x2)) // (abs(self.lots) * _HALF_SCALE)

    def net(self, mark_x2: int) -> Value:
        """Everything: realised + unrealised - fees + funding."""
        return Value(net_of(self, mark_x2))

    def average_price(self) -> float | None:
        """Average cost of the open lots, ticks; None when flat."""
        return self.cost / (abs(self.lots) * VALUE_SCALE) if self.lots else None


def share_half_even(cost: int, closed: int, held: int) -> int:
    """cost x closed / held, nearest integer, halves to even; 0 <= closed <= held, held > 0.
    Divided first, so that no product is larger than the cost or held x held."""
    part = cost % held * closed
    quotient = cost // held * closed + part // held
    twice = 2 * (part % held)
    if twice > held or (twice == held and quotient % 2 == 1):
        quotient += 1
    return quotient


def book_fill(position: Position, sign: int, price: int, size: int, fee: int) -> None:
    """sign: +1 for our buy, -1 for our sell; price in ticks, size in lots > 0."""
    held = position.lots
    value = price * size * VALUE_SCALE
    position.cash -= sign * value
    position.fees += fee
    position.lots = held + sign * size
    if held * sign >= 0:
        position.cost += value
        return
    closed = min(size, abs(held))
    released = share_half_even(position.cost, closed, abs(held))
    position.realised -= sign * (price * closed * VALUE_SCALE - released)
    position.cost -= released
    if size > closed:
        position.cost = price * (size - closed) * VALUE_SCALE


def open_profit(position: Position, mark_x2: int) -> int:
    """Open profit at a mark given as twice its ticks (so that half ticks are exact)."""
    worth = position.lots * mark_x2 * _HALF_SCALE
    cost = position.cost
    return worth - cost if position.lots >= 0 else worth + cost


def net_of(position: Position, mark_x2: int) -> int:
    """Everything: realised + unrealised - fees + funding."""
    net = position.realised + open_profit(position, mark_x2)
    paid = position.fees - position.funding
    return net - paid

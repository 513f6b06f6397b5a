"""Position and profit by average cost, in decimals of quote currency (math section 6).

The same arithmetic as engine.position does in integers: what a close releases of the cost is
rounded half-even to 1e-8 of a tick x lot, so that a ledger and an engine that saw the same fills
agree to the last unit. The rounding moves value between realised and unrealised, never out of
their sum.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from market_maker.model.exact import ZERO, exact, signed
from market_maker.model.records import LedgerHolding


class Held(Struct, frozen=True):
    """position: base currency, long > 0. cost: what it cost (a short: what it brought), >= 0."""

    position: Decimal
    cost: Decimal


FLAT = Held(ZERO, ZERO)


def traded(
    held: Held, sign: int, price: Decimal, size: Decimal, unit: Decimal
) -> tuple[Held, Decimal]:
    """What is held after a fill, and the profit that it realised. sign: +1 bought, -1 sold;
    size > 0; unit: the step that released cost is rounded to, quote currency."""
    assert size > 0, size
    with exact():
        after = held.position + signed(sign, size)
        if held.position.is_zero() or (held.position > 0) is (sign > 0):
            return Held(after, held.cost + price * size), ZERO
        closed = min(size, abs(held.position))
        released = _share(held.cost, closed, abs(held.position), unit)
        realised = signed(sign, released - price * closed)
        opened = size - closed
        cost = price * opened if opened else held.cost - released
        return Held(after, cost), realised


def _share(cost: Decimal, closed: Decimal, held: Decimal, unit: Decimal) -> Decimal:
    """cost * closed / held to the nearest multiple of unit, halves to even; all of it at the
    end, whatever its digits. In fractions: the product may have more digits than a Decimal."""
    if closed == held:
        return cost
    return round(Fraction(cost) / Fraction(unit) * Fraction(closed) / Fraction(held)) * unit


def open_profit(holdings: Sequence[LedgerHolding], marks: Mapping[str, Decimal]) -> Decimal | None:
    """Unrealised profit of several positions together; marks: by symbol. None where a position
    has no mark: a sum without it would be wrong."""
    total = ZERO
    with exact():
        for holding in holdings:
            mark = marks.get(holding.symbol)
            if mark is None and holding.position:
                return None
            total += holding.position * (mark or ZERO) - holding.inventory
    return total

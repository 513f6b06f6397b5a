"""One amount of money among several, in cents, so that the parts are the whole."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import TypeVar

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import CENT, exact

Name = TypeVar("Name", bound=str)


def split_cents(total: Decimal, weights: Mapping[Name, Fraction]) -> dict[Name, Decimal]:
    """`total` by weight: each gets its share rounded down, and the cents that are left go one
    each to the largest remainders (ties: larger weight, then name). A loss is split as a profit
    of the same size. weights: >= 0, of any sum above 0; the order of names is kept.

    Raises InvalidFieldError for a total that is not whole cents, and for such weights."""
    with exact():
        cents = total / CENT
        if not cents.is_finite() or cents != cents.to_integral_value():
            raise InvalidFieldError("total", total, "a whole number of cents")
        parts = _largest_remainder(abs(int(cents)), weights)
        step = CENT if total >= 0 else -CENT
        return {name: parts[name] * step for name in weights}


def _largest_remainder(total: int, weights: Mapping[Name, Fraction]) -> dict[Name, int]:
    names = sorted(weights)
    if any(weights[name] < 0 for name in names) or not any(weights[name] for name in names):
        raise InvalidFieldError("weights", dict(weights), "weights of 0 or more, not all of them 0")
    common = lcm(*(weights[name].denominator for name in names))
    shares = {name: int(weights[name] * common) for name in names}
    whole = sum(shares.values())
    parts = {name: shares[name] * total // whole for name in names}
    spare = total - sum(parts.values())
    by_remainder = sorted(names, key=lambda name: (-(shares[name] * total % whole), -shares[name]))
    for name in by_remainder[:spare]:
        parts[name] += 1
    return parts

"""Splitting a pool's order among its members: largest remainder with credit carry (math 4).

Shares are kept over one common denominator, so every step is exact in integers.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Final, Generic, TypeVar

Name = TypeVar("Name", bound=str)


def largest_remainder(
    total_lots: int,
    weights: Mapping[Name, Fraction],
    caps: Mapping[Name, int] | None = None,
    min_lots: int = 0,
    *,
    redistribute: bool = False,
) -> dict[Name, int]:
    """Lots for each member: floor of its quota, then one more to the largest remainders (ties:
    larger weight, then name). weights: fractions of 1 that sum to at most 1; what they leave
    free is not placed. caps: lots a member may still take; a share below min_lots becomes 0.
    redistribute: what a cap takes goes to the others by weight until no cap binds."""
    names = sorted(weights)
    denominator = lcm(*(weights[name].denominator for name in names))
    shares = [int(weights[name] * denominator) for name in names]
    limits = [None if caps is None else caps.get(name) for name in names]
    quotas = [share * total_lots for share in shares]
    lots = _split(quotas, shares, denominator)
    if redistribute:
        _redistribute(lots, limits, shares)
    result = {}
    for name, size, limit in zip(names, lots, limits, strict=True):
        capped = size if limit is None else min(size, max(limit, 0))
        result[name] = 0 if capped < min_lots else capped
    return result


def _split(quotas: Sequence[int], shares: Sequence[int], denominator: int) -> list[int]:
    """Floors plus one lot each to the largest remainders; equal remainders by larger share,
    then by place. A quota below 0 (a credit overdrawn by less than one lot) gets nothing."""
    lots = [quota // denominator if quota > 0 else 0 for quota in quotas]
    spare = sum(quotas) // denominator - sum(lots)
    if spare > 0:
        order = sorted(
            range(len(quotas)), key=lambda i: (lots[i] * denominator - quotas[i], -shares[i], i)
        )
        for i in order[:spare]:
            lots[i] += 1
    return lots


def _trim(lots: list[int], quotas: Sequence[int], total_lots: int, denominator: int) -> None:
    """Take what several overdrawn credits hand out too much from the smallest remainders."""
    excess = sum(lots) - total_lots
    if excess > 0:
        order = sorted(range(len(lots)), key=lambda i: (quotas[i] - lots[i] * denominator, i))
        for i in [i for i in order if lots[i]][:excess]:
            lots[i] -= 1


def _redistribute(lots: list[int], limits: Sequence[int | None], shares: Sequence[int]) -> None:
    excess = 0
    free = list(range(len(lots)))
    while True:
        bound = []
        for i in free:
            limit = limits[i]
            if limit is not None and lots[i] > max(limit, 0):
                excess += lots[i] - max(limit, 0)
                lots[i] = max(limit, 0)
                bound.append(i)
        free = [i for i in free if i not in bound]
        weight = sum(shares[i] for i in free)
        if not excess or not weight:
            return
        extra = _split([shares[i] * excess for i in free], [shares[i] for i in free], weight)
        excess = 0
        for i, more in zip(free, extra, strict=True):
            lots[i] += more


FEW_MAX: Final = 8
"""Members up to which a split is worked out by comparing each with each, which the replay's
decision kernel does too; more of them are sorted."""

NO_CAP: Final = 2**62

Ints = list[int]


def hand_out(quotas: Ints, shares: Ints, denominator: int, lots: Ints) -> None:
    """As `_split`, into `lots`."""
    total = 0
    given = 0
    for i in range(len(quotas)):
        quota = quotas[i]
        whole = quota // denominator if quota > 0 else 0
        lots[i] = whole
        total += quota
        given += whole
    for _ in range(total // denominator - given):
        best = 0
        for i in range(1, len(quotas)):
            less = lots[best] * denominator - quotas[best] - lots[i] * denominator + quotas[i]
            if less > 0 or (less == 0 and shares[i] > shares[best]):
                best = i
        lots[best] += 1


def take_back(quotas: Ints, total_lots: int, denominator: int, lots: Ints, taken: Ints) -> None:
    """As `_trim`. taken: room for a flag of each."""
    excess = -total_lots
    for i in range(len(lots)):
        excess += lots[i]
        taken[i] = 0
    for _ in range(excess):
        best = -1
        for i in range(len(lots)):
            if lots[i] > 0 and taken[i] == 0:
                left = quotas[i] - lots[i] * denominator
                if best < 0 or left < quotas[best] - lots[best] * denominator:
                    best = i
        if best < 0:
            return
        lots[best] -= 1
        taken[best] = 1


def share_out(
    terms: tuple[Ints, Ints, int],
    room: tuple[Ints, Ints, Ints],
    total_lots: int,
    caps: Ints,
    min_lots: int,
) -> None:
    """As CreditAllocator.split, for a few members: the lots of each into the second of `room`.
    terms: shares, credits and their denominator. room: for quotas, lots and flags."""
    shares, owed, denominator = terms
    quotas, lots, taken = room
    for i in range(len(shares)):
        quotas[i] = shares[i] * total_lots + owed[i]
    hand_out(quotas, shares, denominator, lots)
    take_back(quotas, total_lots, denominator, lots, taken)
    carry = max(min_lots, 1) * denominator
    for i in range(len(shares)):
        # Conditions, because min() and max() cost more than all the rest.
        size, cap = lots[i], caps[i]
        if cap <= 0:
            size = 0
        elif cap < size:
            size = cap
        if size < min_lots:
            size = 0
        lots[i] = size
        left = quotas[i] - size * denominator
        if left > carry:
            left = carry
        elif left < -carry:
            left = -carry
        owed[i] = left


class CreditAllocator(Generic[Name]):
    """Largest remainder whose rounding is carried to the next split, so that a small member is
    not starved by one-lot orders: its total never strays from its entitlement by a lot."""

    def __init__(self, weights: Mapping[Name, Fraction]) -> None:
        self.names = sorted(weights)
        self.denominator = lcm(*(weights[name].denominator for name in self.names))
        self.shares = [int(weights[name] * self.denominator) for name in self.names]
        count = len(self.names)
        self.credits = [0] * count
        self._room = [0] * count, [0] * count, [0] * count

    def split(
        self, total_lots: int, caps: Mapping[Name, int] | None = None, min_lots: int = 0
    ) -> dict[Name, int]:
        """Lots for each member of this order. A share that a cap or min_lots holds back is
        carried for at most min_lots (or one lot): no member saves up a large order."""
        most = [NO_CAP if caps is None else caps.get(name, NO_CAP) for name in self.names]
        return dict(zip(self.names, self.share(total_lots, most, min_lots), strict=True))

    def share(self, total_lots: int, caps: list[int], min_lots: int) -> list[int]:
        """As `split`, in the order of `names`; the list is used again by the next call."""
        if len(caps) > FEW_MAX:
            return self._share_many(total_lots, caps, min_lots)
        terms = self.shares, self.credits, self.denominator
        share_out(terms, self._room, total_lots, caps, min_lots)
        return self._room[1]

    def _share_many(self, total_lots: int, caps: list[int], min_lots: int) -> list[int]:
        quotas = [
            share * total_lots + credit
            for share, credit in zip(self.shares, self.credits, strict=True)
        ]
        lots = _split(quotas, self.shares, self.denominator)
        _trim(lots, quotas, total_lots, self.denominator)
        carry = max(min_lots, 1) * self.denominator
        for i, cap in enumerate(caps):
            size = min(lots[i], max(cap, 0))
            lots[i] = size = 0 if size < min_lots else size
            credit = quotas[i] - size * self.denominator
            self.credits[i] = max(-carry, min(carry, credit))
        return lots

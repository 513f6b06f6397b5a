"""How levels are split among the members: engine.shares without objects. Splits among a few
members are worked out here; among more they are asked for (see run_kernels)."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.answer_kernels import limits_at, positions_at, slots_at
from market_maker.decision_kernel.codes import MEMBER_LIMIT, MIN_NOTIONAL, MIN_SIZE
from market_maker.decision_kernel.decision_layout import ABSENT, SHARE
from market_maker.engine.allocation import share_out
from market_maker.engine.shares import right_size, up_to
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s
from market_maker.risk.limits import cut_lots, least_lots, room

assert shared_rules.RULES

shares_at: Callable[[int, int], Any] = arrays_at(SHARE)


@compiled
def slot_number(own: Any, account: int, place: int) -> int:
    """Of a member at a place, which is side x levels + level."""
    return account * 2 * int(own.levels) + place


@compiled
def bound_of(own: Any, place: int, member: int, lots: int, reference_x2: int) -> int:
    """Room of the pool (member 0) or of a member (1 on), from 0 to `lots`."""
    sign = 1 - 2 * (place // own.levels)
    if member == 0:
        position = positions_at(own.pool, 1)[0]
        return up_to(lots, room(sign, position.lots, 0, reference_x2, own.room_value))
    account = positions_at(own.account, own.members)[member - 1]
    return up_to(lots, room(sign, account.lots, 0, reference_x2, account.position_value))


@compiled
def holds(own: Any, place: int, price: int, lots: int, reference_x2: int) -> bool:
    """Whether the split in force stays, for an order of about `lots` at `price`."""
    share = shares_at(own.share, 2 * own.levels)[place]
    if share.known == 0 or share.price != price or not right_size(share.lots, lots):
        return False
    slots = slots_at(own.slot, own.slots)
    for account in range(own.members):
        if slots[slot_number(own, account, place)].state != ABSENT:
            return True
    if share.used:
        return False
    bounds = int64s(own.bounds + 8 * place * (own.members + 1), own.members + 1)
    for member in range(own.members + 1):
        most = share.lots if member == 0 else share.most
        if bounds[member] != bound_of(own, place, member, most, reference_x2):
            return False
    return True


@compiled
def ask_split(own: Any, place: int, price: int, lots: int, reference_x2: int) -> None:
    """A new split is to be made: of what, and within which bounds."""
    share = shares_at(own.share, 2 * own.levels)[place]
    limits = limits_at(own.limits, 1)[0]
    share.known = 1
    share.price = price
    share.lots = lots
    share.used = 0
    share.pending = 1
    share.least = least_lots(price, limits)
    share.most = cut_lots(price, lots, limits)
    bounds = int64s(own.bounds + 8 * place * (own.members + 1), own.members + 1)
    for member in range(own.members + 1):
        most = lots if member == 0 else share.most
        bounds[member] = bound_of(own, place, member, most, reference_x2)


@compiled
def split_alone(own: Any, place: int) -> None:
    """A member that gets all of every order."""
    share = shares_at(own.share, 2 * own.levels)[place]
    bounds = int64s(own.bounds + 8 * place * 2, 2)
    parts = int64s(own.parts + 8 * place, 1)
    lots = min(bounds[0], bounds[1])
    parts[0] = lots if lots >= share.least else 0
    finish_split(own, place)


@compiled
def split_among(own: Any, place: int) -> None:
    """A few members, by the largest remainder with credit carry."""
    count = own.members
    share = shares_at(own.share, 2 * own.levels)[place]
    bounds = int64s(own.bounds + 8 * place * (count + 1), count + 1)
    parts = int64s(own.parts + 8 * place * count, count)
    by_name = int64s(own.by_name, count)
    scratch = int64s(own.scratch, 4 * count)
    caps: Any = scratch[3 * count :]
    for i in range(count):
        caps[i] = bounds[by_name[i] + 1]
    weights = int64s(own.weights, count)
    owed = int64s(own.credits + 8 * place * count, count)
    lots = scratch[count : 2 * count]
    room: Any = scratch[:count], lots, scratch[2 * count : 3 * count]
    terms: Any = weights, owed, own.denominator
    share_out(terms, room, bounds[0], caps, share.least)
    for i in range(count):
        parts[by_name[i]] = lots[i]
    finish_split(own, place)


@compiled
def finish_split(own: Any, place: int) -> None:
    """Parts are known: why no member gets anything, if so."""
    share = shares_at(own.share, 2 * own.levels)[place]
    share.pending = 0
    share.reason = -1
    share.cut = 0
    parts = int64s(own.parts + 8 * place * own.members, own.members)
    given = 0
    for member in range(own.members):
        given += parts[member]
        if share.most < share.lots and parts[member] >= share.most:
            share.cut = 1
    if given == 0:
        share.reason = why_nobody(own, place)


@compiled
def why_nobody(own: Any, place: int) -> int:
    """As Share.why_nobody."""
    share = shares_at(own.share, 2 * own.levels)[place]
    accounts = positions_at(own.account, own.members)
    bounds = int64s(own.bounds + 8 * place * (own.members + 1), own.members + 1)
    most = 0
    for member in range(own.members):
        if accounts[member].stopped == 0:
            most = max(most, bounds[member + 1])
    if share.lots >= share.least > bounds[0]:
        return int(own.limit_reason)
    if bounds[0] >= share.least > most and share.most >= share.least:
        return MEMBER_LIMIT
    smallest = limits_at(own.limits, 1)[0].lots_min
    return MIN_SIZE if 1 < smallest == share.least else MIN_NOTIONAL

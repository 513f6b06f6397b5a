"""What is wanted of each place: which sides may quote, how levels are split, what is left out."""

from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.answer_kernels import limits_at, positions_at, slots_at
from market_maker.decision_kernel.codes import (
    LARGEST_SIZE,
    MEMBER_LIMIT,
    NO_PRICE,
    OPEN_ORDERS,
    SILENT,
    SPREAD_CEILING,
    WORST_CASE,
)
from market_maker.decision_kernel.share_kernels import (
    ask_split,
    finish_split,
    holds,
    shares_at,
    slot_number,
    split_alone,
    split_among,
    why_nobody,
)
from market_maker.engine.shares import is_full
from market_maker.replay_venue.compiled import compiled, int64s
from market_maker.risk.limits import room

assert shared_rules.RULES


@compiled
def set_reason(own: Any, side: int, reason: int) -> None:
    """Why a side quotes or does not."""
    if side == 0:
        own.bid_reason = reason
    else:
        own.ask_reason = reason


@compiled
def reason_of(own: Any, side: int) -> int:
    """Why a side quotes or does not."""
    return int(own.bid_reason if side == 0 else own.ask_reason)


@compiled
def may_quote(own: Any, side: int, reference_x2: int) -> bool:
    """Not at the limit on this side, and its working orders fit under it."""
    sign = 1 - 2 * side
    position = positions_at(own.pool, 1)[0].lots
    working = own.working_buy if side == 0 else own.working_sell
    limit = own.room_value
    if sign * position > 0 and sign * position * reference_x2 >= 2 * limit:
        set_reason(own, side, own.limit_reason)
        if side == 0:
            own.at_limit_buy = 1
        else:
            own.at_limit_sell = 1
        return False
    if room(sign, position, working, reference_x2, limit) < 0:
        set_reason(own, side, WORST_CASE)
        return False
    return True


@compiled
def find_sides(own: Any, target: Any, reference_x2: int) -> int:
    """Which sides may quote: 1 the bid, 2 the ask, 3 both."""
    own.at_limit_buy = own.at_limit_sell = 0
    sides = 0
    if may_quote(own, 0, reference_x2):
        sides += 1
    if may_quote(own, 1, reference_x2):
        sides += 2
    if target.silent_bid:
        own.bid_reason = SILENT
        sides &= 2
    if target.silent_ask:
        own.ask_reason = SILENT
        sides &= 1
    return sides


@compiled
def price_at(own: Any, place: int) -> int:
    """The price in force at a place."""
    if place < own.levels:
        return int(int64s(own.bids, own.levels)[place])
    return int(int64s(own.asks, own.levels)[place - own.levels])


@compiled
def renew_shares(own: Any, sides: int, reference_x2: int) -> bool:
    """Splits that do not stay are asked for; those of a member alone are made. Whether all are."""
    values = int64s(own.values, 2 * own.levels)
    made = True
    for place in range(2 * own.levels):
        side = place // own.levels
        price = price_at(own, place)
        if price <= 0 or not (sides >> side) & 1:
            continue
        lots = values[place] // price
        if holds(own, place, price, lots, reference_x2):
            continue
        ask_split(own, place, price, lots, reference_x2)
        if own.alone:
            split_alone(own, place)
        elif own.few:
            split_among(own, place)
        else:
            made = False
    return made


@compiled
def finish_splits(own: Any) -> None:
    """The parts that were asked for are known."""
    shares = shares_at(own.share, 2 * own.levels)
    for number in range(2 * own.levels):
        if shares[number].pending:
            finish_split(own, number)


@compiled
def want(own: Any, sides: int, reference_x2: int) -> int:
    """Into the slots what is wanted there, best levels first; returns how many. The numbers of the
    slots stand in `wanted`."""
    slots = slots_at(own.slot, own.slots)
    accounts = positions_at(own.account, own.members)
    shares = shares_at(own.share, 2 * own.levels)
    order = int64s(own.wanted, own.slots)
    count = 0
    for level in range(own.levels):
        for side in range(2):
            if not (sides >> side) & 1:
                continue
            place = side * own.levels + level
            price = price_at(own, place)
            if price <= 0:
                set_reason(own, side, NO_PRICE)
                continue
            share = shares[place]
            parts = int64s(own.parts + 8 * place * own.members, own.members)
            before = count
            full = False
            for account in range(own.members):
                own_lots = accounts[account].lots
                limit = accounts[account].position_value
                if is_full(own_lots, reference_x2, limit) and own_lots * (1 - 2 * side) > 0:
                    full = True
                elif accounts[account].stopped == 0 and parts[account]:
                    number = slot_number(own, account, place)
                    slots[number].wanted_price = price
                    slots[number].wanted_lots = parts[account]
                    order[count] = number
                    count += 1
            if full:
                set_reason(own, side, MEMBER_LIMIT)
            elif count == before:
                set_reason(own, side, share.reason if share.reason >= 0 else why_nobody(own, place))
            elif share.cut and reason_of(own, side) <= SPREAD_CEILING:
                set_reason(own, side, LARGEST_SIZE)
    return count if limits_at(own.limits, 1)[0].orders_max == 0 else trim(own, count)


@compiled
def trim(own: Any, count: int) -> int:
    """As OrderCap.trim: what comes first stays wanted; returns how many."""
    slots = slots_at(own.slot, own.slots)
    accounts = positions_at(own.account, own.members)
    order = int64s(own.wanted, own.slots)
    most = limits_at(own.limits, 1)[0].orders_max
    kept = 0
    for i in range(count):
        slot = slots[order[i]]
        same = 0
        for j in range(kept):
            other = accounts[slots[order[j]].account]
            same += other.venue_account == accounts[slot.account].venue_account
        if same >= most:
            slot.wanted_price = 0
            set_reason(own, slot.side, OPEN_ORDERS)
        else:
            order[kept] = order[i]
            kept += 1
    return kept

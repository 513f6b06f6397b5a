"""From what is wanted and what is open to what is sent: engine.reconcile without objects."""

from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.answer_kernels import (
    limits_at,
    logs_at,
    positions_at,
    slots_at,
)
from market_maker.decision_kernel.codes import (
    BUDGET,
    LARGEST_SIZE,
    MAX_SIZE,
    MEMBER_LIMIT,
    MIN_NOTIONAL,
    MIN_SIZE,
    NO_PRICE,
    OPEN_ORDERS,
    ORDER_VALUE,
    OWN_CROSS,
    PRICE_BAND,
    PRICE_COLLAR,
    WAITS_CANCEL,
    WAITS_LIVE,
    WAITS_NEW,
    WORST_CASE,
)
from market_maker.decision_kernel.decision_layout import (
    ABSENT,
    CANCELLED,
    LIVE,
    PENDING_CANCEL,
    PENDING_NEW,
    PLACED,
)
from market_maker.decision_kernel.share_kernels import (
    shares_at,
    slot_number,
)
from market_maker.decision_kernel.want_kernels import reason_of, set_reason, want
from market_maker.engine.shares import stays
from market_maker.replay_venue.compiled import compiled, int64s
from market_maker.replay_venue.order_kernels import requests_at
from market_maker.replay_venue.replay_layout import CANCEL, PLACE
from market_maker.risk.budget import spend_cancel, take_cancel, take_place
from market_maker.risk.limits import (
    ABOVE_SIZES,
    BELOW_SIZES,
    NOT_PRICED,
    OUTSIDE,
    OUTSIDE_BAND,
    TOO_DEAR,
    TOO_SMALL,
    refusal,
    room,
)

assert shared_rules.RULES


@compiled
def working_of(own: Any, account: int, side: int) -> int:
    """Lots of a member that are out on a side."""
    slots = slots_at(own.slot, own.slots)
    lots = 0
    for level in range(own.levels):
        lots += slots[slot_number(own, account, side * own.levels + level)].leaves
    return lots


@compiled
def request(symbol: Any, action: int, ts: int, order_id: int) -> Any:
    """A request on its way; there is room for it (decision_kernel.scope)."""
    requests = requests_at(symbol.requests, symbol.request_capacity)
    entry = requests[symbol.request_tail & (symbol.request_capacity - 1)]
    symbol.request_tail += 1
    entry.ts = ts
    entry.action = action
    entry.order_id = order_id
    return entry


@compiled
def log_action(own: Any, kind: int, now: int, number: int) -> None:
    """Put down what is asked for the order of a slot."""
    slot = slots_at(own.slot, own.slots)[number]
    entry = logs_at(own.log, own.log_capacity)[own.log_count]
    own.log_count += 1
    entry.now = now
    entry.kind = kind
    entry.order_id = slot.order_id
    entry.slot = number
    entry.price = slot.price
    entry.lots = slot.size
    entry.reduce_only = slot.reduce_only


@compiled
def cancel(symbol: Any, own: Any, budget: Any, number: int, now: int, forced: bool) -> None:
    """As Reconciler._cancel; what is not LIVE is not cancelled."""
    slot = slots_at(own.slot, own.slots)[number]
    if slot.state != LIVE:
        return
    if forced:
        spend_cancel(budget)
    elif not take_cancel(budget):
        set_reason(own, slot.side, BUDGET)
        return
    slot.state = PENDING_CANCEL
    own.cancelled += 1
    request(symbol, CANCEL, now + own.entry_ns, slot.order_id)
    log_action(own, CANCELLED, now, number)


@compiled
def pull(symbol: Any, own: Any, budget: Any, reason: int, now: int) -> None:
    """Cancel everything that may be open, whatever the message budget says."""
    own.bid_reason = own.ask_reason = reason
    opened = int64s(own.open, own.slots)
    for i in range(own.open_count):
        cancel(symbol, own, budget, opened[i], now, True)


@compiled
def pull_exposed(symbol: Any, own: Any, budget: Any, fair: float, now: int) -> None:
    """Cancel what fair has reached."""
    slots = slots_at(own.slot, own.slots)
    opened = int64s(own.open, own.slots)
    for i in range(own.open_count):
        slot = slots[opened[i]]
        reached = slot.price >= fair if slot.side == 0 else slot.price <= fair
        if reached:
            cancel(symbol, own, budget, opened[i], now, True)


@compiled
def is_quoting(reason: int) -> bool:
    """Whether a side with this reason quotes (a rebalancing one is out of scope)."""
    return reason <= LARGEST_SIZE


@compiled
def remove(symbol: Any, own: Any, budget: Any, number: int, now: int) -> None:
    """Cancel it if that can be asked for now; else wait, and say for what."""
    slot = slots_at(own.slot, own.slots)[number]
    reason = reason_of(own, slot.side)
    if slot.state != LIVE:
        set_reason(own, slot.side, WAITS_NEW if slot.state == PENDING_NEW else WAITS_CANCEL)
    elif is_quoting(reason):
        set_reason(own, slot.side, WAITS_LIVE)
    cancel(symbol, own, budget, number, now, False)


@compiled
def keep_or_remove(symbol: Any, own: Any, budget: Any, now: int) -> None:
    """What is right of what is open stays, the rest is cancelled; neither is wanted any more."""
    slots = slots_at(own.slot, own.slots)
    opened = int64s(own.open, own.slots)
    for i in range(own.open_count):
        slot = slots[opened[i]]
        wanted = slot.wanted_price
        slot.wanted_price = 0
        right = wanted != 0 and slot.state == LIVE and slot.price == wanted
        if right and stays(slot.size, slot.leaves, slot.wanted_lots):
            continue
        remove(symbol, own, budget, opened[i], now)


@compiled
def best_own(own: Any, side: int) -> int:
    """The most aggressive price of a side among orders that may be open; 0 when none."""
    slots = slots_at(own.slot, own.slots)
    opened = int64s(own.open, own.slots)
    best = 0
    for i in range(own.open_count):
        slot = slots[opened[i]]
        if slot.side == side and (
            best == 0 or (slot.price > best if side == 0 else slot.price < best)
        ):
            best = slot.price
    return best


@compiled
def refuse(own: Any, budget: Any, slot: Any, reference_x2: int) -> int:
    """Why the wanted order of a slot may not go out: the code of the reason, or 0; takes its
    message from the budget."""
    side = slot.side
    sign = 1 - 2 * side
    price = slot.wanted_price
    lots = slot.wanted_lots
    code = refusal(price, lots, reference_x2, limits_at(own.limits, 1)[0])
    if code == NOT_PRICED:
        return NO_PRICE
    if code == TOO_SMALL:
        return MIN_NOTIONAL
    if code == TOO_DEAR:
        return ORDER_VALUE
    if code == OUTSIDE:
        return PRICE_COLLAR
    if code == BELOW_SIZES:
        return MIN_SIZE
    if code == ABOVE_SIZES:
        return MAX_SIZE
    if code == OUTSIDE_BAND:
        return PRICE_BAND
    pool = positions_at(own.pool, 1)[0]
    working = own.working_buy if side == 0 else own.working_sell
    if room(sign, pool.lots, working, reference_x2, own.room_value) < lots:
        return WORST_CASE
    account = positions_at(own.account, own.members)[slot.account]
    working = working_of(own, slot.account, side)
    if room(sign, account.lots, working, reference_x2, account.position_value) < lots:
        return MEMBER_LIMIT
    opposite = best_own(own, 1 - side)
    if opposite and (price - opposite) * sign >= 0:
        return OWN_CROSS
    if is_cap_reached(own, slot.account):
        return OPEN_ORDERS
    return 0 if take_place(budget) else BUDGET


@compiled
def is_cap_reached(own: Any, member: int) -> bool:
    """As OrderCap.is_reached, where there is a cap."""
    most = limits_at(own.limits, 1)[0].orders_max
    if most == 0:
        return False
    slots = slots_at(own.slot, own.slots)
    accounts = positions_at(own.account, own.members)
    opened = int64s(own.open, own.slots)
    same = 0
    for i in range(own.open_count):
        other = accounts[slots[opened[i]].account]
        same += other.venue_account == accounts[member].venue_account
    return bool(same >= most)


@compiled
def only_reduces(own: Any, slot: Any) -> bool:
    """Marked reduce-only at a pool's limit, where it cannot exceed the member's position."""
    opposite_at_limit = own.at_limit_sell if slot.side == 0 else own.at_limit_buy
    if not opposite_at_limit:
        return False
    account = positions_at(own.account, own.members)[slot.account]
    working = working_of(own, slot.account, slot.side)
    return bool(working + slot.wanted_lots <= -(1 - 2 * slot.side) * account.lots)


@compiled
def place(symbol: Any, own: Any, budget: Any, number: int, now: int, reference_x2: int) -> None:
    """Send the wanted order of a free slot, unless something is against it."""
    slot = slots_at(own.slot, own.slots)[number]
    reason = refuse(own, budget, slot, reference_x2)
    if reason:
        set_reason(own, slot.side, reason)
        return
    slot.reduce_only = 1 if only_reduces(own, slot) else 0
    slot.state = PENDING_NEW
    slot.order_id = own.next_order_id
    own.next_order_id += 1
    slot.price = slot.wanted_price
    slot.size = slot.leaves = slot.wanted_lots
    if slot.side == 0:
        own.working_buy += slot.leaves
    else:
        own.working_sell += slot.leaves
    int64s(own.open, own.slots)[own.open_count] = number
    own.open_count += 1
    own.placed += 1
    shares_at(own.share, 2 * own.levels)[slot.side * own.levels + slot.level].used = 1
    entry = request(symbol, PLACE, now + own.entry_ns, slot.order_id)
    entry.side = slot.side
    entry.price = slot.price
    entry.lots = slot.size
    log_action(own, PLACED, now, number)


@compiled
def bring(symbol: Any, own: Any, budget: Any, sides: int, now: int, reference_x2: int) -> None:
    """Keep what is right of what is open, cancel the rest, place what is missing."""
    count = want(own, sides, reference_x2)
    keep_or_remove(symbol, own, budget, now)
    slots = slots_at(own.slot, own.slots)
    order = int64s(own.wanted, own.slots)
    for i in range(count):
        slot = slots[order[i]]
        if slot.wanted_price != 0:
            if slot.state == ABSENT:
                place(symbol, own, budget, order[i], now, reference_x2)
            slot.wanted_price = 0

"""What the venue said about our orders, taken into the slots, the positions and the log."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.decision_layout import (
    ABSENT,
    ANSWERED,
    LIMITS,
    LIVE,
    LOG,
    PENDING_NEW,
    POSITION,
    SLOT,
)
from market_maker.engine.position import book_fill
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s
from market_maker.replay_venue.order_kernels import answers_at
from market_maker.replay_venue.replay_layout import (
    ACCEPTED,
    CANCEL_REJECTED,
    CANCELED,
    FILLED,
    REJECTED,
)
from market_maker.replay_venue.wide_integers import wide

assert shared_rules.RULES

positions_at: Callable[[int, int], Any] = arrays_at(POSITION)
slots_at: Callable[[int, int], Any] = arrays_at(SLOT)
logs_at: Callable[[int, int], Any] = arrays_at(LOG)
limits_at: Callable[[int, int], Any] = arrays_at(LIMITS)

NOWHERE = -1


@compiled
def slot_of_order(own: Any, slots: Any, order_id: int) -> int:
    """The slot of an open order, or NOWHERE."""
    opened = int64s(own.open, own.slots)
    for i in range(own.open_count):
        if slots[opened[i]].order_id == order_id:
            return int(opened[i])
    return NOWHERE


@compiled
def close_slot(own: Any, slots: Any, number: int) -> None:
    """The order of a slot is over; the others keep their order."""
    opened = int64s(own.open, own.slots)
    slot = slots[number]
    if slot.side == 0:
        own.working_buy -= slot.leaves
    else:
        own.working_sell -= slot.leaves
    slot.state = ABSENT
    slot.leaves = 0
    at = 0
    while opened[at] != number:
        at += 1
    own.open_count -= 1
    for i in range(at, own.open_count):
        opened[i] = opened[i + 1]


@compiled
def note_fill_time(own: Any, limits: Any, side: int, now: int) -> None:
    """Remember when a side was executed: the last ones, as many as the guard counts."""
    if limits.fills == 0:
        return
    times = int64s(own.fill_times, 2 * limits.fills)
    if side == 0:
        times[own.fills_buy % limits.fills] = now
        own.fills_buy += 1
    else:
        times[limits.fills + own.fills_sell % limits.fills] = now
        own.fills_sell += 1


@compiled
def filled(own: Any, slots: Any, number: int, answer: Any) -> None:
    """Book a fill of an open order under its member and in the pool."""
    slot = slots[number]
    sign = 1 - 2 * slot.side
    price = wide(answer.price)  # so that all that it is multiplied with is worked out in two words
    fee = price * answer.lots * own.maker_rate
    account = positions_at(own.account, own.members)[slot.account]
    book_fill(account, sign, price, answer.lots, fee)
    book_fill(positions_at(own.pool, 1)[0], sign, price, answer.lots, fee)
    own.fills += 1
    taken = min(answer.lots, slot.leaves)
    slot.leaves -= taken
    if slot.side == 0:
        own.working_buy -= taken
    else:
        own.working_sell -= taken
    if slot.state == PENDING_NEW:
        slot.state = LIVE
    if slot.leaves == 0:
        close_slot(own, slots, number)


@compiled
def refused(own: Any, market: Any, slot: Any) -> None:
    """The venue knows better: as Ladder.refused."""
    if slot.side == 0:
        own.refused_bid = slot.price
        own.refused_bid_ask = market.ask
    else:
        own.refused_ask = slot.price
        own.refused_ask_bid = market.bid


@compiled
def log_answer(own: Any, market: Any, answer: Any, number: int, now: int) -> None:
    """Put an answer down; there is room for it."""
    entry = logs_at(own.log, own.log_capacity)[own.log_count]
    own.log_count += 1
    entry.now = now
    entry.kind = ANSWERED
    entry.answer = answer.answer
    entry.order_id = answer.order_id
    entry.ts = answer.ts
    entry.slot = number
    entry.price = answer.price
    entry.lots = answer.lots
    entry.trade_id = answer.trade_id
    entry.venue_mid_x2 = answer.mid_x2
    entry.mid_x2 = 0 if market.blind != 0 else market.mid_x2


@compiled
def take_answers(venue: Any, symbol: Any, own: Any, market: Any, now: int) -> bool:
    """Everything that the venue said and that has reached us by `now`. False when the log wants
    more room first."""
    slots = slots_at(own.slot, own.slots)
    limits = limits_at(own.limits, 1)[0]
    ring = answers_at(symbol.answers, symbol.answer_capacity)
    while symbol.answer_head < symbol.answer_tail:
        answer = ring[symbol.answer_head & (symbol.answer_capacity - 1)]
        if answer.ts + venue.response_latency > now:
            break
        if own.log_count == own.log_capacity:
            return False
        symbol.answer_head += 1
        number = slot_of_order(own, slots, answer.order_id)
        log_answer(own, market, answer, number, now)
        if number == NOWHERE:  # a cancel that came after the last fill
            continue
        slot = slots[number]
        kind = answer.answer
        if kind == ACCEPTED:
            slot.accepted_event = answer.ts
            slot.accepted_recv = answer.ts + venue.response_latency
            if slot.state == PENDING_NEW:
                slot.state = LIVE
        elif kind == FILLED:
            note_fill_time(own, limits, slot.side, now)
            filled(own, slots, number, answer)
        elif kind == REJECTED:
            own.post_only_rejects += 1
            refused(own, market, slot)
            close_slot(own, slots, number)
        elif kind == CANCELED or kind == CANCEL_REJECTED:  # noqa: PLR1714, SIM109  # no set
            close_slot(own, slots, number)
    return True

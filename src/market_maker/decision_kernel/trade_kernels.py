"""Trades and best prices, step by step: engine.estimates without objects, for the trade
flow, the volume clock and arrivals."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.estimate_layout import ARRIVALS, CLOCK, FLOW, TRADES
from market_maker.estimators.arrivals import (
    DISTANCES,
    STEP,
    WINDOW_STEPS,
    end_step,
    hold_mid,
    is_fit_due,
    reach,
)
from market_maker.estimators.rolling import SLICES, add_to_sums, roll_sums
from market_maker.estimators.volume_clock import tick_clock
from market_maker.replay_venue.compiled import arrays_at, compiled, int64_rows, int64s

assert shared_rules.RULES

trades_at: Callable[[int, int], Any] = arrays_at(TRADES)
flows_at: Callable[[int, int], Any] = arrays_at(FLOW)
clocks_at: Callable[[int, int], Any] = arrays_at(CLOCK)
arrivals_at: Callable[[int, int], Any] = arrays_at(ARRIVALS)

SIDES = 2
RING = WINDOW_STEPS + 2
"""A step of the window has one arrival and one move at most; the next one comes before the oldest
leaves."""
DEPTHS = DISTANCES + 2


@compiled
def flow_sums(flow: Any) -> Any:
    """The ring of slices, and its totals."""
    ring = int64_rows(flow.ring, SLICES, SIDES)
    return ring, int64s(flow.totals, SIDES)


@compiled
def ring_at(address: int) -> Any:
    """Rows of (step, how far)."""
    return int64_rows(address, RING, 2)


@compiled
def close_step(own: Any, step: int) -> None:
    """As ArrivalCalibration._close."""
    counts = int64s(own.counts, DEPTHS)
    arrivals = ring_at(own.arrivals)
    moves = ring_at(own.moves)
    depth, move = end_step(own)
    if depth:
        at = (own.first_arrival + own.arrival_count) % RING
        arrivals[at, 0] = own.step
        arrivals[at, 1] = depth
        own.arrival_count += 1
        counts[depth] += 1
    if move:
        at = (own.first_move + own.move_count) % RING
        moves[at, 0] = own.step
        moves[at, 1] = move
        own.move_count += 1
    before = step - WINDOW_STEPS
    while own.arrival_count and arrivals[own.first_arrival, 0] < before:
        counts[arrivals[own.first_arrival, 1]] -= 1
        own.first_arrival = (own.first_arrival + 1) % RING
        own.arrival_count -= 1
    while own.move_count and moves[own.first_move, 0] < before:
        own.first_move = (own.first_move + 1) % RING
        own.move_count -= 1


@compiled
def advance(own: Any, ts: int) -> None:
    """As ArrivalCalibration._advance."""
    step = ts // STEP
    if step <= own.step:
        return
    if own.step < 0:
        own.first_step = step
    elif own.step_mid_x2:
        close_step(own, step)
    own.step = step


@compiled
def take_trades(own: Any, now: int) -> None:
    """Those that have reached us by `now`. Where nothing but the flow is fed only at a sample:
    nothing reads the sums before, and they are those of every trade added when it came."""
    trades = trades_at(own.trades, 1)[0]
    arrival = int64s(trades.arrival, trades.count)
    side = int64s(trades.side, trades.count)
    ticks = int64s(trades.ticks, trades.count)
    lots = int64s(trades.lots, trades.count)
    at = trades.taken
    while at < trades.count and arrival[at] <= now:
        ts = arrival[at]
        if own.flow:
            flow = flows_at(own.flow, 1)[0]
            add_to_sums(flow, flow_sums(flow), ts, side[at], lots[at])
        if own.clock:
            tick_clock(clocks_at(own.clock, 1)[0], ts, lots[at])
        if own.arrivals:
            arrivals = arrivals_at(own.arrivals, 1)[0]
            advance(arrivals, ts)
            reach(arrivals, side[at], ticks[at])
        at += 1
    trades.taken = at


@compiled
def roll_flow(own: Any, now: int) -> None:
    """It is `now`: trades that are too old leave."""
    flow = flows_at(own.flow, 1)[0]
    if now >= flow.until:
        roll_sums(flow, flow_sums(flow), now)


@compiled
def show_mid(own: Any, ts: int, mid_x2: int) -> None:
    """Arrivals are measured from it."""
    arrivals = arrivals_at(own.arrivals, 1)[0]
    advance(arrivals, ts)
    hold_mid(arrivals, mid_x2)


@compiled
def wants_line(own: Any, now: int) -> bool:
    """Whether a line is to be put through arrivals anew."""
    arrivals = arrivals_at(own.arrivals, 1)[0]
    advance(arrivals, now)
    return is_fit_due(arrivals, now)

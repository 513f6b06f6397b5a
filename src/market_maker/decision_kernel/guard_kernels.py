"""The guards that a replay can meet, and how far orders may fill the pool: engine.risk_monitor
without objects."""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.answer_kernels import limits_at, positions_at
from market_maker.decision_kernel.codes import (
    DRAWDOWN_LIMIT,
    LOSS_LIMIT,
    POSITION_LIMIT,
    SEEING,
)
from market_maker.decision_kernel.decision_layout import READINGS
from market_maker.engine.position import net_of
from market_maker.replay_venue.compiled import arrays_at, compiled, int64s
from market_maker.replay_venue.wide_integers import wide
from market_maker.risk.guards import (
    NOT_BREACHED,
    always_breached,
    drawdown_of,
    drawn_down,
    reducing_for,
    repeated,
)

assert shared_rules.RULES

readings_at: Callable[[int, int], Any] = arrays_at(READINGS)


@compiled
def fills_since(times: Any, kept: int, count: int, since: int) -> int:
    """How many of the last fills of a side came after `since`. times: a ring of the last `kept`,
    of which `count` came so far."""
    found = 0
    at = count % kept
    while found < kept and found < count:
        at = (at if at > 0 else kept) - 1
        if times[at] <= since:
            break
        found += 1
    return found


@compiled
def fills_within(own: Any, limits: Any, now: int) -> int:
    """Executions of the side with more of them, within the window."""
    kept = limits.fills
    if kept == 0:
        return 0
    since = now - limits.fill_window_ns
    buys = fills_since(int64s(own.fill_times, kept), kept, own.fills_buy, since)
    sells = fills_since(int64s(own.fill_times + 8 * kept, kept), kept, own.fills_sell, since)
    return max(buys, sells)


@compiled
def read_peak(own: Any, limits: Any, market: Any, readings: Any) -> None:
    """The highest net there was, where there is a limit on drawdown."""
    readings.peak_net = own.peak_net
    if limits.drawdown and market.mid_x2 and market.blind == SEEING:
        readings.peak_net = max(own.peak_net, readings.net)


@compiled
def read_guards(own: Any, limits: Any, market: Any, now: int, readings: Any) -> None:
    """What the guards compare, into `readings`."""
    pool = positions_at(own.pool, 1)[0]
    net = net_of(pool, wide(market.mid_x2)) if market.mid_x2 else 0
    readings.position_value_x2 = abs(pool.lots) * market.mid_x2
    readings.net = net
    read_peak(own, limits, market, readings)
    readings.blind_ns = now - market.blind_since if market.blind_since else 0
    readings.drawdown = 0
    if limits.drawdown:
        readings.drawdown = drawdown_of(readings.peak_net, net, limits.capital)
    readings.fills = fills_within(own, limits, now)


@compiled
def bound_room(own: Any, limits: Any, readings: Any) -> None:
    """How far orders may fill the pool now. With no room only the reducing side quotes."""
    own.reducing = reducing_for(readings, limits, own.reducing > 0)
    own.room_value = own.own_room_value
    own.limit_reason = POSITION_LIMIT
    if own.reducing:
        own.room_value = 0
        own.limit_reason = LOSS_LIMIT if own.reducing == 1 else DRAWDOWN_LIMIT


@compiled
def stop_members(own: Any, market: Any) -> None:
    """A member beyond its own loss limit stops alone."""
    accounts = positions_at(own.account, own.members)
    for i in range(own.members):
        account = accounts[i]
        if net_of(account, wide(market.mid_x2)) < -account.loss_value:
            account.stopped = 1


@compiled
def guard(own: Any, market: Any, now: int) -> bool:
    """Whether no guard objects. Nothing is changed where one does: the engine finds it again."""
    limits = limits_at(own.limits, 1)[0]
    readings = readings_at(own.readings, 1)[0]
    read_guards(own, limits, market, now, readings)
    breached = always_breached(readings, limits) != NOT_BREACHED
    if breached or drawn_down(readings, limits) or repeated(readings, limits):
        return False
    own.peak_net = readings.peak_net
    bound_room(own, limits, readings)
    if market.blind == SEEING:
        stop_members(own, market)
    return True


@compiled
def all_stopped(own: Any) -> bool:
    """Whether no member may have orders."""
    accounts = positions_at(own.account, own.members)
    for i in range(own.members):  # noqa: SIM110  # no generator
        if accounts[i].stopped == 0:
            return False
    return True

"""A pool in one line: what a list of all pools needs, so that it asks nothing more.

It is made straight from the engine's picture: a list of a hundred pools is made several times a
second, and needs no orders, members and estimates in people's units.
"""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from market_maker.engine.snapshot import EngineBrief
from market_maker.execution.day_marks import DayMarks
from market_maker.execution.engines import RunningPool
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import SideStatus
from market_maker.model.records import StateRecord
from market_maker.model.units import NANOS_PER_MS
from market_maker.operations.limit_words import reason_words
from market_maker.operations.status import at_mid, guard_id, guard_title, standing
from market_maker.operations.views import GuardUse, PoolGlance, PoolStatus
from market_maker.risk.guards import Guard

LEFT = "deleted with a position: it counts until it is flat"


class ListedPool(Struct, frozen=True):
    """A pool to be shown in a list. last: its last move, of one without an engine; deleted: with a
    position that is left; venue: where its orders go."""

    config: PoolConfig
    last: StateRecord | None
    deleted: bool
    venue: str


def in_one_line(pool: ListedPool, runner: RunningPool | None, days: DayMarks) -> PoolGlance:
    """The pool as a list of pools shows it."""
    config = pool.config if runner is None else runner.config
    fields = standing(config, runner, pool.last)
    fields |= {"strategy": config.strategy, "venue": pool.venue, "deleted": pool.deleted}
    fields["last_look"] = None if runner is None else runner.last_look
    if pool.deleted:
        fields["reason"] = LEFT
    if runner is None or runner.failure:
        return PoolGlance(**fields, **_UNKNOWN)
    brief, instrument = runner.brief(), runner.instrument
    net = instrument.money(brief.net)
    day = days.figures(config.symbol, brief.now, net)
    known = brief.book_age_ns or not brief.book_detail
    return PoolGlance(
        **fields,
        as_of=brief.now,
        quoting=brief.bid.quoting or brief.ask.quoting,
        net_position_usdt=at_mid(instrument, brief.mid_x2, brief.position),
        net_pnl_usdt=net,
        day_net_pnl_usdt=None if day is None else day.net,
        drawdown_usdt=None if day is None else day.drawdown,
        book_age_ms=brief.book_age_ns / NANOS_PER_MS if known else None,
        quoting_bid=brief.bid.quoting,
        quoting_ask=brief.ask.quoting,
        silent=_silent(fields["state"], brief, runner),
        worst_guard=worst_guard(brief.guards),
        uptime_pct=brief.uptime_pct,
        rebalance=brief.rebalance.action,
    )


_UNKNOWN: dict[str, Any] = {
    "as_of": None,
    "quoting": False,
    "net_position_usdt": None,
    "net_pnl_usdt": None,
    "day_net_pnl_usdt": None,
    "drawdown_usdt": None,
    "book_age_ms": None,
    "quoting_bid": False,
    "quoting_ask": False,
    "silent": "",
    "worst_guard": None,
    "uptime_pct": None,
    "rebalance": None,
}
"""Of a pool without an engine."""


def _silent(state: PoolStatus, brief: EngineBrief, runner: RunningPool) -> str:
    """Why a side has no order: the pool's own reason says it where the pool does not run."""
    if state is not PoolStatus.ACTIVE:
        return ""
    return silence(brief.bid, brief.ask, runner.instrument, runner.config)


def silence(bid: SideStatus, ask: SideStatus, instrument: Instrument, config: PoolConfig) -> str:
    """Why sides of an ACTIVE pool have no order, each reason once, with the limits that it is
    about; empty where both have one."""
    if not bid.quoting and not ask.quoting and bid.reason is ask.reason:
        return reason_words(bid.reason, instrument, config)
    silent = [
        (name, side.reason) for name, side in (("bid", bid), ("ask", ask)) if not side.quoting
    ]
    return "; ".join(f"{name}: {reason_words(why, instrument, config)}" for name, why in silent)


def worst_guard(guards: Iterable[Guard]) -> GuardUse | None:
    """The guard that is nearest to its threshold, or furthest beyond it; None where all are off."""
    worst, most = None, -1.0
    for guard in guards:
        if guard.threshold > 0 and (used := guard.value / guard.threshold) > most:
            worst, most = guard, used
    if worst is None:
        return None
    title = guard_title(worst.name)
    return GuardUse(id=guard_id(worst.name), title=title, used_pct=round(100 * most, 1))

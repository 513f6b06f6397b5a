"""A pool in one line: what a list of all pools needs, so that it asks nothing more."""

from collections.abc import Iterable

from market_maker.operations.views import (
    GuardUse,
    GuardView,
    PoolGlance,
    PoolStatus,
    PoolStatusView,
)


def in_one_line(status: PoolStatusView) -> PoolGlance:
    """The pool as a list of pools shows it."""
    engine = status.engine
    known = [name for name in PoolGlance.__struct_fields__ if hasattr(status, name)]
    return PoolGlance(
        **{name: getattr(status, name) for name in known},
        net_position_usdt=None if engine is None else engine.net_position_usdt,
        net_pnl_usdt=None if engine is None else engine.pnl.net,
        quoting_bid=engine is not None and engine.bid.quoting,
        quoting_ask=engine is not None and engine.ask.quoting,
        silent=_silent(status),
        worst_guard=None if engine is None else worst_guard(engine.guards),
        uptime_pct=None if engine is None else engine.obligation.uptime_pct,
        rebalance=None if engine is None else engine.rebalance.action,
    )


def _silent(status: PoolStatusView) -> str:
    """Why a side has no order: the pool's own reason says it where the pool does not run."""
    if status.engine is None or status.state is not PoolStatus.ACTIVE:
        return ""
    sides = (("bid", status.engine.bid), ("ask", status.engine.ask))
    silent = [(name, side.reason) for name, side in sides if not side.quoting]
    if len({reason for _, reason in silent}) == 1 and len(silent) == len(sides):
        return silent[0][1]
    return "; ".join(f"{name}: {reason}" for name, reason in silent)


def worst_guard(guards: Iterable[GuardView]) -> GuardUse | None:
    """The guard that is nearest to its threshold, or furthest beyond it; None where all are off."""
    used = [
        GuardUse(
            id=guard.id,
            title=guard.title,
            used_pct=round(100 * float(guard.value) / float(guard.threshold), 1),
        )
        for guard in guards
        if guard.threshold > 0
    ]
    return max(used, key=lambda each: each.used_pct, default=None)

"""What calls for an operator now: read from the engines and from what the service depends on."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from market_maker.execution.alarms import SERVICE
from market_maker.execution.engines import RunningPool
from market_maker.execution.pass_watch import RAISED_FROM, Shortage
from market_maker.execution.reconciliation import RECONCILIATION
from market_maker.execution.recovery import AFTER_A_START
from market_maker.model.alerts import AlertCondition, AlertSeverity
from market_maker.model.lifecycle import PoolState
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.operations.status import guard_id, guard_view
from market_maker.risk import guards

NEAR_PCT = 80
"""Per cent of a guard's threshold from which it is an alert."""

UNPROVED_S = 2
"""Cancels that the venue has not confirmed for so long are an alert."""

HALTED, FAILED, UNPROVED = "halted", "engine_failed", "cancel_unconfirmed"
STOPPED, WAITS = "stopped_itself", "quoted_before_start"
UNKNOWN, FOREIGN, UNATTRIBUTED = "unknown_orders", "foreign_orders", "unattributed_fills"
NOT_COUNTED = "fees_not_counted"
BEHIND, GUARD, DEPENDENCY = "behind_obligation", "guard.", "dependency."
SHORT = "short_of_processor."


def service_conditions(problems: Mapping[str, str]) -> Iterator[AlertCondition]:
    """Of the process: problem by dependency, empty where there is none."""
    for name, problem in problems.items():
        if problem:
            yield AlertCondition(
                symbol="",
                kind=f"{DEPENDENCY}{name}",
                severity=AlertSeverity.CRITICAL,
                text=f"{name}: {problem}",
            )


def shortage_conditions(shortages: Mapping[str, Shortage]) -> Iterator[AlertCondition]:
    """Of each process that steps engines and lacks processor time, by its name."""
    for name, short in shortages.items():
        since = datetime.fromtimestamp(short.since // NANOS_PER_SECOND, UTC)
        late = f"{short.late_ns // NANOS_PER_MS} ms late since {since:%Y-%m-%d %H:%M:%S} UTC"
        yield AlertCondition(
            symbol="",
            kind=f"{SHORT}{name}",
            severity=AlertSeverity.WARNING,
            text=f"{name}: its engines have come to their turns {late}",
            value=Decimal(short.late_pct),
            threshold=Decimal(RAISED_FROM),
            unit="per cent of the time",
        )


def pool_conditions(runner: RunningPool, now: Nanos) -> Iterator[AlertCondition]:
    """Of one pool."""
    symbol = runner.instrument.symbol
    if runner.failure is not None:
        yield _critical(symbol, FAILED, f"{runner.failure}; the pool is {runner.state}")
    elif runner.state is PoolState.HALTED:
        yield _critical(symbol, HALTED, runner.reason)
    elif _stopped_itself(runner):
        yield _critical(symbol, STOPPED, runner.reason)
    elif _was_halted(runner):
        yield _critical(symbol, HALTED, runner.reason)
    elif _quoted_before(runner):
        yield AlertCondition(
            symbol=symbol, kind=WAITS, severity=AlertSeverity.WARNING, text=runner.reason
        )
    unproved_ns = runner.unproved_for(now)
    if unproved_ns > UNPROVED_S * NANOS_PER_SECOND:
        yield AlertCondition(
            symbol=symbol,
            kind=UNPROVED,
            severity=AlertSeverity.CRITICAL,
            text="orders were pulled, and the venue has not proved that none is left",
            value=Decimal(unproved_ns // NANOS_PER_SECOND),
            threshold=Decimal(UNPROVED_S),
            unit="seconds",
        )
    yield from _orders(runner, symbol)
    if runner.failure is None:
        yield from _engine(runner, symbol)


def announced(runner: RunningPool) -> str:
    """The kind of the alert that said a limit was close before the halt that is not lifted yet;
    empty where a guard has not halted the pool."""
    halt = runner.halt
    if halt is None or halt.reason not in guards.TEXTS:
        return ""
    return f"{GUARD}{guard_id(halt.reason)}"


def _stopped_itself(runner: RunningPool) -> bool:
    """Whether it is PAUSED for something that was found wrong; a start leaves it so, too."""
    moved = runner.moved
    return (
        runner.state is PoolState.PAUSED
        and moved is not None
        and moved.by in (SERVICE.subject, RECONCILIATION.subject)
        and not runner.reason.startswith(AFTER_A_START)
    )


def _was_halted(runner: RunningPool) -> bool:
    """Whether a start found it HALTED: that holds until it is resumed."""
    return runner.state is PoolState.PAUSED and runner.halt is not None


def _quoted_before(runner: RunningPool) -> bool:
    """Whether it was ACTIVE before the process, or its worker, began anew: it does not quote now
    and no one said that it should not. A worker that was lost left it PAUSED on record."""
    return runner.state is PoolState.PAUSED and runner.quoted


def _orders(runner: RunningPool, symbol: str) -> Iterator[AlertCondition]:
    _, unknown = runner.order_counts()
    if unknown:
        yield _counted(symbol, UNKNOWN, unknown, "orders whose state the venue has not said")
    if runner.strays:
        yield _counted(symbol, FOREIGN, runner.strays, "orders that the engine does not know")


def _engine(runner: RunningPool, symbol: str) -> Iterator[AlertCondition]:
    snapshot = runner.snapshot()
    if snapshot.counters.unattributed_fills:
        found = snapshot.counters.unattributed_fills
        yield _counted(symbol, UNATTRIBUTED, found, "fills of unknown orders since the start")
    if snapshot.counters.token_fees:
        yield AlertCondition(
            symbol=symbol,
            kind=NOT_COUNTED,
            severity=AlertSeverity.WARNING,
            text="fees in another token than the quote currency since the start: no PnL has them",
            value=Decimal(snapshot.counters.token_fees),
            threshold=Decimal(0),
            unit="fills",
        )
    if snapshot.behind_target:
        yield AlertCondition(
            symbol=symbol,
            kind=BEHIND,
            severity=AlertSeverity.WARNING,
            text="uptime of this UTC day is below target_uptime_pct",
            value=None if snapshot.uptime_pct is None else _rounded(snapshot.uptime_pct),
            threshold=runner.config.target_uptime_pct,
            unit="per cent of the time",
        )
    if runner.state is not PoolState.ACTIVE:
        return
    for guard in snapshot.guards:
        if guard.threshold and guard.value * 100 >= guard.threshold * NEAR_PCT:
            view = guard_view(runner.instrument, guard)
            beyond = guard.value >= guard.threshold
            yield AlertCondition(
                symbol=symbol,
                kind=f"{GUARD}{view.id}",
                severity=AlertSeverity.CRITICAL if beyond else AlertSeverity.WARNING,
                text=f"{view.text} {view.action[0].upper()}{view.action[1:]}.",
                value=view.value,
                threshold=view.threshold,
                unit=view.unit,
            )


def _critical(symbol: str, kind: str, text: str) -> AlertCondition:
    return AlertCondition(symbol=symbol, kind=kind, severity=AlertSeverity.CRITICAL, text=text)


def _counted(symbol: str, kind: str, count: int, text: str) -> AlertCondition:
    return AlertCondition(
        symbol=symbol,
        kind=kind,
        severity=AlertSeverity.WARNING if kind == UNKNOWN else AlertSeverity.CRITICAL,
        text=text,
        value=Decimal(count),
        threshold=Decimal(0),
        unit="fills" if kind == UNATTRIBUTED else "orders",
    )


def _rounded(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))

"""What happens to a pool: moves, changes of its configuration, commands, alerts, signals."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from msgspec import Struct

from market_maker.execution.alarms import SERVICE
from market_maker.execution.recovery import RESTARTED
from market_maker.journaling.audit import DONE
from market_maker.model.alerts import AlertRecord
from market_maker.model.history import HistoryRow
from market_maker.model.lifecycle import PoolState
from market_maker.model.records import AuditRecord, StateRecord
from market_maker.model.units import Nanos
from market_maker.operations.pool_versions import VERSION_ACTIONS, version_of

QUIET_ACTIONS = ("alert.acknowledge",)
"""Actions that have an event of another kind."""


class EventKind(StrEnum):
    """What an event is about. halt, restart: moves of their own kind; refused: a command that the
    rules did not allow; rebalance: the signal changed."""

    STATE = "state"
    HALT = "halt"
    RESTART = "restart"
    CONFIG = "config"
    MEMBER = "member"
    COMMAND = "command"
    REFUSED = "refused"
    ALERT = "alert"
    REBALANCE = "rebalance"


class PoolEvent(Struct, frozen=True, kw_only=True):
    """Something that happened. by: who did it, empty where no one did."""

    ts: Nanos
    kind: EventKind
    text: str
    by: str


def move_event(state: StateRecord) -> PoolEvent:
    """The pool moved."""
    kind = EventKind.STATE
    if state.state is PoolState.HALTED:
        kind = EventKind.HALT
    elif state.by == SERVICE.subject and state.reason.startswith(RESTARTED):
        kind = EventKind.RESTART
    return PoolEvent(ts=state.ts, kind=kind, text=f"{state.state}: {state.reason}", by=state.by)


def alert_events(alert: AlertRecord) -> Iterator[PoolEvent]:
    """Its beginning, its acknowledgement and its end, as far as it has come."""
    words = f"{alert.severity}: {alert.text}"
    yield PoolEvent(ts=alert.since, kind=EventKind.ALERT, text=words, by="")
    if alert.acknowledged_at is not None:
        seen = f"acknowledged: {alert.text}" + (f" ({alert.note})" if alert.note else "")
        yield PoolEvent(
            ts=alert.acknowledged_at, kind=EventKind.ALERT, text=seen, by=alert.acknowledged_by
        )
    if alert.cleared_at is not None:
        yield PoolEvent(
            ts=alert.cleared_at, kind=EventKind.ALERT, text=f"cleared: {alert.text}", by=""
        )


def call_events(record: AuditRecord) -> Iterator[PoolEvent]:
    """One, or none for a call that has an event of another kind."""
    if record.result != DONE:
        text, kind = f"{record.action}: {record.result}", EventKind.REFUSED
    elif record.action in VERSION_ACTIONS:
        version = version_of(record).version
        fields = ", ".join(change.field for change in version.changed) or "nothing changed"
        text = f"configuration, version {version.version}"
        text += f": {fields}" if record.before else ""
        text += f" ({record.reason})" if record.reason else ""
        kind = EventKind.CONFIG
    elif record.action.startswith("member."):
        member = record.target.partition("/")[2]
        text, kind = f"{record.action}: {member}", EventKind.MEMBER
    elif record.action in QUIET_ACTIONS:
        return
    else:
        text = record.action + (f": {record.reason}" if record.reason else "")
        kind = EventKind.COMMAND
    yield PoolEvent(ts=record.ts, kind=kind, text=text, by=record.subject)


def signal_events(rows: Iterable[HistoryRow]) -> Iterator[PoolEvent]:
    """Where the rebalance signal changed."""
    before = ""
    for row in rows:
        if before and row.rebalance != before:
            text = f"rebalance: {row.rebalance}"
            yield PoolEvent(ts=row.ts, kind=EventKind.REBALANCE, text=text, by="")
        before = row.rebalance

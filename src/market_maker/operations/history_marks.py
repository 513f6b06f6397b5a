"""What happened to a pool while its series ran: moves, changes of its configuration, signals."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

import msgspec
from msgspec import Struct

from market_maker.execution.recovery import RESTARTED
from market_maker.journaling.audit import DONE
from market_maker.model.history import HistoryRow
from market_maker.model.lifecycle import PoolState
from market_maker.model.records import AuditCriteria, AuditRecord, StateRecord
from market_maker.model.units import Nanos
from market_maker.ports import Store

MARKS_MAX = 500
"""Of each kind, the newest."""
CONFIG_ACTIONS = ("pool.create", "pool.replace", "member.add", "member.replace", "member.remove")


class MarkKind(StrEnum):
    """HALT and RESTART are moves of their own kind; REBALANCE: the signal changed."""

    STATE = "state"
    HALT = "halt"
    RESTART = "restart"
    CONFIG = "config"
    REBALANCE = "rebalance"


class HistoryMark(Struct, frozen=True, kw_only=True):
    """Something at a moment. by: who did it, empty for a signal."""

    ts: Nanos
    kind: MarkKind
    text: str
    by: str


async def history_marks(
    store: Store, symbol: str, since: Nanos, until: Nanos
) -> tuple[HistoryMark, ...]:
    """Moves and changes with since <= ts < until, oldest first."""
    criteria = AuditCriteria(target=symbol, since=since, until=until)
    async with store.reading() as unit:
        moves = await unit.states.page(symbol, MARKS_MAX)
        changes = await unit.audit.page(criteria, MARKS_MAX)
    found = [_moved(each) for each in moves.items if since <= each.ts < until]
    found += [_changed(each) for each in changes.items if each.action in CONFIG_ACTIONS]
    return tuple(sorted(found, key=lambda mark: mark.ts))


def signals(rows: Iterable[HistoryRow]) -> Iterator[HistoryMark]:
    """Where the rebalance signal changed."""
    before = ""
    for row in rows:
        if before and row.rebalance != before:
            text = f"rebalance: {row.rebalance}"
            yield HistoryMark(ts=row.ts, kind=MarkKind.REBALANCE, text=text, by="")
        before = row.rebalance


def _moved(state: StateRecord) -> HistoryMark:
    kind = MarkKind.STATE
    if state.state is PoolState.HALTED:
        kind = MarkKind.HALT
    elif state.reason.startswith(RESTARTED):
        kind = MarkKind.RESTART
    return HistoryMark(ts=state.ts, kind=kind, text=f"{state.state}: {state.reason}", by=state.by)


def _changed(record: AuditRecord) -> HistoryMark:
    text = record.action
    if record.result != DONE:
        text = f"{record.action} refused: {record.result}"
    elif record.action == "pool.replace" and record.after:
        text = f"configuration, version {msgspec.json.decode(record.after)['version']}"
    return HistoryMark(ts=record.ts, kind=MarkKind.CONFIG, text=text, by=record.subject)

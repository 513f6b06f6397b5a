"""What a database that came from a backup cannot know: what was stopped, suspended or tightened
since. So each pool in it is halted, with the reason, and is resumed as any halted pool: by risk,
after a review where one is required."""

from datetime import UTC, datetime
from typing import Final

from msgspec import Struct

from market_maker.journaling.audit import Anchor, AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.lifecycle import PoolState
from market_maker.model.records import AuditCriteria, Criteria, StateRecord
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, Store, Unit

ACTION = "database.restore"
RESTORE: Final = "restore"
"""Who halted the pools."""
POOLS_AT_ONCE = 100


class HeldPools(Struct, frozen=True, kw_only=True):
    """symbols: that were halted. until: of the newest record that came back, 0 without any. lost:
    the last anchor of the audit log that was there before, None where there was none."""

    symbols: tuple[str, ...]
    until: Nanos
    lost: Anchor | None


async def hold_pools(
    store: Store, clock: Clock, caller: Caller, lost: Anchor | None = None
) -> HeldPools:
    """Halt every pool of the database, and have the audit log say that it came from a backup. lost:
    as in HeldPools."""
    async with store.transaction() as unit:
        until = await newest_record(unit)
        reason = reason_of(until)
        now = clock.now()
        symbols = []
        cursor = None
        while True:
            page = await unit.pools.page(POOLS_AT_ONCE, cursor)
            for record in page.items:
                symbols.append(record.config.symbol)
                await unit.states.add(
                    StateRecord(
                        symbol=record.config.symbol,
                        ts=now,
                        state=PoolState.HALTED,
                        by=RESTORE,
                        reason=reason,
                        config_version=record.config.version,
                    )
                )
            cursor = page.next_cursor
            if cursor is None:
                break
        held = HeldPools(symbols=tuple(symbols), until=until, lost=lost)
        entry = AuditEntry(
            caller=caller, action=ACTION, target="database", reason=reason, after=held
        )
        await AuditTrail(store, clock).append(unit, entry)
    return held


async def is_older(store: Store, anchor: Anchor) -> bool:
    """Whether a database with pools lacks what was anchored once: it was brought back by other
    means than `restore`, or lost what it had committed."""
    async with store.reading() as unit:
        if not anchor.seq or not (await unit.pools.page(1)).items:
            return False
        found = await unit.audit.after(anchor.seq - 1, 1)
    return [(row.seq, row.hash) for row in found] != [(anchor.seq, anchor.hash)]


def reason_of(until: Nanos) -> str:
    """What the pools say."""
    second = datetime.fromtimestamp(until // NANOS_PER_SECOND, UTC)
    moment = f"of {second:%Y-%m-%d %H:%M:%S}Z" if until else "without a record"
    return f"restored from a backup {moment}: stops, limits and suspensions since are not known"


async def newest_record(unit: Unit) -> Nanos:
    """When something was written last: an order, a state of a pool, an entry of the audit log."""
    moments = [Nanos(0)]
    moments += [row.created_at for row in (await unit.orders.page(Criteria(), 1)).items]
    moments += [row.ts for row in (await unit.states.page(None, 1)).items]
    moments += [row.ts for row in (await unit.audit.page(AuditCriteria(), 1)).items]
    return max(moments)

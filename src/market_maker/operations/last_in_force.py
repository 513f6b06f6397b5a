"""What was last in force: of a pool or a membership that is there, and of one that was deleted. The
audit log remembers those, because every change of them is in it and nothing leaves it."""

from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from market_maker.journaling.audit import DONE
from market_maker.model.caller import Caller
from market_maker.model.loosening import check_may_loosen, loosened_limits
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.records import AuditCriteria, AuditRecord
from market_maker.model.units import ParticipantId
from market_maker.ports import Unit

Kept = TypeVar("Kept", bound=Struct)

RECORDS_AT_ONCE = 100


async def check_pool_limits(unit: Unit, caller: Caller, config: PoolConfig) -> None:
    """Raises ForbiddenError where `config` loosens what was last in force and the caller is not
    risk."""
    before = await _last_pool(unit, config.symbol)
    if before is not None:
        check_may_loosen(caller, loosened_limits(before, config))


async def _last_pool(unit: Unit, symbol: str) -> PoolConfig | None:
    record = await unit.pools.get(symbol)
    if record is not None:
        return record.config
    deleted = await _newest(unit, symbol, ("pool.delete",))
    return None if deleted is None else _restored(deleted.before, PoolConfig)


async def last_member(unit: Unit, symbol: str, name: ParticipantId) -> Member | None:
    """A participant's share and limits as they last were in a pool, None if it never was in it."""
    row = await unit.members.get(symbol, name)
    if row is not None:
        return row.member
    actions = ("member.add", "member.change", "member.remove")
    changed = await _newest(unit, f"{symbol}/{name}", actions)
    return None if changed is None else _restored(changed.after, Member)


async def _newest(unit: Unit, target: str, actions: tuple[str, ...]) -> AuditRecord | None:
    """The newest record of something that was done to `target`."""
    cursor = None
    while True:
        page = await unit.audit.page(AuditCriteria(target=target), RECORDS_AT_ONCE, cursor)
        for record in page.items:
            if record.action in actions and record.result == DONE:
                return record
        cursor = page.next_cursor
        if cursor is None:
            return None


def _restored(text: str, kind: type[Kept]) -> Kept:
    """What an earlier version wrote may have other fields; those that are still there count."""
    written: dict[str, Any] = msgspec.json.decode(text)
    known = {name: value for name, value in written.items() if name in kind.__struct_fields__}
    return msgspec.convert(known, kind)

"""What was last in force: of a pool or a membership that is there, and of one that was deleted. The
audit log remembers those, because every change of them is in it and nothing leaves it."""

from market_maker.journaling.audit import newest_done, restored
from market_maker.model.caller import Caller
from market_maker.model.loosening import check_may_loosen, loosened_limits
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import ParticipantId
from market_maker.ports import Unit


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
    deleted = await newest_done(unit, symbol, ("pool.delete",))
    return None if deleted is None else restored(deleted.before, PoolConfig)


async def last_member(unit: Unit, symbol: str, name: ParticipantId) -> Member | None:
    """A participant's share and limits as they last were in a pool, None if it never was in it."""
    row = await unit.members.get(symbol, name)
    if row is not None:
        return row.member
    actions = ("member.add", "member.change", "member.remove")
    changed = await newest_done(unit, f"{symbol}/{name}", actions)
    return None if changed is None else restored(changed.after, Member)

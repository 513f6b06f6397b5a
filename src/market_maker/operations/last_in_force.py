"""What was last in force: of a pool or a membership that is there, and of one that was deleted. The
audit log remembers those, because every change of them is in it and nothing leaves it. An account
that is enrolled again is what it was."""

from market_maker.execution.alarms import SERVICE
from market_maker.journaling.audit import done, newest_done, restored
from market_maker.model.caller import Caller
from market_maker.model.loosening import (
    check_may_loosen,
    check_may_reactivate,
    loosened_limits,
    raised_terms,
)
from market_maker.model.participant import Participant, ParticipantCommand
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import ParticipantId
from market_maker.ports import Unit

ACTIVATED = f"participant.{ParticipantCommand.ACTIVATE}"
SUSPENDED = f"participant.{ParticipantCommand.SUSPEND}"


async def check_pool_limits(unit: Unit, caller: Caller, config: PoolConfig) -> None:
    """Raises ForbiddenError where `config` loosens what was last in force and the caller is not
    risk."""
    before = await _last_pool(unit, config.symbol)
    if before is not None:
        check_may_loosen(caller, loosened_limits(before, config))


async def next_version(unit: Unit, symbol: str) -> int:
    """Of a pool that is created: a deleted one's numbers go on. An engine that it left, since its
    members held a position, passes over what is older than it has."""
    deleted = await _last_deleted(unit, symbol)
    return 1 if deleted is None else deleted.version + 1


async def _last_pool(unit: Unit, symbol: str) -> PoolConfig | None:
    record = await unit.pools.get(symbol)
    if record is not None:
        return record.config
    return await _last_deleted(unit, symbol)


async def _last_deleted(unit: Unit, symbol: str) -> PoolConfig | None:
    deleted = await newest_done(unit, symbol, ("pool.delete",))
    return None if deleted is None else restored(deleted.before, PoolConfig)


async def check_terms(unit: Unit, caller: Caller, enrolled: Participant) -> None:
    """Raises ForbiddenError where an account comes back with greater limits than it had when its
    last participant was terminated, and the caller is not risk."""
    for former in await unit.participants.of_account(enrolled.account_id):
        check_may_loosen(caller, raised_terms(former, enrolled))
        return


async def check_may_activate(unit: Unit, caller: Caller, participant: Participant) -> None:
    """Raises ForbiddenError where a limit stopped the participant, or a former one of its account,
    no one has activated it since, and the caller is not risk."""
    for each in await unit.participants.of_account(participant.account_id):
        async for record in done(unit, each.participant_id):
            if record.action == ACTIVATED:
                return
            if record.action == SUSPENDED and record.subject == SERVICE.subject:
                check_may_reactivate(caller, record.reason)


async def last_member(unit: Unit, symbol: str, participant: Participant) -> Member | None:
    """A share and limits as they last were in a pool: the participant's, or else those of a former
    participant of its account; None if there are none."""
    for each in await unit.participants.of_account(participant.account_id):
        found = await _last_member(unit, symbol, each.participant_id)
        if found is not None:
            return found
    return None


async def _last_member(unit: Unit, symbol: str, name: ParticipantId) -> Member | None:
    row = await unit.members.get(symbol, name)
    if row is not None:
        return row.member
    actions = ("member.add", "member.change", "member.remove")
    changed = await newest_done(unit, f"{symbol}/{name}", actions)
    return None if changed is None else restored(changed.after, Member)

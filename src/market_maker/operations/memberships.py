"""Memberships: who is in a pool, with which weight and limits."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.execution.margin import within_margin
from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import IllegalTransitionError, NotFoundError
from market_maker.model.loosening import check_may_loosen, raised_limits
from market_maker.model.participant import Participant, ParticipantStatus, participant_allowed
from market_maker.model.pool import IDENTITY, LossLimit, Member, PositionLimit, Weight
from market_maker.model.records import MemberRecord
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Nanos, ParticipantId
from market_maker.model.versions import checked_version
from market_maker.operations.feasibility import check_member
from market_maker.operations.last_in_force import last_member
from market_maker.operations.limit_warnings import margin_warnings
from market_maker.operations.views import MembershipState, MemberView
from market_maker.ports import Clock, Store, Unit


class MemberChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to change; what is left out stays."""

    capital_weight_pct: Weight | None = None
    position_limit_usdt: PositionLimit | None = None
    max_loss_usdt: LossLimit | None = None


class Memberships:
    """Changes are hot: the live engine has them on its next cycle."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock, pools: RunningPools) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._pools = pools

    async def add(self, caller: Caller, symbol: str, member: Member) -> MemberView:
        """Raises NotFoundError (pool, participant), IllegalTransitionError unless the participant
        is ACTIVE, ConflictError("participant_id") if it is a member already, InvalidFieldError
        "Total capital weight would exceed 100%" or for a limit above the pool's, ForbiddenError
        where its share or a limit is greater than it last was and the caller is not risk."""
        member = msgspec.structs.replace(member, active=True)
        async with self._trail.refusals_kept(caller, "member.add", _target(symbol, member)):
            async with self._store.transaction() as unit:
                warnings = await self._check(unit, symbol, member)
                participant = await _participant(unit, member.participant_id)
                if participant.status is not ParticipantStatus.ACTIVE:
                    allowed = participant_allowed(participant.status)
                    raise IllegalTransitionError(participant.status, "join a pool", allowed)
                before = await last_member(unit, symbol, participant)
                row = await unit.members.add(symbol, member, self._clock.now())
                if before is not None:
                    check_may_loosen(caller, raised_limits(before, member))
                await self._append(unit, caller, "member.add", (None, row))
                view = await _view(unit, row, participant, warnings)
            await self._refresh(participant.participant_id)
        return view

    async def change(
        self,
        caller: Caller,
        symbol: str,
        participant_id: ParticipantId,
        change: MemberChange,
        expected_version: int | None = None,
    ) -> MemberView:
        """Change some fields. Raises as `add`, and ConflictError("version")."""
        async with self._trail.refusals_kept(caller, "member.change", f"{symbol}/{participant_id}"):
            async with self._store.reading() as unit:
                seen = await _membership(unit, symbol, participant_id)
            version = checked_version(seen.version, expected_version)
            async with self._store.transaction() as unit:
                await unit.pools.lock(symbol)
                before = await _membership(unit, symbol, participant_id)
                member = _changed(before.member, change)
                warnings = await self._check(unit, symbol, member)
                row = await unit.members.replace(symbol, member, version, self._clock.now())
                check_may_loosen(caller, raised_limits(before.member, member))
                participant = await _participant(unit, participant_id)
                await self._append(unit, caller, "member.change", (before, row))
                view = await _view(unit, row, participant, warnings)
            await self._refresh(participant.participant_id)
        return view

    async def remove(
        self, caller: Caller, symbol: str, participant_id: ParticipantId
    ) -> MemberView:
        """Remove softly: the row stays as REMOVED, the weight is free, its orders are cancelled.
        Removing again answers the same. Raises NotFoundError."""
        async with self._trail.refusals_kept(caller, "member.remove", f"{symbol}/{participant_id}"):
            async with self._store.transaction() as unit:
                await unit.pools.lock(symbol)
                participant = await _participant(unit, participant_id)
                row = await unit.members.get(symbol, participant_id)
                if row is None:
                    raise NotFoundError(f"member of {symbol}", participant_id)
                if row.member.active:
                    before, row = row, await removed(unit, row, self._clock.now())
                    await self._append(unit, caller, "member.remove", (before, row))
                view = await _view(unit, row, participant)
            await self._refresh(participant_id)
            await self._pools.refresh(symbol)
        return view

    async def _refresh(self, participant_id: ParticipantId) -> None:
        """All pools that a participant is in: its margin is shared out among them."""
        async with self._store.reading() as unit:
            rows = await unit.members.of_participant(participant_id)
        await self._pools.refresh(*(row.symbol for row in rows if row.member.active))

    async def of_pool(self, symbol: str) -> tuple[MemberView, ...]:
        """By participant_id, removed ones too. Raises NotFoundError (pool)."""
        async with self._store.glimpse() as unit:
            found = await unit.members.known(symbol)
        if found is None:
            raise NotFoundError("pool", symbol)
        return tuple(_shown(each.row, each.participant, each.limits) for each in found)

    async def _check(self, unit: Unit, symbol: str, member: Member) -> tuple[str, ...]:
        pool = await unit.pools.lock(symbol)
        instrument = self._pools.instrument(symbol)
        return check_member(instrument, pool.config, member, self._pools.price(symbol))

    async def _append(
        self,
        unit: Unit,
        caller: Caller,
        action: str,
        rows: tuple[MemberRecord | None, MemberRecord],
    ) -> None:
        before, after = rows
        await self._trail.append(
            unit,
            AuditEntry(
                caller=caller,
                action=action,
                target=_target(after.symbol, after.member),
                before=None if before is None else _audited(before.member),
                after=_audited(after.member),
            ),
        )


async def removed(unit: Unit, row: MemberRecord, now: Nanos) -> MemberRecord:
    """Remove a membership softly."""
    member = msgspec.structs.replace(row.member, active=False)
    return await unit.members.replace(row.symbol, member, row.version, now)


async def member_views(unit: Unit, rows: Sequence[MemberRecord]) -> tuple[MemberView, ...]:
    """Rows with their participants' status. Two statements, however many rows there are."""
    names = sorted({row.member.participant_id for row in rows})
    known = await unit.participants.some(names)
    limits = await unit.members.limits(names)
    return tuple(
        _shown(row, known[row.member.participant_id], limits.get(row.member.participant_id))
        for row in rows
    )


def _audited(member: Member) -> dict[str, object]:
    """What a membership itself says."""
    fields = msgspec.structs.asdict(member)
    return {name: value for name, value in fields.items() if name not in IDENTITY}


def _target(symbol: str, member: Member) -> str:
    return f"{symbol}/{member.participant_id}"


def _changed(member: Member, change: MemberChange) -> Member:
    given = {
        name: value for name, value in msgspec.structs.asdict(change).items() if value is not None
    }
    return msgspec.structs.replace(member, **given)


async def _membership(unit: Unit, symbol: str, participant_id: ParticipantId) -> MemberRecord:
    row = await unit.members.get(symbol, participant_id)
    if row is None or not row.member.active:
        raise NotFoundError(f"member of {symbol}", participant_id)
    return row


async def _participant(unit: Unit, participant_id: ParticipantId) -> Participant:
    participant = await unit.participants.get(participant_id)
    if participant is None:
        raise NotFoundError("participant", participant_id)
    return participant


async def _view(
    unit: Unit, row: MemberRecord, participant: Participant, warnings: tuple[str, ...] = ()
) -> MemberView:
    limits = await unit.members.limits([participant.participant_id])
    return _shown(row, participant, limits.get(participant.participant_id), warnings)


def _shown(
    row: MemberRecord,
    participant: Participant,
    total: Decimal | None,
    warnings: tuple[str, ...] = (),
) -> MemberView:
    """total: what the limits of all its active memberships sum to, None without one."""
    state, in_force = MembershipState.ACTIVE, Decimal(0)
    if not row.member.active:
        state = MembershipState.REMOVED
    elif participant.status is not ParticipantStatus.ACTIVE:
        state = MembershipState.SUSPENDED
    else:
        assert total is not None, row
        held = within_margin(row.member, participant.initial_margin_usdt, total)
        in_force = held.position_limit_usdt if held.active else in_force
        warnings = (*warnings, *margin_warnings(held, row.member, participant, total))
    return MemberView(
        **shared_fields(MemberView, row, row.member),
        display_name=participant.display_name,
        position_limit_in_force_usdt=in_force,
        state=state,
        warnings=warnings,
    )

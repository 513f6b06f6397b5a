"""ParticipantDirectory: enrolment, terms and status, across all pools."""

from collections.abc import Collection, Mapping
from uuid import uuid4

import msgspec

from market_maker.execution.running_pools import RunningPools
from market_maker.journaling.audit import AuditEntry, AuditTrail
from market_maker.model.caller import Caller
from market_maker.model.errors import IllegalTransitionError, NotFoundError
from market_maker.model.fields import check_given
from market_maker.model.loosening import check_may_loosen, raised_terms
from market_maker.model.participant import (
    ALL_PARTICIPANTS,
    Enrolment,
    Participant,
    ParticipantChange,
    ParticipantCommand,
    ParticipantCriteria,
    ParticipantStatus,
    participant_advance,
)
from market_maker.model.records import Page
from market_maker.model.units import ParticipantId
from market_maker.model.versions import checked_version
from market_maker.operations.last_in_force import check_may_activate, check_terms
from market_maker.operations.memberships import member_views, removed
from market_maker.operations.views import MemberView
from market_maker.ports import Clock, Store, Unit


class ParticipantDirectory:
    """Global identities; the commands reach every pool they are in."""

    def __init__(self, store: Store, trail: AuditTrail, clock: Clock, pools: RunningPools) -> None:
        self._store, self._trail, self._clock = store, trail, clock
        self._pools = pools

    async def enroll(self, caller: Caller, enrolment: Enrolment) -> Participant:
        """A new participant, PENDING, with an id of ours. Raises InvalidFieldError,
        ConflictError("account_id") for an account that is enrolled, ForbiddenError where an account
        comes back with greater limits than it had and the caller is not risk."""
        async with self._trail.refusals_kept(caller, "participant.enroll", enrolment.user_id):
            given = msgspec.structs.asdict(enrolment)
            check_given(Enrolment, given)
            now = self._clock.now()
            participant = Participant(
                **given | {"enrolled_by": enrolment.enrolled_by or caller.subject},
                participant_id=ParticipantId(str(uuid4())),
                status=ParticipantStatus.PENDING,
                version=1,
                created_at=now,
                updated_at=now,
            )
            async with self._store.transaction() as unit:
                await check_terms(unit, caller, participant)
                await unit.participants.add(participant)
                await self._append(unit, caller, "participant.enroll", (None, participant))
        return participant

    async def change(
        self,
        caller: Caller,
        participant_id: ParticipantId,
        change: ParticipantChange,
        expected_version: int | None = None,
    ) -> Participant:
        """Raises NotFoundError, InvalidFieldError, ConflictError("version"),
        IllegalTransitionError when TERMINATED, ForbiddenError where margin or drawdown limit grow
        and the caller is not risk."""
        async with self._trail.refusals_kept(caller, "participant.change", participant_id):
            fields = msgspec.structs.asdict(change)
            given = {name: value for name, value in fields.items() if value is not None}
            check_given(ParticipantChange, given)
            before = await self.get(participant_id)
            version = checked_version(before.version, expected_version)
            if before.status is ParticipantStatus.TERMINATED:
                raise IllegalTransitionError(before.status, "change", ())
            async with self._store.transaction() as unit:
                wanted = msgspec.structs.replace(before, **given)
                check_may_loosen(caller, raised_terms(before, wanted))
                after = await unit.participants.replace(wanted, version, self._clock.now())
                await self._append(unit, caller, "participant.change", (before, after))
            self._pools.names.forget(participant_id)
            async with self._store.reading() as unit:
                rows = await unit.members.of_participant(participant_id)
            await self._pools.refresh(*(row.symbol for row in rows if row.member.active))
        return after

    async def command(
        self,
        caller: Caller,
        participant_id: ParticipantId,
        command: ParticipantCommand,
        reason: str = "",
    ) -> Participant:
        """Activate, suspend (memberships stay, orders go) or terminate (removed from all pools,
        final). Idempotent. Raises NotFoundError, IllegalTransitionError, ForbiddenError where a
        limit stopped it and the caller who activates it is not risk."""
        async with self._trail.refusals_kept(caller, f"participant.{command}", participant_id):
            before = await self.get(participant_id)
            status = participant_advance(before.status, command)
            symbols: list[str] = []
            async with self._store.transaction() as unit:
                after = before
                if status is not before.status:
                    if command is ParticipantCommand.ACTIVATE:
                        await check_may_activate(unit, caller, before)
                    wanted = msgspec.structs.replace(before, status=status)
                    now = self._clock.now()
                    after = await unit.participants.replace(wanted, before.version, now)
                for row in await unit.members.of_participant(participant_id):
                    if row.member.active:
                        symbols.append(row.symbol)
                        if status is ParticipantStatus.TERMINATED:
                            await removed(unit, row, self._clock.now())
                await self._append(unit, caller, f"participant.{command}", (before, after), reason)
            await self._pools.refresh(*symbols)
        return after

    async def get(self, participant_id: ParticipantId) -> Participant:
        """Raises NotFoundError."""
        async with self._store.glimpse() as unit:
            participant = await unit.participants.get(participant_id)
        if participant is None:
            raise NotFoundError("participant", participant_id)
        return participant

    async def some(self, names: Collection[ParticipantId]) -> Mapping[ParticipantId, Participant]:
        """Those of these names that there are."""
        async with self._store.reading() as unit:
            return await unit.participants.some(names)

    async def of_account(self, account_id: str) -> Participant | None:
        """The one that is enrolled with an account, None if there is none."""
        async with self._store.glimpse() as unit:
            known = await unit.participants.of_account(account_id)
        live = [each for each in known if each.status is not ParticipantStatus.TERMINATED]
        return live[0] if live else None

    async def page(
        self,
        limit: int,
        cursor: str | None = None,
        wanted: ParticipantCriteria = ALL_PARTICIPANTS,
        *,
        sort: str = "participant_id",
    ) -> Page[Participant]:
        """By the field that `sort` names; backwards where - stands before it."""
        async with self._store.reading() as unit:
            return await unit.participants.page(limit, cursor, wanted, sort=sort)

    async def memberships(self, participant_id: ParticipantId) -> tuple[MemberView, ...]:
        """All of them, removed ones too, by symbol. Raises NotFoundError."""
        async with self._store.reading() as unit:
            if await unit.participants.get(participant_id) is None:
                raise NotFoundError("participant", participant_id)
            rows = await unit.members.of_participant(participant_id)
            return await member_views(unit, rows)

    async def _append(
        self,
        unit: Unit,
        caller: Caller,
        action: str,
        rows: tuple[Participant | None, Participant],
        reason: str = "",
    ) -> None:
        before, after = rows
        target = after.participant_id
        await self._trail.append(
            unit,
            AuditEntry(
                caller=caller,
                action=action,
                target=target,
                before=before,
                after=after,
                reason=reason,
            ),
        )

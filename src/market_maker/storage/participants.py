"""Participants."""

from collections.abc import Collection, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.participant import ALL_PARTICIPANTS, Participant, ParticipantCriteria
from market_maker.model.records import Page
from market_maker.model.units import Nanos, ParticipantId
from market_maker.storage.paging import (
    NAME,
    NAMES,
    TIME_AND_NAME,
    Sorting,
    read_page,
)
from market_maker.storage.pools import STALE
from market_maker.storage.session import StoreSession, in_parts, record, values_of
from market_maker.storage.tables import NOT_TERMINATED, participant_peaks, participants

_ID = participants.c.participant_id
_SORTINGS = {
    "participant_id": Sorting((_ID,), NAME),
    "display_name": Sorting((participants.c.display_name, _ID), NAMES),
    "status": Sorting((participants.c.status, _ID), NAMES),
    "tier": Sorting((participants.c.tier, _ID), NAMES),
    "created_at": Sorting((participants.c.created_at, _ID), TIME_AND_NAME),
}
"""By what participants are listed: few, so that an index of the identity alone will do."""


class StoredParticipants:
    """ports.Participants."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, participant: Participant) -> None:
        statement = self._session.insert_missing(participants)
        added = await self._session.run(statement, values_of(participant))
        if added.rowcount == 0:
            await self._check_account(participant.account_id)
            raise ConflictError("participant_id", participant.participant_id, "it is taken")

    async def _check_account(self, account_id: str) -> None:
        mine = participants.c.account_id == account_id
        query = select(participants.c.participant_id).where(mine, text(NOT_TERMINATED))
        row = await self._session.row(query)
        if row is not None:
            problem = f"participant {row[0]} has this account: an account is enrolled once"
            raise ConflictError("account_id", account_id, problem)

    async def get(self, participant_id: ParticipantId) -> Participant | None:
        query = select(participants).where(participants.c.participant_id == participant_id)
        row = await self._session.row(query)
        return None if row is None else record(Participant, row)

    async def some(self, names: Collection[ParticipantId]) -> dict[ParticipantId, Participant]:
        found: dict[ParticipantId, Participant] = {}
        for part in in_parts(names):
            query = select(participants).where(_ID.in_(part))
            rows = await self._session.rows(query)
            found |= {each.participant_id: each for each in (record(Participant, r) for r in rows)}
        return found

    async def replace(
        self, participant: Participant, expected_version: int, now: Nanos
    ) -> Participant:
        news = {"version": expected_version + 1, "updated_at": now}
        values = values_of(participant) | news
        del values["created_at"]
        mine = participants.c.participant_id == participant.participant_id
        unchanged = participants.c.version == expected_version
        changed = await self._session.run(
            update(participants).where(mine, unchanged).values(values)
        )
        stored = await self.get(participant.participant_id)
        if stored is None:
            raise NotFoundError("participant", participant.participant_id)
        if changed.rowcount == 0:
            raise ConflictError("version", stored.version, STALE)
        return stored

    async def page(
        self,
        limit: int,
        cursor: str | None = None,
        wanted: ParticipantCriteria = ALL_PARTICIPANTS,
        *,
        sort: str = "participant_id",
    ) -> Page[Participant]:
        query = select(participants)
        if wanted.status is not None:
            query = query.where(participants.c.status == wanted.status)
        if wanted.tier is not None:
            query = query.where(participants.c.tier == wanted.tier)
        if wanted.words is not None:
            texts = (participants.c.display_name, participants.c.participant_id)
            query = query.where(
                or_(*(each.icontains(wanted.words, autoescape=True) for each in texts))
            )
        convert = partial(record, Participant)
        order = _SORTINGS[sort.removeprefix("-")].turned(backwards=sort.startswith("-"))
        return await read_page(self._session, query, order, (limit, cursor), convert, counted=True)

    async def of_account(self, account_id: str) -> tuple[Participant, ...]:
        mine = participants.c.account_id == account_id
        newest = (participants.c.created_at.desc(), participants.c.participant_id)
        query = select(participants).where(mine).order_by(*newest)
        return tuple([record(Participant, row) for row in await self._session.rows(query)])

    async def peaks(self) -> dict[ParticipantId, Decimal]:
        rows = await self._session.rows(select(participant_peaks))
        return {ParticipantId(row.participant_id): row.pnl_usdt for row in rows}

    async def note_peaks(self, peaks: Mapping[ParticipantId, Decimal], now: Nanos) -> None:
        insert: Any = sqlite.insert if self._session.embedded else postgresql.insert
        statement = insert(participant_peaks)
        given = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=participant_peaks.primary_key.columns,
            set_={"pnl_usdt": given.pnl_usdt, "at": given["at"]},
        )
        rows = [{"participant_id": name, "pnl_usdt": pnl, "at": now} for name, pnl in peaks.items()]
        await self._session.run(statement, rows)

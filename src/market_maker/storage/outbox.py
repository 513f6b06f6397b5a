"""Events committed with their cause, claimed by relays, published.

Rows are claimed, never tailed by number: numbers are given before the commit, and a reader that
remembers the greatest one it saw misses what commits late.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Exists, and_, delete, exists, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError
from market_maker.model.records import OutboxBacklog, OutboxRecord
from market_maker.model.units import Nanos
from market_maker.storage.failures import Broken, broken
from market_maker.storage.session import StoreSession, record, values_of
from market_maker.storage.tables import outbox

CLAIM_LOCK = 0x6D6D_0003
"""PostgreSQL advisory lock: relays claim one after the other (they publish side by side). With
SKIP LOCKED alone, one relay could take a key's second event while another takes its first."""

_waiting = outbox.c.published_at.is_(None)
_event = partial(record, OutboxRecord)
_other = outbox.alias("other")
_same_key = and_(_other.c.key == outbox.c.key, _other.c.published_at.is_(None))


class StoredOutbox:
    """ports.Outbox."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, events: Sequence[OutboxRecord]) -> None:
        if not events:
            return
        fresh = {"held_until": 0, "parked": False, "published_at": None}
        try:
            await self._session.run(insert(outbox), [values_of(event) | fresh for event in events])
        except IntegrityError as error:
            if broken(error) is not Broken.UNIQUE:
                raise
            ids = ", ".join(event.event_id for event in events)
            raise ConflictError("event_id", ids, "used before") from error

    async def claim(self, now: Nanos, lease: Nanos, limit: int) -> tuple[OutboxRecord, ...]:
        await self._session.take_turns(CLAIM_LOCK)
        query = select(outbox).where(_waiting, ~_blocked(now)).order_by(outbox.c.id).limit(limit)
        # A row that is being marked this moment needs no claim, and is not waited for.
        rows = await self._session.rows(query.with_for_update(skip_locked=True))
        if rows:
            mine = outbox.c.id.in_([row.id for row in rows])
            values = {"held_until": now + lease}
            await self._session.run(update(outbox).where(mine).values(values))
        return tuple(map(_event, rows))

    async def published(self, event_ids: Sequence[str], now: Nanos) -> None:
        await self._set(event_ids, published_at=now)

    async def failed(self, event_ids: Sequence[str], *, park: bool) -> None:
        await self._set(event_ids, held_until=0, parked=park)

    async def unpark(self, key: str) -> int:
        parked = update(outbox).where(_waiting, outbox.c.key == key, outbox.c.parked)
        return (await self._session.run(parked.values(parked=False))).rowcount

    async def backlog(self) -> OutboxBacklog:
        oldest = func.min(outbox.c.created_at)
        parked = select(func.count()).where(_waiting, outbox.c.parked).scalar_subquery()
        row = await self._session.row(select(func.count(), parked, oldest).where(_waiting))
        assert row is not None
        waiting, held_back, since = row
        return OutboxBacklog(waiting, held_back, since)

    async def purge(self, published_before: Nanos) -> int:
        old = outbox.c.published_at < published_before
        return (await self._session.run(delete(outbox).where(old))).rowcount

    async def _set(self, event_ids: Sequence[str], **values: object) -> None:
        if event_ids:
            mine = and_(_waiting, outbox.c.event_id.in_(event_ids))
            await self._session.run(update(outbox).where(mine).values(**values))


def _blocked(now: Nanos) -> Exists:
    """Whether another event of the row's key, or the row itself, is held or parked."""
    return exists().where(_same_key, _other.c.parked | (_other.c.held_until > now))

"""Idempotency keys."""

from sqlalchemy import ColumnElement, and_, delete, select, update

from market_maker.model.records import KeyRecord
from market_maker.model.units import Nanos
from market_maker.storage.session import StoreSession, record, values_of
from market_maker.storage.tables import idempotency_keys


class StoredKeys:
    """ports.Keys."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def take(self, wanted: KeyRecord) -> KeyRecord | None:
        statement = self._session.insert_missing(idempotency_keys)
        added = await self._session.run(statement, values_of(wanted))
        if added.rowcount == 1:
            return None
        mine = _key(wanted.subject, wanted.key)
        row = await self._session.row(select(idempotency_keys).where(mine))
        return None if row is None else record(KeyRecord, row)

    async def answer(self, subject: str, key: str, status: int, answer: bytes) -> None:
        news = {"status": status, "answer": answer}
        await self._session.run(update(idempotency_keys).where(_key(subject, key)).values(news))

    async def release(self, subject: str, key: str) -> None:
        await self._session.run(delete(idempotency_keys).where(_key(subject, key)))

    async def purge(self, created_before: Nanos) -> int:
        old = idempotency_keys.c.created_at < created_before
        return (await self._session.run(delete(idempotency_keys).where(old))).rowcount


def _key(subject: str, key: str) -> ColumnElement[bool]:
    return and_(idempotency_keys.c.subject == subject, idempotency_keys.c.key == key)

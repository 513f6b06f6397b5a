"""The log of privileged calls."""

from functools import partial

from sqlalchemy import insert, or_, select
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError
from market_maker.model.records import AuditCriteria, AuditRecord, Page
from market_maker.storage.failures import Broken, broken
from market_maker.storage.paging import NUMBER, Sorting, read_page
from market_maker.storage.session import StoreSession, record, values_of
from market_maker.storage.tables import audit_log

APPEND_LOCK = 0x6D6D_0002
"""PostgreSQL advisory lock: an appender has read the head first, and no other process appends
in between."""

_NEWEST = Sorting((audit_log.c.seq,), NUMBER, newest_first=True)
_OLDEST = Sorting((audit_log.c.seq,), NUMBER)
_entry = partial(record, AuditRecord)


class StoredAudit:
    """ports.Audit."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def head(self) -> AuditRecord | None:
        await self._session.take_turns(APPEND_LOCK)
        row = await self._session.row(select(audit_log).order_by(audit_log.c.seq.desc()).limit(1))
        return None if row is None else _entry(row)

    async def append(self, entry: AuditRecord) -> None:
        try:
            await self._session.run(insert(audit_log), values_of(entry))
        except IntegrityError as error:
            if broken(error) is not Broken.UNIQUE:
                raise
            raise ConflictError("seq", entry.seq, "the chain goes on elsewhere") from error

    async def after(self, seq: int, limit: int) -> tuple[AuditRecord, ...]:
        query = select(audit_log).where(audit_log.c.seq > seq)
        page = await read_page(self._session, query, _OLDEST, (limit, None), _entry)
        return page.items

    async def page(
        self, criteria: AuditCriteria, limit: int, cursor: str | None = None
    ) -> Page[AuditRecord]:
        query = select(audit_log)
        for name in ("subject", "action", "target", "result"):
            wanted = getattr(criteria, name)
            if wanted is not None:
                query = query.where(audit_log.c[name] == wanted)
        if criteria.other_result is not None:
            query = query.where(audit_log.c.result != criteria.other_result)
        if criteria.words is not None:
            texts = (audit_log.c[name] for name in ("subject", "action", "target", "reason"))
            fits = (each.icontains(criteria.words, autoescape=True) for each in texts)
            query = query.where(or_(*fits))
        if criteria.since is not None:
            query = query.where(audit_log.c.ts >= criteria.since)
        if criteria.until is not None:
            query = query.where(audit_log.c.ts < criteria.until)
        order = _NEWEST.turned(backwards=criteria.backwards)
        return await read_page(self._session, query, order, (limit, cursor), _entry)

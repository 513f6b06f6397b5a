"""Alerts, stored."""

from functools import partial

from sqlalchemy import ColumnElement, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from market_maker.model.alerts import AlertCriteria, AlertRecord, AlertSeverity, AlertState
from market_maker.model.errors import ConflictError
from market_maker.model.records import Page
from market_maker.model.units import Nanos
from market_maker.storage.failures import Broken, broken
from market_maker.storage.paging import NUMBER, Sorting, read_page
from market_maker.storage.panel_tables import alerts
from market_maker.storage.session import StoreSession, record, values_of

_NEWEST = Sorting((alerts.c.id,), NUMBER, newest_first=True)
_HOLDS = alerts.c.cleared_at.is_(None)
_alert = partial(record, AlertRecord)

_IN_STATE: dict[AlertState, tuple[ColumnElement[bool], ...]] = {
    AlertState.OPEN: (_HOLDS, alerts.c.acknowledged_at.is_(None)),
    AlertState.ACKNOWLEDGED: (_HOLDS, alerts.c.acknowledged_at.is_not(None)),
    AlertState.CLEARED: (alerts.c.cleared_at.is_not(None),),
}


class StoredAlerts:
    """ports.AlertRecords."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, alert: AlertRecord) -> AlertRecord:
        values = {name: value for name, value in values_of(alert).items() if name != "id"}
        try:
            added = await self._session.run(insert(alerts).values(values).returning(alerts))
        except IntegrityError as error:
            if broken(error) is not Broken.UNIQUE:
                raise
            problem = f"one of {alert.symbol or 'the service'} holds already"
            raise ConflictError("kind", alert.kind, problem) from error
        return _alert(added.one())

    async def get(self, alert_id: int) -> AlertRecord | None:
        row = await self._session.row(select(alerts).where(alerts.c.id == alert_id))
        return None if row is None else _alert(row)

    async def holding(self) -> tuple[AlertRecord, ...]:
        query = select(alerts).where(_HOLDS).order_by(alerts.c.id)
        return tuple(map(_alert, await self._session.rows(query)))

    async def raise_to(self, alert_id: int, severity: AlertSeverity, text: str) -> None:
        news = {"severity": str(severity), "text": text}
        await self._session.run(update(alerts).where(alerts.c.id == alert_id).values(news))

    async def clear(self, alert_id: int, now: Nanos) -> None:
        mine = update(alerts).where(alerts.c.id == alert_id, _HOLDS)
        await self._session.run(mine.values(cleared_at=now))

    async def acknowledge(self, alert_id: int, by: str, note: str, now: Nanos) -> bool:
        free = alerts.c.acknowledged_at.is_(None)
        news = {"acknowledged_by": by, "acknowledged_at": now, "note": note}
        mine = update(alerts).where(alerts.c.id == alert_id, free).values(news)
        return (await self._session.run(mine)).rowcount == 1

    async def page(
        self, criteria: AlertCriteria, limit: int, cursor: str | None = None
    ) -> Page[AlertRecord]:
        query = select(alerts)
        if criteria.state is not None:
            query = query.where(*_IN_STATE[criteria.state])
        if criteria.severity is not None:
            query = query.where(alerts.c.severity == str(criteria.severity))
        if criteria.symbol is not None:
            query = query.where(alerts.c.symbol == criteria.symbol)
        return await read_page(self._session, query, _NEWEST, (limit, cursor), _alert)

    async def purge(self, cleared_before: Nanos) -> int:
        old = alerts.c.cleared_at < cleared_before
        return (await self._session.run(delete(alerts).where(old))).rowcount

"""Settlement records, the runs that made them, and the transfers that they lead to."""

from functools import partial

from msgspec.structs import replace
from sqlalchemy import and_, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.money import (
    SettlementRecord,
    SettlementRun,
    SettlementStatus,
    Transfer,
)
from market_maker.model.records import Page, SettlementCriteria
from market_maker.model.units import ParticipantId
from market_maker.storage.failures import Broken, broken
from market_maker.storage.money_tables import (
    STANDING,
    UNDER_WAY,
    settlement_runs,
    settlements,
    transfers,
)
from market_maker.storage.paging import NAMES_AND_NUMBER, Sorting, read_page
from market_maker.storage.pools import STALE
from market_maker.storage.session import StoreSession, record, values_of

_columns = settlements.c
_NEWEST = Sorting(
    (_columns.month, _columns.participant_id, _columns.revision),
    NAMES_AND_NUMBER,
    newest_first=True,
)
_settlement = partial(record, SettlementRecord)
_transfer = partial(record, Transfer)


class StoredSettlements:
    """ports.Settlements."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def open_run(self, run: SettlementRun) -> SettlementRun:
        await self._session.run(self._session.insert_missing(settlement_runs), values_of(run))
        stored = await self.run(run.month)
        assert stored is not None, run
        return stored

    async def run(self, month: str) -> SettlementRun | None:
        query = select(settlement_runs).where(settlement_runs.c.month == month)
        row = await self._session.row(query)
        return None if row is None else record(SettlementRun, row)

    async def add(self, settlement: SettlementRecord) -> bool:
        statement = self._session.insert_missing(settlements)
        try:
            return (await self._session.run(statement, values_of(settlement))).rowcount == 1
        except IntegrityError as error:
            if broken(error) is not Broken.REFERENCE:
                raise
            names = f"{settlement.participant_id}, {settlement.month}"
            raise NotFoundError("participant or run", names) from error

    async def get(self, settlement_id: str) -> SettlementRecord | None:
        query = select(settlements).where(_columns.settlement_id == settlement_id)
        row = await self._session.row(query)
        return None if row is None else _settlement(row)

    async def lock(self, settlement_id: str) -> SettlementRecord:
        query = select(settlements).where(_columns.settlement_id == settlement_id)
        row = await self._session.row(query.with_for_update())
        if row is None:
            raise NotFoundError("settlement", settlement_id)
        return _settlement(row)

    async def replace(
        self, settlement: SettlementRecord, expected_version: int
    ) -> SettlementRecord:
        # Every column is set: the trigger sees to it that amounts are what they were.
        new = replace(settlement, version=expected_version + 1)
        mine = and_(
            _columns.settlement_id == new.settlement_id, _columns.version == expected_version
        )
        if (await self._session.run(update(settlements).where(mine), values_of(new))).rowcount != 1:
            stored = await self.lock(new.settlement_id)
            raise ConflictError("version", stored.version, STALE)
        return new

    async def page(
        self, criteria: SettlementCriteria, limit: int, cursor: str | None = None
    ) -> Page[SettlementRecord]:
        query = select(settlements)
        for name in ("status", "participant_id", "month"):
            wanted = getattr(criteria, name)
            if wanted is not None:
                query = query.where(_columns[name] == wanted)
        return await read_page(
            self._session, query, _NEWEST, (limit, cursor), _settlement, counted=True
        )

    async def standing(self, participant_id: ParticipantId) -> tuple[SettlementRecord, ...]:
        query = select(settlements).where(_columns.participant_id == participant_id, text(STANDING))
        return tuple(map(_settlement, await self._session.rows(query.order_by(_columns.month))))

    async def revisions(self, participant_id: ParticipantId, month: str) -> int:
        mine = and_(_columns.participant_id == participant_id, _columns.month == month)
        row = await self._session.row(select(func.count()).where(mine))
        assert row is not None
        return int(row[0])

    async def counts(self) -> dict[SettlementStatus, int]:
        query = select(_columns.status, func.count()).group_by(_columns.status)
        found = {row[0]: row[1] for row in await self._session.rows(query)}
        return {status: found.get(status, 0) for status in SettlementStatus}


class StoredTransfers:
    """ports.Transfers."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def add(self, transfer: Transfer) -> None:
        try:
            await self._session.run(insert(transfers), values_of(transfer))
        except IntegrityError as error:
            match broken(error):
                case Broken.UNIQUE:
                    problem = "another attempt is under way or has moved the money"
                    raise ConflictError("transfer_id", transfer.transfer_id, problem) from error
                case Broken.REFERENCE:
                    raise NotFoundError("settlement", transfer.settlement_id) from error
                case Broken.OTHER:
                    raise

    async def get(self, transfer_id: str) -> Transfer | None:
        row = await self._session.row(
            select(transfers).where(transfers.c.transfer_id == transfer_id)
        )
        return None if row is None else _transfer(row)

    async def replace(self, transfer: Transfer) -> None:
        news = {
            name: getattr(transfer, name)
            for name in ("status", "wallet_txn_id", "problem", "updated_at")
        }
        mine = transfers.c.transfer_id == transfer.transfer_id
        if (await self._session.run(update(transfers).where(mine), news)).rowcount != 1:
            raise NotFoundError("transfer", transfer.transfer_id)

    async def of_settlement(self, settlement_id: str) -> tuple[Transfer, ...]:
        query = select(transfers).where(transfers.c.settlement_id == settlement_id)
        return tuple(map(_transfer, await self._session.rows(query.order_by(transfers.c.attempt))))

    async def open(self) -> tuple[Transfer, ...]:
        query = select(transfers).where(text(UNDER_WAY))
        rows = await self._session.rows(
            query.order_by(transfers.c.created_at, transfers.c.transfer_id)
        )
        return tuple(map(_transfer, rows))

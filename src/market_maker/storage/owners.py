"""Which worker trades which symbol.

Here the databases differ in one thing: on PostgreSQL rows are locked, on SQLite a transaction that
writes is alone. A claim waits for orders that are being put on record under the epoch before it,
because its worker reads what is on record next.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, delete, insert, select, update
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from market_maker.model.errors import ConflictError
from market_maker.model.ownership import Fence
from market_maker.model.units import Nanos
from market_maker.storage.failures import Broken, broken
from market_maker.storage.kept_connections import RawConnection
from market_maker.storage.session import StoreSession
from market_maker.storage.tables import symbol_owners, workers
from market_maker.storage.types import POSTGRESQL, SQLITE, Whole


class database_now(FunctionElement[int]):  # noqa: N801  reads as SQL
    """The database's clock at this instant, nanoseconds since 1970; of milliseconds on SQLite."""

    type = Whole()
    inherit_cache = True


class StoredOwners:
    """ports.SymbolOwners."""

    def __init__(self, session: StoreSession) -> None:
        self._session = session

    async def enlist(self, worker: str, lease: Nanos, *, alone: bool) -> None:
        if alone:
            await self._session.run(delete(workers))
        row = insert(workers).values(worker=worker, lease_until=database_now() + lease)
        try:
            await self._session.run(row)
        except IntegrityError as error:
            if broken(error) is not Broken.UNIQUE:
                raise
            raise ConflictError("worker", worker, "used before") from error

    async def renew(self, worker: str, lease: Nanos) -> bool:
        done = await self._session.run(_RENEW, {"name": worker, "lease": lease})
        return done.first() is not None

    async def claim(self, symbol: str, worker: str, lease: Nanos) -> Fence | None:
        known = select(workers.c.worker).where(workers.c.worker == worker)
        if await self._session.row(known.with_for_update(read=True)) is None:
            raise ConflictError("worker", worker, "struck off, since its lease had ended")
        first = self._session.insert_missing(symbol_owners)
        await self._session.run(first, {"symbol": symbol, "worker": None, "epoch": 0})
        this = symbol_owners.c.symbol == symbol
        row = await self._session.row(select(symbol_owners).where(this).with_for_update())
        assert row is not None, symbol
        if row.worker not in {None, worker} and not await self._has_ended(row.worker, lease):
            return None
        fence = Fence(symbol, worker, row.epoch + 1)
        news = update(symbol_owners).where(this).values(worker=worker, epoch=fence.epoch)
        await self._session.run(news)
        return fence

    async def release(self, fence: Fence) -> None:
        owners = symbol_owners.c
        mine = update(symbol_owners).where(owners.symbol == fence.symbol)
        held = mine.where(owners.worker == fence.worker, owners.epoch == fence.epoch)
        await self._session.run(held.values(worker=None))

    async def retire(self, worker: str) -> None:
        owned = symbol_owners.c.worker == worker
        await self._session.run(update(symbol_owners).where(owned).values(worker=None))
        await self._session.run(delete(workers).where(workers.c.worker == worker))

    async def hold(self, fences: Sequence[Fence]) -> None:
        wanted = {fence.symbol: fence for fence in fences}
        if not wanted:
            return
        rows = (await self._session.run(_HELD, {"symbols": sorted(wanted)})).all()
        now = {symbol: Fence(symbol, worker, epoch) for symbol, worker, epoch in rows}
        for fence in fences:
            if now.get(fence.symbol) != fence:
                raise _over(fence, now.get(fence.symbol))

    async def _has_ended(self, worker: str, lease: Nanos) -> bool:
        """Whether a worker has no lease any more; it is struck off then, so that it finds out."""
        this = workers.c.worker == worker
        longest = database_now() + lease
        cut = update(workers).where(this, workers.c.lease_until > longest)
        await self._session.run(cut.values(lease_until=longest))
        lasts = select(workers.c.lease_until > database_now()).where(this).with_for_update()
        row = await self._session.row(lasts)
        if row is not None and row[0]:
            return False
        await self._session.run(delete(workers).where(this))
        return True


_RENEW = (
    update(workers)
    .where(workers.c.worker == bindparam("name"))
    .values(lease_until=database_now() + bindparam("lease", type_=Whole))
    .returning(workers.c.worker)
)


async def renewed(connection: RawConnection, worker: str, lease: Nanos) -> bool:
    """`StoredOwners.renew`, and its transaction, by one statement of PostgreSQL. Raises what the
    driver does."""
    given = {"name": worker, "lease": lease}
    values = [given[name] for name in _RENEWED.positiontup or ()]
    return await connection.fetchval(str(_RENEWED), *values) is not None


# Made once: it goes along with every order. FOR KEY SHARE would not do: a claim changes no key, and
# would not wait for it.
_HELD = (
    select(symbol_owners.c.symbol, symbol_owners.c.worker, symbol_owners.c.epoch)
    .where(symbol_owners.c.symbol.in_(bindparam("symbols", expanding=True)))
    .with_for_update(read=True)
)


def _over(fence: Fence, now: Fence | None) -> ConflictError:
    holder = "no worker" if now is None or now.worker is None else now.worker
    current = f"{holder}, epoch {now.epoch if now else 0}"
    problem = f"no longer {fence.worker}, epoch {fence.epoch}"
    return ConflictError(f"owner of {fence.symbol}", current, problem)


@compiles(database_now, SQLITE)
def _now_on_sqlite(_element: database_now, _compiler: Any, **_options: Any) -> str:
    return "(CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER) * 1000000)"


@compiles(database_now, POSTGRESQL)
def _now_on_postgresql(_element: database_now, _compiler: Any, **_options: Any) -> str:
    return "(CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) * 1000)"


# Made once, and after what compiles it: every worker renews its lease all the time.
_RENEWED = _RENEW.compile(dialect=asyncpg.dialect())  # type: ignore[no-untyped-call]

"""Lists are read by index, however long they are: no sorting, no walk over a whole table."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import text

from market_maker.model.records import AuditCriteria, Criteria, Page
from market_maker.model.units import Nanos
from market_maker.ports import Unit
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, SYMBOL, audit, enroll, fill, order, pool

pytestmark = pytest.mark.anyio

LEASE = Nanos(1)
BY_NUMBER = "SCAN audit_log"
"""SQLite: along the key that the rows lie in the order of, as far as the page goes."""


async def pages(page: Callable[..., Awaitable[Page[Any]]], *of: Any) -> None:
    """The first one, and one that goes on with it."""
    first = await page(*of, 1)
    assert first.next_cursor is not None
    await page(*of, 100, first.next_cursor)


QUESTIONS: dict[str, Callable[[Unit], Awaitable[Any]]] = {
    "all orders": lambda unit: pages(unit.orders.page, Criteria()),
    "orders of a symbol": lambda unit: pages(unit.orders.page, Criteria(symbol=SYMBOL)),
    "orders of a span": lambda unit: unit.orders.page(
        Criteria(symbol=SYMBOL, since=NOW, until=NOW), 100
    ),
    "orders of a participant": lambda unit: pages(unit.orders.page, Criteria(participant_id=ACME)),
    "open orders": lambda unit: unit.orders.open(SYMBOL),
    "an order": lambda unit: unit.orders.get([order().client_order_id]),
    "the last order id": lambda unit: unit.orders.last_order_id(SYMBOL),
    "all fills": lambda unit: pages(unit.fills.page, Criteria()),
    "fills of a symbol": lambda unit: pages(unit.fills.page, Criteria(symbol=SYMBOL)),
    "fills of a participant": lambda unit: pages(unit.fills.page, Criteria(participant_id=ACME)),
    "the ledger": lambda unit: pages(unit.fills.ledger, SYMBOL),
    "the latest state": lambda unit: unit.states.latest(SYMBOL),
    "the audit log": lambda unit: pages(unit.audit.page, AuditCriteria()),
    "the audit log of a subject": lambda unit: pages(
        unit.audit.page, AuditCriteria(subject="ops-jane")
    ),
    "the audit log on": lambda unit: unit.audit.after(5, 100),
    "pools": lambda unit: pages(unit.pools.page),
    "members": lambda unit: unit.members.of_pool(SYMBOL),
    "memberships": lambda unit: unit.members.of_participant(ACME),
    "members of pools": lambda unit: unit.members.of_pools([SYMBOL]),
    "limits": lambda unit: unit.members.limits([ACME]),
    "participants by name": lambda unit: unit.participants.some([ACME]),
    "a claim": lambda unit: unit.outbox.claim(NOW, LEASE, 100),
}


async def plans(database: Database, question: Callable[[Unit], Awaitable[Any]]) -> list[str]:
    asked: list[tuple[str, Any]] = []

    def note(_connection, _cursor, statement, parameters, _context, _many) -> None:
        if statement.startswith("SELECT") and "advisory" not in statement:
            asked.append((statement, parameters))

    engine = database.writer.sync_engine
    sqlalchemy_event.listen(engine, "before_cursor_execute", note)
    async with DatabaseStore(database).transaction() as unit:
        await question(unit)
    sqlalchemy_event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN" if engine.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    lines: list[str] = []
    async with database.writer.begin() as connection:
        if engine.dialect.name == "postgresql":
            # On empty tables a walk is the cheapest; what matters is whether there is a way.
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            await connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        for statement, parameters in asked:
            found = await connection.exec_driver_sql(f"{explain} {statement}", parameters)
            lines += [str(row[-1]) for row in found]
    assert lines
    return lines


async def fill_tables(database: Database) -> None:
    """Two rows of everything that comes in pages."""
    async with DatabaseStore(database).transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order(1), order(2)])
        await unit.fills.add([fill(1), fill(2)])
        for seq in (1, 2):
            await unit.audit.append(audit(seq))
        for symbol in (SYMBOL, "ETHUSDT-PERP"):
            await unit.pools.add(pool(symbol), NOW)


@pytest.mark.parametrize("name", QUESTIONS)
async def test_an_index_answers(database: Database, name: str) -> None:
    await fill_tables(database)
    lines = await plans(database, QUESTIONS[name])
    wrong = [
        line
        for line in lines
        if "TEMP B-TREE" in line
        or "Seq Scan" in line
        or "Sort" in line
        or (line.startswith("SCAN") and "USING" not in line and line != BY_NUMBER)
    ]
    assert wrong == [], "\n".join(lines)

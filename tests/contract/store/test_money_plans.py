"""What is asked about money is read by index, however long the history is."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from market_maker.model.money import EntryKind, SettlementStatus
from market_maker.model.records import (
    ActivityCriteria,
    LedgerCriteria,
    LedgerSpan,
    SettlementCriteria,
)
from market_maker.model.units import Nanos
from market_maker.ports import Unit
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, SYMBOL, enroll, entry, fill, order, payment, presence
from tests.contract.store.money_rows import (
    HOUR,
    MONTH,
    activity,
    daily,
    mark,
    run,
    settlement,
    transfer,
)
from tests.contract.store.test_plans import pages, plans

pytestmark = pytest.mark.anyio

SPAN = LedgerSpan(
    participant_id=ACME,
    late_before=NOW,
    before=Nanos(NOW + 99),
    upto_entry=99,
    covered_ts=Nanos(5),
    covered_entry=1,
)
HOURS = {"since": HOUR, "until": Nanos(HOUR + 1)}
ALL = ActivityCriteria(**HOURS)
MINE = ActivityCriteria(participant_id=ACME, **HOURS)
OURS = ActivityCriteria(symbol=SYMBOL, **HOURS)
UNTIL = Nanos(NOW + 99)

READ: dict[str, Callable[[Unit], Awaitable[Any]]] = {
    "the newest entry": lambda unit: unit.ledger.newest(),
    "the head": lambda unit: unit.ledger.head(),
    "an entry's cause": lambda unit: unit.ledger.posted(EntryKind.FILL, ["x"]),
    "the latest entry of a pair": lambda unit: unit.ledger.latest(SYMBOL, ACME),
    "the ledger": lambda unit: pages(unit.ledger.page, LedgerCriteria()),
    "the ledger of a participant": lambda unit: pages(
        unit.ledger.page, LedgerCriteria(participant_id=ACME)
    ),
    "entries of a settlement": lambda unit: pages(unit.ledger.spanned, SPAN),
    "holdings": lambda unit: unit.ledger.holdings(UNTIL, 9),
    "holdings of one": lambda unit: unit.ledger.holdings(UNTIL, 9, ACME),
    "payments": lambda unit: pages(unit.funding.page, ActivityCriteria()),
    "a mark": lambda unit: unit.marks.at(SYMBOL, NOW, Nanos(5)),
    "marks of a symbol": lambda unit: pages(unit.marks.page, ActivityCriteria(symbol=SYMBOL)),
    "fills that wait for mids": lambda unit: unit.fill_marks.waiting(NOW, UNTIL, 9),
    "mids of fills": lambda unit: unit.fill_marks.of([fill(1)]),
    "stored fills": lambda unit: unit.fills.stored(1, 9),
    "the newest fill": lambda unit: unit.fills.newest(),
    "days": lambda unit: pages(unit.performance.daily, ActivityCriteria()),
    "days of a participant": lambda unit: unit.performance.daily(MINE, 9),
    "days of a symbol": lambda unit: unit.performance.daily(OURS, 9),
    "settlements": lambda unit: pages(unit.settlements.page, SettlementCriteria()),
    "settlements of a month": lambda unit: unit.settlements.page(
        SettlementCriteria(month=MONTH), 9
    ),
    "settlements that wait": lambda unit: unit.settlements.page(
        SettlementCriteria(status=SettlementStatus.PENDING), 9
    ),
    "standing settlements": lambda unit: unit.settlements.standing(ACME),
    "attempts": lambda unit: unit.transfers.of_settlement(settlement().settlement_id),
    "transfers under way": lambda unit: unit.transfers.open(),
}

ADDED_UP: dict[str, Callable[[Unit], Awaitable[Any]]] = {
    "sums of a settlement": lambda unit: unit.ledger.sums(SPAN),
    "sums by hour": lambda unit: unit.activity.hours(ALL, ("symbol", "side")),
    "sums by hour of a participant": lambda unit: unit.activity.hours(MINE, ("hour",)),
    "sums by hour of a symbol": lambda unit: unit.activity.hours(OURS, ("level",)),
    "days that are not rolled up": lambda unit: unit.performance.unrolled(UNTIL, Nanos(0)),
    "presence": lambda unit: unit.performance.presence(None, None, HOUR, UNTIL),
    "days of all participants": lambda unit: unit.performance.daily_all(Nanos(0), UNTIL),
}


async def fill_tables(database: Database) -> None:
    """Two rows of everything that comes in pages."""
    records = [settlement(), settlement(month="2025-09")]
    async with DatabaseStore(database).transaction() as unit:
        await enroll(unit)
        await unit.orders.add([order()])
        await unit.fills.add([fill(1), fill(2)])
        await unit.ledger.post([entry(1), entry(2), entry(3, symbol="ETH")])
        await unit.funding.add([payment(1), payment(2)])
        await unit.marks.put([mark(1), mark(2)])
        await unit.activity.add([activity()])
        await unit.performance.add_presence([presence()])
        await unit.performance.put_daily([daily(), daily(symbol="ETH")])
        for record in records:
            await unit.settlements.open_run(run(record.month))
            await unit.settlements.add(record)
        await unit.transfers.add(transfer(1))


BY_NUMBER = ("SCAN mm_ledger", "SCAN mm_fills")
"""SQLite: along the key that the rows lie in the order of, as far as the page goes."""


def walks(line: str) -> bool:
    """Whether a plan's line goes over a whole table."""
    whole = line.startswith("SCAN mm_") and "USING" not in line
    return whole or "Seq Scan on mm_" in line


@pytest.mark.parametrize("name", READ)
async def test_an_index_answers(database: Database, name: str) -> None:
    """In order, too: nothing is sorted."""
    await fill_tables(database)
    lines = await plans(database, READ[name])
    wrong = [
        line
        for line in lines
        if (walks(line) and line not in BY_NUMBER) or "TEMP B-TREE" in line or "Sort" in line
    ]
    assert wrong == [], "\n".join(lines)


@pytest.mark.parametrize("name", ADDED_UP)
async def test_what_is_added_up_is_found_by_index(database: Database, name: str) -> None:
    await fill_tables(database)
    lines = await plans(database, ADDED_UP[name])
    assert [line for line in lines if walks(line)] == [], "\n".join(lines)
    assert any("INDEX" in line or "Index" in line for line in lines), "\n".join(lines)


@pytest.mark.parametrize("name", ["entries of a settlement", "holdings of one"])
async def test_where_a_span_begins_is_looked_up_by_time(database: Database, name: str) -> None:
    """Not by a walk along the numbers from a participant's first entry on."""
    await fill_tables(database)
    lines = await plans(database, READ[name])
    assert any("ix_mm_ledger_participant_id_ts_event_entry_id" in line for line in lines)

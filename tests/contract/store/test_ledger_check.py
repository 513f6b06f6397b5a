"""The check of the ledger finds what was planted behind the program's back, and nothing else."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from market_maker.accounting.ledger_check import LedgerVerdict, check_ledger
from market_maker.journaling.bookkeeper import Bookkeeper
from market_maker.model.calendar import month_named
from market_maker.model.exact import ZERO
from market_maker.model.money import SettlementRecord, SettlementStatus
from market_maker.model.orders import Side
from market_maker.model.records import FillRecord
from market_maker.model.units import NANOS_PER_HOUR, Lots, Nanos, Ticks, Value
from market_maker.ports import Store, Unit
from market_maker.settlement.attribution import activity_of_marks
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import (
    approval_entry,
    transfer_entry,
)
from market_maker.storage.database import Database
from tests.builders import ACME, NOW, SYMBOL, enroll, fill, fill_marks, order, payment
from tests.contract.store.money_rows import MONTH, named, run, settlement
from tests.reference.openings import opened_at, opening_entry

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

OTHER = named("other")
FILLS = 60
VERSIONS = {order(n).client_order_id: n for n in (1, 2, 3)}
ORDERS = {
    1: order(1),
    2: order(2, participant_id=OTHER, config_version=2),
    3: order(3, symbol="ETHUSDT-PERP", config_version=3),
}


def trade(number: int) -> FillRecord:
    """One an hour, so that some hours are long over; sides, sizes and prices vary."""
    side = Side.BUY if number % 3 else Side.SELL
    of = ORDERS[number % 3 + 1]
    return fill(
        number,
        of,
        side=side,
        size=Lots(1 + number % 7),
        price=Ticks(600_000 + 37 * number % 100),
        fee=Value(number * 1_000_003 * (-1 if number % 5 else 1)),
        ts_event=Nanos(NOW + number * NANOS_PER_HOUR),
    )


async def prepare(unit: Unit) -> None:
    await enroll(unit, ACME, OTHER)
    await unit.orders.add(list(ORDERS.values()))


async def trade_and_settle(store: Store) -> None:
    """Fills in batches, funding between them, mids after some, a settlement that was paid."""
    books = Bookkeeper()
    async with store.transaction() as unit:
        await prepare(unit)
    for first in range(1, FILLS + 1, 12):
        fills = [trade(number) for number in range(first, first + 12)]
        paid = payment(first, ts_event=Nanos(fills[-1].ts_event + 1))
        async with store.transaction() as unit:
            await books.post(unit, await unit.fills.add(fills), VERSIONS, NOW)
            await books.fund(unit, await unit.funding.add([paid]), NOW)
            seen = [(each, fill_marks(each)) for each in fills[::2]]
            await unit.fill_marks.put([marks for _, marks in seen])
            await unit.activity.add(
                [
                    activity_of_marks(each, marks, VERSIONS[each.client_order_id])
                    for each, marks in seen
                ]
            )
    async with store.transaction() as unit:
        await unit.settlements.open_run(run())
        record = settlement(status=SettlementStatus.SETTLED)
        await unit.settlements.add(record)
        await unit.ledger.post([approval_entry(record, NOW), transfer_entry(record, NOW)])


async def checked(store: Store, month: str | None = None) -> LedgerVerdict:
    return await check_ledger(store, month_named(month) if month else None, lambda *_: None)


async def tampered(store: Store, database: Database, *statements: str) -> list[str]:
    """What the check finds after this was done with the keys to the database."""
    await trade_and_settle(store)
    async with database.writer.begin() as connection:
        if database.writer.dialect.name == "sqlite":
            for event in ("UPDATE", "DELETE"):
                await connection.execute(text(f"DROP TRIGGER mm_ledger_no_{event}"))
        else:
            await connection.execute(text("ALTER TABLE mm_ledger DISABLE TRIGGER USER"))
            await connection.execute(
                text("ALTER TABLE mm_ledger DROP CONSTRAINT ck_mm_ledger_balance")
            )
        for statement in statements:
            assert (await connection.execute(text(statement))).rowcount >= 1
    verdict = await checked(store)
    assert verdict.count == len(verdict.findings)
    return [f"{finding.about} {finding.problem}" for finding in verdict.findings]


async def test_a_ledger_that_is_right_is_found_right(store: Store) -> None:
    await trade_and_settle(store)
    told: list[tuple[int, int]] = []
    verdict = await check_ledger(store, None, lambda *args: told.append(args))
    assert verdict.findings == ()
    assert (verdict.entries, verdict.fills) == (FILLS + 5 + 2, FILLS)
    assert verdict.hours == FILLS
    assert sum(verdict.totals.values()) == 0
    assert verdict.totals["platform_share"] == Decimal("20.10")
    assert told == [(67, 67)]


async def test_an_empty_ledger_is_right(store: Store) -> None:
    assert (await checked(store)).count == 0
    assert (await checked(store, MONTH)).count == 0


async def test_an_edit_is_found_where_it_was_made(store: Store, database: Database) -> None:
    """It still balances."""
    found = await tampered(
        store,
        database,
        "UPDATE mm_ledger SET cash = '-1', inventory = '1', fees = '0' WHERE entry_id = 20",
    )
    assert found
    assert all(each.startswith("entry 20 ") for each in found)
    assert any("cash is -1, fill " in each for each in found)


async def test_an_imbalance_is_found(store: Store, database: Database) -> None:
    found = await tampered(store, database, "UPDATE mm_ledger SET cash = '7' WHERE entry_id = 20")
    assert any(each.startswith("entry 20 does not balance: its amounts sum to ") for each in found)
    assert any(each.startswith("entry 20 cash is 7, fill ") for each in found)


async def test_a_wrong_realised_profit_is_found(store: Store, database: Database) -> None:
    """Balanced by the inventory, as a wrong average cost would be."""
    found = await tampered(
        store,
        database,
        "UPDATE mm_ledger SET realised = '-5', inventory = '5', cash = '0', fees = '0' "
        "WHERE entry_id = 9",
    )
    assert any(each.startswith("entry 9 realised is -5, fill ") for each in found)
    assert all(each.startswith("entry 9 ") for each in found)


async def test_a_wrong_position_is_found_and_does_not_spoil_what_follows(
    store: Store, database: Database
) -> None:
    found = await tampered(
        store, database, "UPDATE mm_ledger SET position = '99' WHERE entry_id = 9"
    )
    assert len(found) == 1
    assert found[0].startswith("entry 9 position is 99, fill ")


async def test_a_wrong_last_position_is_found_by_the_sum_of_fills_too(
    store: Store, database: Database
) -> None:
    found = await tampered(
        store,
        database,
        "UPDATE mm_ledger SET position = '99' WHERE entry_id = "
        "(SELECT max(entry_id) FROM mm_ledger WHERE symbol = 'ETHUSDT-PERP')",
    )
    assert len(found) == 2
    assert found[1].startswith("position of acme in ETHUSDT-PERP is 99 by the ledger and ")


async def test_a_deleted_entry_is_found_with_its_fill(store: Store, database: Database) -> None:
    found = await tampered(store, database, "DELETE FROM mm_ledger WHERE entry_id = 10")
    assert "entry 10 is missing" in found
    assert any(each.startswith("fill '") and each.endswith(" has no entry") for each in found)


async def test_deleted_last_entries_are_found(store: Store, database: Database) -> None:
    found = await tampered(store, database, "DELETE FROM mm_ledger WHERE entry_id > 60")
    assert sum(each.endswith(" has no entry") and each.startswith("fill ") for each in found) == 4
    assert sum(each.startswith("funding ") for each in found) == 1
    assert any("is SETTLED and has no SETTLEMENT entry" in each for each in found)
    assert any("is SETTLED and has no TRANSFER entry" in each for each in found)


async def test_a_fill_that_was_never_posted_is_found(store: Store) -> None:
    await trade_and_settle(store)
    async with store.transaction() as unit:
        await unit.fills.add([trade(FILLS + 1)])
    verdict = await checked(store)
    assert any(
        f.about.startswith("fill ") and f"|{FILLS + 1}|" in f.about and f.problem == "has no entry"
        for f in verdict.findings
    )


async def test_a_deleted_fill_is_found(store: Store, database: Database) -> None:
    found = await tampered(store, database, "DELETE FROM mm_fills WHERE trade_id = 58")
    assert any(each.startswith("entry ") and "has no cause: no fill " in each for each in found)
    assert any(each.startswith("position of ") for each in found)


async def test_an_edited_fill_is_found(store: Store, database: Database) -> None:
    found = await tampered(store, database, "UPDATE mm_fills SET fee = fee + 1 WHERE trade_id = 31")
    assert any(" fees is " in each for each in found)
    assert any(
        each.startswith("hour ") and ": fees: " in each.replace(" fees", ": fees") for each in found
    )


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("UPDATE mm_activity SET fills = fills + 1 WHERE hour = ({})", "fills: fills and mids"),
        ("UPDATE mm_activity SET realised = '77' WHERE hour = ({})", "realised: "),
        ("UPDATE mm_activity SET adverse = '77' WHERE hour = ({})", "adverse: "),
        ("UPDATE mm_activity SET level = 5 WHERE hour = ({})", "volume_quote: "),
        ("DELETE FROM mm_activity WHERE hour = ({})", "volume_base: "),
    ],
)
@pytest.mark.parametrize("which", ["min", "max"])
async def test_wrong_sums_by_hour_are_found(
    store: Store, database: Database, statement: str, problem: str, which: str
) -> None:
    hour = "SELECT h FROM (SELECT max(hour) AS h FROM mm_activity) AS x"
    hour = hour.replace("max", which)
    found = await tampered(store, database, statement.format(hour))
    assert found
    assert all(each.startswith("hour 2025-10-") for each in found)
    assert any(problem in each for each in found)


async def test_an_edited_payment_is_found(store: Store, database: Database) -> None:
    found = await tampered(store, database, "UPDATE mm_funding SET amount = '5'")
    assert any(" cash is -3.0000, funding " in each for each in found)


@pytest.mark.parametrize(
    ("entries", "status", "problem"),
    [
        ((), SettlementStatus.APPROVED, "is APPROVED and has no SETTLEMENT entry"),
        ((approval_entry,), SettlementStatus.SETTLED, "is SETTLED and has no TRANSFER entry"),
        ((approval_entry,), SettlementStatus.PENDING, "is PENDING and has a SETTLEMENT entry"),
        ((approval_entry, transfer_entry), SettlementStatus.FAILED, "FAILED and has a TRANSFER"),
    ],
)
async def test_settlements_and_their_entries_have_to_agree(
    store: Store,
    entries: tuple[Callable[..., object], ...],
    status: SettlementStatus,
    problem: str,
) -> None:
    record = settlement(status=status)
    async with store.transaction() as unit:
        await prepare(unit)
        await unit.settlements.open_run(run())
        await unit.settlements.add(record)
        await unit.ledger.post([make(record, NOW) for make in entries])
    verdict = await checked(store)
    assert [problem in finding.problem for finding in verdict.findings] == [True]


async def test_an_entry_of_a_settlement_with_another_amount_is_found(store: Store) -> None:
    record = settlement(status=SettlementStatus.APPROVED)
    wrong: SettlementRecord = replace(record, platform_amount_usdt=Decimal("20.11"))
    async with store.transaction() as unit:
        await prepare(unit)
        await unit.settlements.open_run(run())
        await unit.settlements.add(record)
        await unit.ledger.post([approval_entry(wrong, NOW)])
    verdict = await checked(store)
    assert {f.about for f in verdict.findings} == {"entry 1"}
    assert "platform_share is 20.11" in verdict.findings[0].problem


async def test_a_position_that_was_brought_in_is_no_mistake(store: Store) -> None:
    brought = opened_at(Decimal("0.5"), Decimal(60_000))
    books = Bookkeeper()
    async with store.transaction() as unit:
        await prepare(unit)
        held = await unit.ledger.latest(SYMBOL, ACME)
        assert held is None
        await unit.ledger.post([opening_entry((SYMBOL, ACME), NOW, brought, FLAT)])
        await books.post(unit, await unit.fills.add([trade(3), trade(6)]), VERSIONS, NOW)
    verdict = await checked(store)
    assert verdict.findings == ()
    assert verdict.totals["realised"] != ZERO


async def test_a_month_is_checked_alone(store: Store, database: Database) -> None:
    """60 hours from 9 October 2025 on; moved so that they end in November."""
    books = Bookkeeper()
    shift = month_named("2025-11").start - NOW - 30 * NANOS_PER_HOUR
    fills = [replace(trade(n), ts_event=Nanos(trade(n).ts_event + shift)) for n in range(1, 61)]
    fills[40], fills[10] = fills[10], fills[40]  # late ones
    async with store.transaction() as unit:
        await prepare(unit)
        for first in range(0, 60, 10):
            new = await unit.fills.add(fills[first : first + 10])
            await books.post(unit, new, VERSIONS, NOW)
    october, november = await checked(store, "2025-10"), await checked(store, "2025-11")
    assert (october.count, november.count) == (0, 0)
    assert 29 <= october.entries < 60
    assert 30 <= november.entries < 60
    async with database.writer.begin() as connection:
        await connection.execute(text("UPDATE mm_fills SET price = price + 1 WHERE trade_id = 60"))
    assert (await checked(store, "2025-10")).count == 0
    assert (await checked(store, "2025-11")).count > 0


async def test_an_amount_of_a_settlement_that_was_changed_is_found(
    store: Store, database: Database
) -> None:
    await trade_and_settle(store)
    async with database.writer.begin() as connection:
        if database.writer.dialect.name == "sqlite":
            await connection.execute(text("DROP TRIGGER mm_settlements_frozen"))
        else:
            await connection.execute(text("ALTER TABLE mm_settlements DISABLE TRIGGER USER"))
        changed = (
            "UPDATE mm_settlements SET platform_amount_usdt = '1.00', net_payout_usdt = '99.50', "
            "amount_usdt = '1.00'"
        )
        assert (await connection.execute(text(changed))).rowcount == 1
    found = [finding.problem for finding in (await checked(store)).findings]
    assert "net_payout_usdt is 99.50, its components and terms make it 80.40" in found
    assert any(problem.startswith("platform_amount_usdt is 1.00, ") for problem in found)
    assert any(problem.startswith("amount_usdt is 1.00, ") for problem in found)

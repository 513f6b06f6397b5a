import asyncio
from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from market_maker.model.errors import ConflictError, NotFoundError
from market_maker.model.money import (
    MoneyFlow,
    SettlementRecord,
    SettlementRun,
    SettlementStatus,
    TransferStatus,
)
from market_maker.model.records import SettlementCriteria
from market_maker.model.units import Nanos
from market_maker.ports import Store
from market_maker.storage.database import Database
from market_maker.storage.store import DatabaseStore
from tests.builders import ACME, NOW, enroll
from tests.contract.store.money_rows import MONTH, named, run, settlement, transfer

pytestmark = pytest.mark.anyio

OTHER = named("other")
PENDING, APPROVED, REJECTED = (
    SettlementStatus.PENDING,
    SettlementStatus.APPROVED,
    SettlementStatus.REJECTED,
)


async def store_records(store: Store, *records: SettlementRecord) -> None:
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        for month in sorted({MONTH, *(record.month for record in records)}):
            await unit.settlements.open_run(run(month))
        for record in records:
            assert await unit.settlements.add(record)


async def test_the_first_run_of_a_month_stays(store: Store) -> None:
    async with store.transaction() as unit:
        assert await unit.settlements.run(MONTH) is None
        assert await unit.settlements.open_run(run()) == run()
        assert await unit.settlements.open_run(run(watermark=99, created_by="bob")) == run()
    async with store.reading() as unit:
        assert await unit.settlements.run(MONTH) == run()


async def test_runs_that_open_at_once_agree_on_one(store: Store) -> None:
    async def begin(number: int) -> SettlementRun:
        async with store.transaction() as unit:
            return await unit.settlements.open_run(run(watermark=number))

    runs = await asyncio.gather(*(begin(number) for number in range(10)))
    assert len({each.watermark for each in runs}) == 1


@pytest.mark.parametrize("statement", ["UPDATE {} SET watermark = 0", "DELETE FROM {}"])
async def test_the_database_itself_refuses_to_change_a_run(
    store: Store, database: Database, statement: str
) -> None:
    await store_records(store)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.writer.begin() as connection:
            await connection.execute(text(statement.format("mm_settlement_runs")))


async def test_a_record_comes_back_as_it_was_and_is_stored_once(store: Store) -> None:
    await store_records(store, settlement())
    async with store.transaction() as unit:
        assert await unit.settlements.get(settlement().settlement_id) == settlement()
        assert await unit.settlements.get("none") is None
        assert not await unit.settlements.add(settlement(trades=999))
        assert await unit.settlements.get(settlement().settlement_id) == settlement()


async def test_a_second_revision_stands_only_after_a_rejection(store: Store) -> None:
    await store_records(store, settlement())
    async with store.transaction() as unit:
        assert not await unit.settlements.add(settlement(2))
        assert await unit.settlements.revisions(ACME, MONTH) == 1
        rejected = replace(settlement(), status=REJECTED, rejected_by="x", rejection_reason="y")
        await unit.settlements.replace(rejected, 1)
        assert await unit.settlements.standing(ACME) == ()
        assert await unit.settlements.add(settlement(2))
        assert await unit.settlements.standing(ACME) == (settlement(2),)
        assert await unit.settlements.revisions(ACME, MONTH) == 2
        assert await unit.settlements.revisions(OTHER, MONTH) == 0


async def test_standing_records_come_oldest_month_first(store: Store) -> None:
    months = ["2026-01", "2025-12", "2025-11"]
    await store_records(store, *(settlement(month=m) for m in months))
    async with store.reading() as unit:
        found = await unit.settlements.standing(ACME)
    assert [record.month for record in found] == sorted(months)


async def test_a_record_without_a_run_or_a_participant_is_refused(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit)
    with pytest.raises(NotFoundError, match="participant or run"):
        async with store.transaction() as unit:
            await unit.settlements.add(settlement())


async def test_what_may_change_is_replaced_by_version(store: Store) -> None:
    await store_records(store, settlement())
    approved = replace(
        settlement(),
        status=APPROVED,
        approved_by="fin-amy",
        approved_at=NOW,
        claimed_by="amy",
        notes="ok",
        updated_at=Nanos(NOW + 5),
    )
    async with store.transaction() as unit:
        assert await unit.settlements.lock(approved.settlement_id) == settlement()
        assert await unit.settlements.replace(approved, 1) == replace(approved, version=2)
        assert await unit.settlements.get(approved.settlement_id) == replace(approved, version=2)
        with pytest.raises(ConflictError, match="it is 2 now"):
            await unit.settlements.replace(approved, 1)
        with pytest.raises(NotFoundError):
            await unit.settlements.replace(settlement(9), 1)
        with pytest.raises(NotFoundError):
            await unit.settlements.lock("none")


FROZEN: dict[str, Any] = {
    "gross_pnl_usdt": Decimal(1),
    "net_payout_usdt": Decimal(1),
    "platform_share_pct": Decimal(21),
    "carry_out_usdt": Decimal(1),
    "amount_usdt": Decimal("20.11"),
    "unrealised_end_usdt": Decimal(5),
    "watermark": 8,
    "covered_ts": Nanos(1),
    "covered_entry": 1,
    "period_end": Nanos(NOW + 1),
    "entries": 8,
    "money_flow": MoneyFlow.SYSTEM_CAPITAL,
    "created_by": "bob",
}


@pytest.mark.parametrize("name", FROZEN)
async def test_the_database_itself_refuses_to_change_an_amount(store: Store, name: str) -> None:
    await store_records(store, settlement())
    changed = replace(settlement(), status=APPROVED, **{name: FROZEN[name]})
    with pytest.raises(IntegrityError, match="frozen"):
        async with store.transaction() as unit:
            await unit.settlements.replace(changed, 1)
    async with store.reading() as unit:
        assert await unit.settlements.get(settlement().settlement_id) == settlement()


async def test_the_database_itself_keeps_records(store: Store, database: Database) -> None:
    await store_records(store, settlement())
    with pytest.raises(DBAPIError, match=r"kept|append-only"):
        async with database.writer.begin() as connection:
            await connection.execute(text("DELETE FROM mm_settlements"))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"net_payout_usdt": Decimal("80.41")}, "split"),
        ({"gross_exact_usdt": Decimal(100)}, "gross"),
        ({"carry_out_usdt": Decimal(-1)}, "carries"),
    ],
)
async def test_postgresql_itself_refuses_a_record_that_does_not_add_up(
    server: Database, fields: dict[str, Decimal], name: str
) -> None:
    with pytest.raises(IntegrityError, match=f"ck_mm_settlements_{name}"):
        await store_records(DatabaseStore(server), settlement(**fields))


async def test_a_loss_adds_up_too(store: Store) -> None:
    lost = settlement(
        realised_usdt=Decimal("-300.5"),
        gross_exact_usdt=Decimal("-299.5"),
        gross_pnl_usdt=Decimal("-299.50"),
        base_usdt=Decimal(0),
        platform_amount_usdt=Decimal(0),
        net_payout_usdt=Decimal(0),
        carry_out_usdt=Decimal("299.50"),
        amount_usdt=Decimal(0),
    )
    await store_records(store, lost)


async def test_pages_filter_and_run_from_the_newest_month_back(store: Store) -> None:
    await store_records(
        store,
        settlement(),
        settlement(participant_id=OTHER),
        settlement(month="2025-11", status=APPROVED),
        settlement(month="2025-11", participant_id=OTHER),
    )
    async with store.reading() as unit:
        first = await unit.settlements.page(SettlementCriteria(), 3)
        rest = await unit.settlements.page(SettlementCriteria(), 3, first.next_cursor)
        mine = SettlementCriteria(status=PENDING, participant_id=ACME, month=MONTH)
        assert (await unit.settlements.page(mine, 9)).items == (settlement(),)
        assert await unit.settlements.counts() == {
            PENDING: 3,
            APPROVED: 1,
            REJECTED: 0,
            SettlementStatus.SETTLED: 0,
            SettlementStatus.FAILED: 0,
        }
    assert [(r.month, r.participant_id) for r in first.items + rest.items] == [
        ("2025-11", OTHER),
        ("2025-11", ACME),
        (MONTH, OTHER),
        (MONTH, ACME),
    ]


async def test_a_transfer_is_tried_one_attempt_at_a_time(store: Store) -> None:
    await store_records(store, settlement())
    async with store.transaction() as unit:
        await unit.transfers.add(transfer(1))
        assert await unit.transfers.get(transfer(1).transfer_id) == transfer(1)
        assert await unit.transfers.get("none") is None
        assert await unit.transfers.open() == (transfer(1),)
    for second in (transfer(1), transfer(2)):
        with pytest.raises(ConflictError, match="under way"):
            async with store.transaction() as unit:
                await unit.transfers.add(second)
    refused = replace(transfer(1), status=TransferStatus.REFUSED, problem="no money")
    done = transfer(2, status=TransferStatus.DONE, wallet_txn_id="w-1")
    async with store.transaction() as unit:
        await unit.transfers.replace(replace(transfer(1), status=TransferStatus.UNKNOWN))
        assert len(await unit.transfers.open()) == 1
        await unit.transfers.replace(refused)
        await unit.transfers.add(done)
        assert await unit.transfers.open() == ()
        assert await unit.transfers.of_settlement(settlement().settlement_id) == (refused, done)
    with pytest.raises(ConflictError, match="moved the money"):
        async with store.transaction() as unit:
            await unit.transfers.add(transfer(3))


async def test_a_transfer_of_nothing_stored_is_refused(store: Store) -> None:
    with pytest.raises(NotFoundError, match="settlement"):
        async with store.transaction() as unit:
            await unit.transfers.add(transfer(1))
    with pytest.raises(NotFoundError, match="transfer"):
        async with store.transaction() as unit:
            await unit.transfers.replace(transfer(1))

"""Settling on each database: several at once, each from a connection of its own, and one truth."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal

import pytest
from sqlalchemy import URL

from market_maker.model.errors import ConflictError, DomainError, IllegalTransitionError
from market_maker.model.money import EntryKind, SettlementStatus
from market_maker.model.units import Nanos, ParticipantId
from market_maker.performance.rollup import RollUp
from market_maker.storage.database import open_database
from market_maker.storage.store import DatabaseStore
from tests.builders import presence
from tests.support.counting_house import (
    ACME,
    ANN,
    DAY,
    DECEMBER,
    HOUR,
    MAY,
    NOVEMBER,
    OCTOBER,
    PAT,
    House,
    analytics_on,
    payouts_on,
    scores_on,
)

pytestmark = pytest.mark.anyio


@pytest.fixture
async def houses(url: URL) -> AsyncIterator[list[House]]:
    """Two processes, as far as the database can see."""
    async with AsyncExitStack() as stack:
        opened = []
        for _ in range(2):
            database = open_database(url)
            stack.push_async_callback(database.close)
            opened.append(House(DatabaseStore(database)))
        opened[1].wallet = opened[0].wallet
        opened[1].payouts = payouts_on(opened[1].store, opened[1].clock, opened[0].wallet)
        yield opened


def later(houses: list[House], moment: int) -> None:
    for each in houses:
        each.clock.advance_to(Nanos(moment))


async def test_two_runners_make_the_same_records_once_while_fills_go_on(houses) -> None:
    first, second = houses
    names = [ParticipantId(f"p{number}") for number in range(6)]
    for number, name in enumerate(names):
        await first.enrol(name)
        await first.earn(name, OCTOBER.start + number, f"{100 * number - 50}.005")
    later(houses, NOVEMBER.start + HOUR)

    async def trade() -> None:
        for number in range(12):
            await first.earn(names[number % 6], NOVEMBER.start + number, "1")

    results = await asyncio.gather(
        first.settling.close(MAY, "2025-10"), second.settling.close(PAT, "2025-10"), trade()
    )
    created = [name for closed in results[:2] for name in closed.created]
    assert sorted(created) == [f"stl-2025-10-1-{name}" for name in names]
    assert results[0].records == results[1].records
    assert {record.late_entries for record in results[0].records} == {0}
    actions = [action for _, action, _ in await first.audit()]
    assert (actions.count("settlement.close"), actions.count("settlement.create")) == (1, 6)


async def test_of_many_who_approve_or_reject_at_once_one_succeeds(houses) -> None:
    name = await houses[0].pending()
    later(houses, NOVEMBER.start + 2 * HOUR)
    calls = [houses[number % 2].settling.approve(ANN, name) for number in range(6)]
    calls += [houses[number % 2].settling.reject(PAT, name, "no") for number in range(4)]
    results = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in results if isinstance(each, IllegalTransitionError)]
    assert len(refused) == 9
    record = (await houses[0].settling.get(name)).record
    approved = record.status is SettlementStatus.APPROVED
    assert len(await houses[0].ledger(kind=EntryKind.SETTLEMENT)) == approved
    results = [result for _, _, result in await houses[0].audit()]
    assert sum(result != "done" for result in results) == 9


async def test_of_many_who_pay_at_once_one_pays(houses) -> None:
    name = await houses[0].approved()
    later(houses, NOVEMBER.start + 2 * HOUR)
    results = await asyncio.gather(
        *(houses[number % 2].payouts.pay(PAT, name) for number in range(6)),
        *(house.payouts.resolve() for house in houses),
        return_exceptions=True,
    )
    assert sum(isinstance(each, DomainError) for each in results) == 5
    assert houses[0].wallet.moved == [f"{name}-1"]
    assert len(await houses[0].ledger(kind=EntryKind.TRANSFER)) == 1
    assert (await houses[0].settling.get(name)).record.status is SettlementStatus.SETTLED


async def test_a_rejection_and_the_next_months_closing_at_once_fit_together(houses) -> None:
    first, second = houses
    name = await first.pending()
    await first.earn(ACME, NOVEMBER.start + DAY, "1")
    later(houses, DECEMBER.start + HOUR)
    rejected, closed = await asyncio.gather(
        first.settling.reject(ANN, name, "no"),
        second.settling.close(PAT, "2025-11"),
        return_exceptions=True,
    )
    (november,) = [r for r in closed.records if r.participant_id == ACME]
    if isinstance(rejected, ConflictError):
        assert (november.late_entries, november.gross_pnl_usdt) == (0, Decimal(1))
    else:
        assert november.gross_pnl_usdt == Decimal("1250.88")


async def test_of_two_who_make_a_rejected_month_again_one_does(houses) -> None:
    name = await houses[0].pending()
    await houses[0].settling.reject(ANN, name, "no")
    later(houses, NOVEMBER.start + 2 * HOUR)
    results = await asyncio.gather(
        *(house.settling.recreate(PAT, name) for house in houses), return_exceptions=True
    )
    assert sum(isinstance(each, ConflictError) for each in results) == 1
    assert len(await houses[0].records(participant_id=ACME)) == 2


async def test_what_is_only_read_can_be_read(houses) -> None:
    house = houses[0]
    await house.pending()
    async with house.store.transaction() as unit:
        await unit.performance.add_presence([presence(hour=Nanos(OCTOBER.start))])
    shown = await house.settling.close(MAY, "2025-11", dry_run=True)
    assert [record.month for record in shown.records] == []
    again = await house.settling.close(MAY, "2025-10", dry_run=True)
    assert len(again.records) == 2
    made = await asyncio.gather(*(RollUp(h.store, house.clock).step() for h in houses))
    assert sorted(made) == [0, 1]
    board = await scores_on(house).leaderboard(OCTOBER.start, NOVEMBER.start)
    assert [row.participant_id for row in board.rows] == [ACME]
    view = await analytics_on(house).overview()
    assert view.pending_settlements == 2
    assert (await analytics_on(house).attribution()).whole is not None

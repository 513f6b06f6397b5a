import asyncio
from decimal import Decimal

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from market_maker.model.errors import NotFoundError
from market_maker.model.orders import Side
from market_maker.model.records import (
    Criteria,
    FillRecord,
    FillTotal,
    LedgerSpan,
    OrderRecord,
    TokenFee,
)
from market_maker.model.units import Lots, Nanos, ParticipantId, Ticks, Value
from market_maker.ports import Store
from market_maker.settlement.average_cost import FLAT
from market_maker.settlement.posting import fill_entry
from market_maker.storage.database import Database
from tests.builders import ACME, NOW, SYMBOL, enroll, fill, order

pytestmark = pytest.mark.anyio

BETA = ParticipantId("beta")
SELL = order(2, side=Side.SELL, participant_id=BETA, account_id="account-beta")


async def prepare(store: Store, *orders: OrderRecord) -> None:
    async with store.transaction() as unit:
        await enroll(unit, "acme", "beta")
        await unit.orders.add(orders or (order(), SELL))


async def test_fills_come_back_as_they_were_stored_in_the_order_of_the_ledger(
    store: Store,
) -> None:
    await prepare(store)
    late = fill(1, ts_event=Nanos(NOW - 5), fee=Value(2**62), mid_x2=0)
    reports = (fill(5), fill(2, SELL), late)
    async with store.transaction() as unit:
        assert await unit.fills.add(reports) == reports
        assert await unit.fills.add([]) == ()
    async with store.reading() as unit:
        first = await unit.fills.ledger(SYMBOL, 2)
        rest = await unit.fills.ledger(SYMBOL, 2, first.next_cursor)
        page = await unit.fills.page(Criteria(symbol=SYMBOL), 10)
    assert first.items + rest.items == reports
    assert rest.next_cursor is None
    assert page.items == (fill(5), fill(2, SELL), late)


async def test_a_fill_is_stored_once_however_often_it_is_reported(store: Store) -> None:
    await prepare(store)
    async with store.transaction() as unit:
        again = fill(1, price=Ticks(1))
        assert await unit.fills.add([fill(1), again, fill(1, SELL)]) == (fill(1), fill(1, SELL))
        assert await unit.fills.add([fill(1), fill(2), fill(2)]) == (fill(2),)
    async with store.reading() as unit:
        stored = await unit.fills.ledger(SYMBOL, 10)
    assert stored.items == (fill(1), fill(1, SELL), fill(2))


async def test_reported_by_two_at_once_a_fill_is_new_to_one_of_them(store: Store) -> None:
    await prepare(store)
    reports = [fill(n) for n in range(1, 31)]

    async def add(shift: int) -> tuple[int, ...]:
        async with store.transaction() as unit:
            new = await unit.fills.add(sorted(reports, key=lambda f: f.trade_id)[shift:])
        return tuple(report.trade_id for report in new)

    given = await asyncio.gather(*(add(shift) for shift in range(10)))
    assert sorted(sum(given, ())) == list(range(1, 31))


async def test_a_fill_without_an_order_or_an_owner_is_refused(store: Store) -> None:
    await prepare(store)
    stray = (
        fill(1, client_order_id="mm-nobody-knows"),
        fill(1, participant_id=ParticipantId("nobody")),
    )
    for report in stray:
        with pytest.raises(NotFoundError, match="order, or owner"):
            async with store.transaction() as unit:
                await unit.fills.add([fill(9), report])
    async with store.reading() as unit:
        assert (await unit.fills.ledger(SYMBOL, 10)).items == ()


async def test_the_database_itself_wants_an_owner(store: Store, database: Database) -> None:
    await prepare(store)
    async with store.transaction() as unit:
        await unit.fills.add([fill(1)])
    for statement in (
        "UPDATE mm_fills SET participant_id = NULL",
        "UPDATE mm_fills SET participant_id = 'unknown'",
        "DELETE FROM mm_participants",
        "DELETE FROM mm_orders",
    ):
        with pytest.raises(IntegrityError):
            async with database.writer.begin() as connection:
                await connection.execute(text(statement))


@pytest.mark.thorough
async def test_positions_are_the_signed_sums_of_all_fills(store: Store) -> None:
    await prepare(store)
    coarse = Decimal("0.01")
    async with store.transaction() as unit:
        await unit.fills.add([fill(n, size=Lots(n)) for n in range(1, 5)])
        await unit.fills.add([fill(n, SELL, size=Lots(n)) for n in range(1, 4)])
        await unit.fills.add([fill(5, size=Lots(1), lot_size=coarse)])
    async with store.reading() as unit:
        positions = await unit.fills.positions(SYMBOL)
        assert await unit.fills.positions("NONE") == {}
    assert positions == {ACME: Decimal("0.020"), BETA: Decimal("-0.006")}


async def test_the_summary_adds_up_exactly_within_its_span(store: Store) -> None:
    await prepare(store)
    async with store.transaction() as unit:
        await unit.fills.add(
            [
                fill(1, price=Ticks(600_001), size=Lots(3), fee=Value(-9_000_000)),
                fill(2, price=Ticks(600_003), size=Lots(1), fee=Value(1)),
                fill(3, SELL, price=Ticks(2), size=Lots(7), fee=Value(0)),
                fill(4, price=Ticks(1), size=Lots(1)),
            ]
        )
    async with store.reading() as unit:
        totals = await unit.fills.summary(SYMBOL, Nanos(NOW + 1), Nanos(NOW + 4))
    buy = FillTotal(Side.BUY, 2, Decimal("0.004"), Decimal("240.0006"), Decimal("-0.000008999999"))
    sell = FillTotal(Side.SELL, 1, Decimal("0.007"), Decimal("0.0014"), Decimal(0))
    assert totals == (buy, sell)


async def test_every_criterion_that_is_given_must_hold(store: Store) -> None:
    await prepare(store)
    async with store.transaction() as unit:
        await unit.fills.add([fill(n) for n in range(1, 11)])
        await unit.fills.add([fill(n, SELL) for n in range(1, 11)])
    wanted = Criteria(
        symbol=SYMBOL,
        participant_id=BETA,
        side=Side.SELL,
        since=Nanos(NOW + 3),
        until=Nanos(NOW + 8),
    )
    async with store.reading() as unit:
        first = await unit.fills.page(wanted, 3)
        rest = await unit.fills.page(wanted, 3, first.next_cursor)
    assert [f.trade_id for f in first.items + rest.items] == [7, 6, 5, 4, 3]
    assert rest.next_cursor is None


async def test_token_fees_are_kept_and_summed_by_token_over_the_entries_of_a_span(
    store: Store,
) -> None:
    """With names that the cause of an entry writes otherwise. The last two were posted after the
    watermark, one of them of a month before."""
    odd = order(3, client_order_id="a|b%c", account_id="x%7Cy|")
    await prepare(store, order(), SELL, odd)

    def paid(trade: int, token: str, amount: str, **fields: object) -> FillRecord:
        kept = {"fee_token": token, "fee_token_amount": Decimal(amount), "fee": Value(0)}
        return fill(trade, **(kept | fields))  # type: ignore[arg-type]

    early = paid(5, "MMX", "16", ts_event=Nanos(NOW - 5))
    late = paid(4, "MMX", "8", ts_event=Nanos(NOW - 5))
    rows = (
        early,
        fill(1),
        paid(2, "MMX", "0.1", of=odd),
        paid(3, "MMX", "0.000000000000000002"),
        late,
        paid(6, "XYZ", "-1"),
        paid(20, "MMX", "32"),
        paid(7, "MMX", "64", of=SELL),
        paid(8, "MMX", "128"),
        paid(9, "MMX", "256", ts_event=Nanos(NOW - 6)),
    )
    async with store.transaction() as unit:
        assert await unit.fills.add(rows) == rows
        await unit.ledger.post([fill_entry(row, FLAT, Nanos(NOW)) for row in rows])
    span = LedgerSpan(
        participant_id=ACME,
        late_before=Nanos(NOW),
        before=Nanos(NOW + 20),
        upto_entry=8,
        covered_ts=Nanos(NOW),
        covered_entry=1,
    )
    async with store.reading() as unit:
        ledger = (await unit.fills.ledger(SYMBOL, 10)).items
        found = await unit.ledger.token_fees(span)
        assert await unit.ledger.token_fees(replace(span, participant_id="x")) == ()
    assert ledger == rows
    assert found == (
        TokenFee("MMX", Decimal("8.100000000000000002")),
        TokenFee("XYZ", Decimal(-1)),
    )


async def test_fees_of_a_fine_grid_are_summed_beyond_what_a_word_holds(store: Store) -> None:
    """Of a tick x lot of 1e-8, 500 USDT are 5e18. SQLite said "integer overflow"."""
    await prepare(store)
    large = Value(5 * 10**18)
    fine = {"tick_size": Decimal("1e-8"), "lot_size": Decimal(1), "fee": large}
    async with store.transaction() as unit:
        await unit.fills.add([fill(number, **fine) for number in (1, 2, 3)])
        (total,) = await unit.fills.summary(SYMBOL, Nanos(NOW), Nanos(NOW + 4))
    assert total.fees == 1_500

"""Posting in the transaction that stores, and what an earlier version left without a ledger."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from market_maker.clocks import WallClock
from market_maker.engine.position import Position
from market_maker.journaling.bookkeeper import FILLS_AT_ONCE, Bookkeeper, is_complete, post_stored
from market_maker.model.errors import InvalidDataError
from market_maker.model.money import LedgerEntry
from market_maker.model.orders import Side
from market_maker.model.records import ActivityCriteria, FillRecord, LedgerCriteria
from market_maker.model.units import VALUE_SCALE, Lots, Nanos, Ticks, Value
from market_maker.ports import Store, Unit
from tests.builders import ACME, NOW, SYMBOL, enroll, fill, order, payment
from tests.contract.store.money_rows import named
from tests.examples import examples

pytestmark = [pytest.mark.anyio, pytest.mark.thorough]

OTHER = named("other")
VERSIONS = {order(n).client_order_id: n for n in range(1, 3)}


def trade(number: int, signed_size: int, price: int = 600_000, who: str = ACME) -> FillRecord:
    of = order(1 if who == ACME else 2, participant_id=named(who))
    side = Side.BUY if signed_size > 0 else Side.SELL
    return fill(number, of, side=side, size=Lots(abs(signed_size)), price=Ticks(price))


async def prepare(store: Store) -> None:
    async with store.transaction() as unit:
        await enroll(unit, ACME, OTHER)
        second = order(2, participant_id=OTHER, config_version=2)
        await unit.orders.add([order(1), second])


async def keep(
    store: Store, books: Bookkeeper, fills: Sequence[FillRecord]
) -> tuple[LedgerEntry, ...]:
    async def work(unit: Unit) -> tuple[LedgerEntry, ...]:
        new = await unit.fills.add(fills)
        return await books.post(unit, new, VERSIONS, NOW)

    return await store.commit(work)


async def everything(store: Store) -> tuple[LedgerEntry, ...]:
    async with store.reading() as unit:
        return (await unit.ledger.page(LedgerCriteria(), 10_000)).items


async def test_a_fill_is_posted_once_and_follows_from_what_was_held(store: Store) -> None:
    await prepare(store)
    books = Bookkeeper()
    first = await keep(store, books, [trade(1, 10), trade(2, -4, 600_100), trade(3, 5, who=OTHER)])
    again = await keep(store, books, [trade(2, -4, 600_100), trade(4, -6, 599_000)])
    assert [e.position for e in first] == [Decimal("0.010"), Decimal("0.006"), Decimal("0.005")]
    assert [e.position for e in again] == [Decimal(0)]
    assert [e.realised for e in first + again] == [0, Decimal("-0.04"), 0, Decimal("0.6")]
    assert await keep(store, books, []) == ()
    async with store.reading() as unit:
        by = ("participant_id", "config_version", "side")
        sums = await unit.activity.hours(ActivityCriteria(), by)
    assert [(s.participant_id, s.config_version, s.side, s.fills, s.realised) for s in sums] == [
        (ACME, 1, "BUY", 1, 0),
        (ACME, 1, "SELL", 2, Decimal("-0.56")),
        (OTHER, 2, "BUY", 1, 0),
    ]


async def test_what_was_rolled_back_is_not_remembered(store: Store) -> None:
    """However the transaction fails: before the posting, in it, after it, or at the very end."""
    await prepare(store)
    books = Bookkeeper()
    await keep(store, books, [trade(1, 10)])

    async def fails(unit: Unit) -> None:
        new = await unit.fills.add([trade(2, 30)])
        await books.post(unit, new, VERSIONS, NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.commit(fails)
    with pytest.raises(KeyError):  # its version is not known: the entry was written, the sums not
        await store.commit(lambda unit: books.post(unit, [trade(2, 30)], {}, NOW))
    (entry,) = await keep(store, books, [trade(3, 1)])
    assert (entry.entry_id, entry.position) == (2, Decimal("0.011"))


async def test_a_rollback_is_noticed_even_if_as_many_entries_came_from_elsewhere(
    store: Store,
) -> None:
    await prepare(store)
    books = Bookkeeper()

    async def fails(unit: Unit) -> None:
        await books.post(unit, await unit.fills.add([trade(1, 30)]), VERSIONS, NOW)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await store.commit(fails)
    await keep(store, Bookkeeper(), [trade(2, 7)])
    (entry,) = await keep(store, books, [trade(3, 1)])
    assert (entry.entry_id, entry.position) == (2, Decimal("0.008"))


async def test_two_who_keep_books_at_once_make_one_chain(store: Store) -> None:
    await prepare(store)
    books = [Bookkeeper(), Bookkeeper()]
    await asyncio.gather(*(keep(store, books[n % 2], [trade(n + 1, 1)]) for n in range(20)))
    positions = [entry.position for entry in await everything(store)]
    assert positions == [Decimal(n) / 1_000 for n in range(1, 21)]


async def test_funding_moves_cash_and_leaves_the_position(store: Store) -> None:
    await prepare(store)
    books = Bookkeeper()
    await keep(store, books, [trade(1, 10)])

    async def pay(unit: Unit) -> tuple[LedgerEntry, ...]:
        new = await unit.funding.add([payment(1), payment(1), payment(2, participant_id=OTHER)])
        return await books.fund(unit, new, NOW)

    first, second = await store.commit(pay)
    assert (first.cash, first.funding, first.position) == (-3, 3, Decimal("0.010"))
    assert second.position == 0
    assert await store.commit(pay) == ()
    (entry,) = await keep(store, books, [trade(2, -10)])
    assert (entry.position, entry.cost) == (0, 0)


async def test_a_fill_that_is_new_and_was_posted_before_is_refused(store: Store) -> None:
    await prepare(store)
    books = Bookkeeper()
    await keep(store, books, [trade(1, 10)])
    with pytest.raises(InvalidDataError, match="was posted before"):
        await store.commit(lambda unit: books.post(unit, [trade(1, 10)], VERSIONS, NOW))
    (entry,) = await keep(store, books, [trade(2, 1)])
    assert entry.position == Decimal("0.011")


steps = st.tuples(st.integers(-9, 9).filter(bool), st.integers(1, 40), st.integers(-50, 50))


@given(st.lists(steps, min_size=1, max_size=12))
@settings(max_examples=examples(20), deadline=None, suppress_health_check=[*HealthCheck])
async def test_the_ledger_realises_what_the_engine_does_to_the_last_unit(
    store: Store, moves: list[tuple[int, int, int]]
) -> None:
    """Beginning flat in a symbol of its own: batches and a fresh bookkeeper make no difference."""
    async with store.transaction() as unit:
        if await unit.participants.get(ACME) is None:
            await enroll(unit)
        number = await unit.fills.count() + 1
        symbol = f"{SYMBOL}-{number}"
        of = order(1, symbol=symbol, client_order_id=f"order-{number}")
        await unit.orders.add([of])
    position, books, realised = Position(), Bookkeeper(), Decimal(0)
    for n, (size, price, fee) in enumerate(moves, number):
        side = Side.BUY if size > 0 else Side.SELL
        position.fill(side.sign, price, abs(size), fee)
        report = fill(n, of, side=side, size=Lots(abs(size)), price=Ticks(price), fee=Value(fee))
        async with store.transaction() as unit:
            new = await unit.fills.add([report])
            (entry,) = await books.post(unit, new, {of.client_order_id: 1}, NOW)
        realised -= entry.realised
        books = Bookkeeper() if n % 3 == 0 else books
    step = of.tick_size * of.lot_size / VALUE_SCALE
    assert realised == position.realised * step
    assert entry.cost == position.cost * step
    assert entry.position == position.lots * of.lot_size


async def old_fills(store: Store, count: int) -> list[FillRecord]:
    """Stored without a ledger, as by version 0001."""
    await prepare(store)
    fills = [trade(n, 1 if n % 3 else -2, 600_000 + n) for n in range(1, count + 1)]
    async with store.transaction() as unit:
        await unit.fills.add(fills)
    return fills


async def test_fills_of_a_version_without_a_ledger_are_posted_in_their_order(store: Store) -> None:
    fills = await old_fills(store, 30)
    assert not await is_complete(store)
    told: list[tuple[int, int]] = []
    assert await post_stored(store, WallClock(), lambda *args: told.append(args)) == 30
    assert told == [(30, 30)]
    assert await is_complete(store)
    entries = await everything(store)
    assert [entry.ts_event for entry in entries] == [each.ts_event for each in fills]
    assert await post_stored(store, WallClock(), lambda *args: told.append(args)) == 0
    assert len(told) == 1
    async with store.reading() as unit:
        (whole,) = await unit.activity.hours(ActivityCriteria(), ())
    assert whole.fills == 30


class StopError(Exception):
    pass


@pytest.mark.slow
async def test_an_interrupted_posting_goes_on_where_it_was(store: Store) -> None:
    count = 2 * FILLS_AT_ONCE + 10
    await old_fills(store, count)

    def stop(done: int, total: int) -> None:
        assert total == count
        if done > FILLS_AT_ONCE:
            raise StopError

    with pytest.raises(StopError):
        await post_stored(store, WallClock(), stop)
    assert not await is_complete(store)
    assert await post_stored(store, WallClock(), lambda *_: None) == 10
    entries = []
    async with store.reading() as unit:
        entries = (await unit.ledger.page(LedgerCriteria(), 10_000)).items
    assert [entry.entry_id for entry in entries] == list(range(1, count + 1))
    assert entries[-1].position == sum(each.quantity for each in entries)


async def test_an_empty_store_is_complete(store: Store) -> None:
    assert await is_complete(store)
    await prepare(store)
    assert await post_stored(store, WallClock(), lambda *_: None) == 0


async def test_times_of_posting_are_kept_beside_times_of_fills(store: Store) -> None:
    await prepare(store)
    late = replace(trade(1, 1), ts_event=Nanos(5))
    (entry,) = await keep(store, Bookkeeper(), [late])
    assert (entry.ts_event, entry.posted_at) == (5, NOW)

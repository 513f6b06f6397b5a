import asyncio
from decimal import Decimal

import pytest

from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.orders import Side
from market_maker.model.records import (
    OPEN_STATUSES,
    Criteria,
    OrderChange,
    OrderCount,
    OrderRecord,
    OrderStatus,
)
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId
from market_maker.ports import Store
from tests.builders import NOW, SYMBOL, enroll, order

pytestmark = pytest.mark.anyio

BETA = ParticipantId("beta")


async def prepare(store: Store, *orders: OrderRecord) -> None:
    async with store.transaction() as unit:
        await enroll(unit, "acme", "beta")
        await unit.orders.add(orders)


def news(number: int, status: OrderStatus, filled: int = 0, **fields: str) -> OrderChange:
    return OrderChange(
        client_order_id=order(number).client_order_id,
        status=status,
        filled=Lots(filled),
        updated_at=Nanos(NOW + 99),
        **fields,
    )


async def test_orders_come_back_as_they_were_stored(store: Store) -> None:
    first = order(1)
    second = order(2, side=Side.SELL, reduce_only=True, level=3, tick_size=Decimal("0.10"))
    await prepare(store, second, first)
    async with store.reading() as unit:
        ids = [second.client_order_id, "none", first.client_order_id]
        assert await unit.orders.get(ids) == (first, second)
        assert await unit.orders.get([]) == ()


async def test_a_client_order_id_and_an_order_id_are_used_once(store: Store) -> None:
    await prepare(store, order(1))
    for again in (order(1, order_id=OrderId(2)), order(2, order_id=OrderId(1))):
        with pytest.raises(ConflictError, match="client_order_id"):
            async with store.transaction() as unit:
                await unit.orders.add([order(3), again])
    async with store.reading() as unit:
        assert len((await unit.orders.page(Criteria(), 10)).items) == 1


async def test_an_order_needs_a_participant_and_a_size(store: Store) -> None:
    with pytest.raises(NotFoundError, match="participant 'unknown'"):
        async with store.transaction() as unit:
            await unit.orders.add([order(1, participant_id=ParticipantId("unknown"))])


async def test_news_change_an_order_and_keep_what_they_do_not_name(store: Store) -> None:
    await prepare(store, order(1))
    async with store.transaction() as unit:
        await unit.orders.change([news(1, OrderStatus.LIVE, 2, venue_order_id="v1")])
        await unit.orders.change(
            [news(1, OrderStatus.UNKNOWN, 1), news(7, OrderStatus.LIVE), news(1, OrderStatus.LIVE)]
        )
        await unit.orders.change([])
        (changed,) = await unit.orders.get([order(1).client_order_id])
    assert changed == order(
        1,
        status=OrderStatus.LIVE,
        filled=Lots(2),
        venue_order_id="v1",
        updated_at=Nanos(NOW + 99),
    )


@pytest.mark.parametrize("end", [OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED])
async def test_an_order_that_ended_stays_ended_but_late_fills_count(
    store: Store, end: OrderStatus
) -> None:
    await prepare(store, order(1))
    async with store.transaction() as unit:
        await unit.orders.change([news(1, end, 2, reason="asked"), news(1, OrderStatus.LIVE, 5)])
        (changed,) = await unit.orders.get([order(1).client_order_id])
    assert (changed.status, changed.filled, changed.reason) == (end, 5, "asked")


async def test_open_are_all_that_may_still_be_open(store: Store) -> None:
    statuses = list(OrderStatus)
    stored = [order(n, status=status) for n, status in enumerate(statuses, 1)]
    await prepare(store, *reversed(stored), order(99, symbol="ETHUSDT-PERP"))
    async with store.reading() as unit:
        found = await unit.orders.open(SYMBOL)
        assert await unit.orders.last_order_id(SYMBOL) == len(stored)
        assert await unit.orders.last_order_id("NONE") == 0
    assert found == tuple(o for o in stored if o.status in OPEN_STATUSES)


async def test_pages_run_from_the_newest_back_and_lose_none_while_orders_arrive(
    store: Store,
) -> None:
    # Orders of one turn share their moment.
    await prepare(store, *(order(n, created_at=Nanos(NOW + n // 4)) for n in range(1, 26)))
    seen: list[int] = []
    cursor = None
    for page_number in range(100):
        async with store.transaction() as unit:
            page = await unit.orders.page(Criteria(symbol=SYMBOL), 4, cursor)
            await unit.orders.add([order(1000 + page_number)])
        seen += [found.order_id for found in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == list(range(25, 0, -1))


async def test_every_criterion_that_is_given_must_hold(store: Store) -> None:
    orders = [
        order(
            n,
            symbol=SYMBOL if n % 2 else "ETHUSDT-PERP",
            participant_id=ParticipantId("acme" if n % 3 else "beta"),
            side=Side.BUY if n % 5 else Side.SELL,
            status=OrderStatus.LIVE if n % 7 else OrderStatus.FILLED,
        )
        for n in range(1, 61)
    ]
    await prepare(store, *orders)
    wanted = Criteria(
        symbol=SYMBOL,
        participant_id=BETA,
        side=Side.BUY,
        status=OrderStatus.LIVE,
        since=Nanos(NOW + 9),
        until=Nanos(NOW + 51),
    )
    async with store.reading() as unit:
        page = await unit.orders.page(wanted, 100)
        since = await unit.orders.page(Criteria(since=Nanos(NOW + 60)), 100)
        until = await unit.orders.page(Criteria(until=Nanos(NOW + 2)), 100)
    assert [found.order_id for found in page.items] == [39, 33, 27, 9]
    assert [found.order_id for found in (*since.items, *until.items)] == [60, 1]


async def test_a_cursor_beyond_sixty_four_bits_is_refused(store: Store) -> None:
    async with store.reading() as unit:
        with pytest.raises(InvalidFieldError, match="cursor"):
            await unit.orders.page(Criteria(), 10, "Wzk5OTk5OTk5OTk5OTk5OTk5OTk5LDFd")


async def test_a_cursor_goes_on_with_nothing_but_what_it_came_from(store: Store) -> None:
    await prepare(store, *(order(n) for n in range(1, 5)))
    mine, all_buys = Criteria(symbol=SYMBOL), Criteria(side=Side.BUY)
    async with store.reading() as unit:
        first = await unit.orders.page(mine, 1)
        rest = await unit.orders.page(mine, 100, first.next_cursor)
        assert [found.order_id for found in first.items + rest.items] == [4, 3, 2, 1]
        for other in (Criteria(), all_buys, Criteria(symbol="ETHUSDT-PERP")):
            with pytest.raises(InvalidFieldError, match="the same filters"):
                await unit.orders.page(other, 1, first.next_cursor)
        with pytest.raises(InvalidFieldError, match="cursor"):
            await unit.fills.page(mine, 1, first.next_cursor)


async def test_the_breakdown_counts_and_adds_up_across_grids(store: Store) -> None:
    await prepare(
        store,
        order(1, size=Lots(10), filled=Lots(4), status=OrderStatus.LIVE),
        order(2, size=Lots(1), status=OrderStatus.LIVE, lot_size=Decimal("0.01")),
        order(3, size=Lots(5), status=OrderStatus.REJECTED, side=Side.SELL),
        order(4, symbol="ETHUSDT-PERP"),
    )
    async with store.reading() as unit:
        counts = await unit.orders.breakdown(SYMBOL)
    assert counts == (
        OrderCount(Side.BUY, OrderStatus.LIVE, 2, Decimal("0.020"), Decimal("0.004")),
        OrderCount(Side.SELL, OrderStatus.REJECTED, 1, Decimal("0.005"), Decimal(0)),
    )


async def test_a_breakdown_of_a_window_has_its_orders_and_earlier_ones_that_are_open(
    store: Store,
) -> None:
    await prepare(
        store,
        order(1, created_at=Nanos(NOW - 9), size=Lots(1), status=OrderStatus.LIVE),
        order(2, created_at=Nanos(NOW - 9), size=Lots(2), status=OrderStatus.CANCELED),
        order(3, created_at=NOW, size=Lots(4), status=OrderStatus.CANCELED),
        order(4, created_at=NOW, size=Lots(8), status=OrderStatus.LIVE),
        order(5, created_at=Nanos(NOW + 9), size=Lots(16), status=OrderStatus.LIVE),
    )
    async with store.reading() as unit:
        counts = await unit.orders.breakdown(SYMBOL, NOW, Nanos(NOW + 9))
    assert [(each.status, each.count, each.size) for each in counts] == [
        (OrderStatus.CANCELED, 1, Decimal("0.004")),
        (OrderStatus.LIVE, 2, Decimal("0.009")),
    ]


async def test_more_ids_than_a_statement_may_name_can_be_asked_for(store: Store) -> None:
    await prepare(store, *(order(n) for n in range(1, 1_202)))
    async with store.reading() as unit:
        found = await unit.orders.get([order(n).client_order_id for n in range(1, 1_202)])
    assert len(found) == 1_201


async def test_of_many_using_one_client_order_id_at_once_one_wins(store: Store) -> None:
    await prepare(store)

    async def intend(number: int) -> bool:
        intent = order(number, client_order_id="mm-the-same")
        try:
            async with store.transaction() as unit:
                await unit.orders.add([intent])
        except ConflictError:
            return False
        return True

    won = await asyncio.gather(*(intend(number) for number in range(1, 21)))
    assert won.count(True) == 1

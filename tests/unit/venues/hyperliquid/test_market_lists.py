"""The venue's own lists, under our names."""

import pytest
from msgspec import structs

from market_maker.model.errors import NotFoundError
from market_maker.model.listings import FillMark
from market_maker.model.units import NANOS_PER_MS, Nanos
from tests.unit.venues.hyperliquid.bench_venue import bench

pytestmark = pytest.mark.anyio

OI_CAP = "Order would increase open interest while open interest is capped. asset=3"


def actions(desk):
    return [body["action"] for body in desk.stub.heard if "action" in body]


async def test_a_strangers_order_is_cancelled_by_the_venues_number():
    async with bench() as desk:
        desk.stub.answers["frontendOpenOrders"] = [desk.order(2, oid=77, cloid=None)]
        desk.clock.pass_by(4)
        await desk.until(lambda: desk.open_ids() == [-77])
        desk.venue.cancel(desk.clock.now(), -77)
        await desk.until(lambda: desk.stub.asked("cancel"))
        assert actions(desk)[-1] == {"type": "cancel", "cancels": [{"a": 3, "o": 77}], "f": True}


async def test_lists_name_orders_and_fills_of_a_former_life_when_their_names_are_remembered():
    async with bench() as desk:
        desk.stub.answers["frontendOpenOrders"] = [desk.order(1), desk.order(2)]
        desk.stub.answers["userFillsByTime"] = [desk.fill(7)]
        desk.venue.remember([desk.name(1)])
        first, second = await desk.venue.listed_orders("me")
        assert first.client_order_id == desk.name(1)
        assert second.client_order_id == desk.cloid(2)
        (fill,) = await desk.venue.listed_fills("me")
        assert (fill.client_order_id, fill.trade_id) == (desk.name(1), 7)
        await desk.venue.withdraw(first)
        assert actions(desk)[-1]["cancels"] == [{"a": 3, "o": 101}]


async def test_a_position_is_that_of_the_coin():
    async with bench() as desk:
        held = {"coin": "BTC", "szi": "-0.00785", "leverage": {"type": "cross", "value": 20}}
        state = dict(desk.stub.answers["clearinghouseState"])
        desk.stub.answers["clearinghouseState"] = {
            **state,
            "assetPositions": [{"type": "oneWay", "position": held}],
        }
        assert await desk.venue.listed_position("me") == -785


async def test_an_account_that_is_not_ours_is_refused():
    async with bench() as desk:
        with pytest.raises(NotFoundError, match="account"):
            desk.place(1, account="somebody")


async def test_fills_are_listed_behind_a_mark_also_one_of_before_the_start():
    async with bench() as desk:
        old = desk.fill(5, time=desk.clock.ms - 90_000)
        same = [desk.fill(tid, time=desk.clock.ms) for tid in (9, 7, 8)]
        rows = [old, *same]

        def page(body):
            return [row for row in rows if row["time"] >= body["startTime"]]

        desk.stub.answers["userFillsByTime"] = page
        whole = await desk.venue.listed_fills("me")
        assert [fill.trade_id for fill in whole] == [9, 7, 8]
        behind = await desk.venue.listed_fills("me", whole[1].mark)
        assert sorted(fill.trade_id for fill in behind) == [8, 9]
        early = FillMark(Nanos(old["time"] * NANOS_PER_MS), 1)
        assert [f.trade_id for f in await desk.venue.listed_fills("me", early)] == [5, 9, 7, 8]
        assert [
            f.trade_id
            for f in await desk.venue.listed_fills("me", structs.replace(early, trade_id=5))
        ] == [9, 7, 8]

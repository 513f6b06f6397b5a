"""Our orders are taken off the book, others are named, and the venue's list is the proof."""

import pytest

from market_maker.model.errors import VenueUnavailableError
from market_maker.venues.hyperliquid.own_orders import cancel_own
from market_maker.venues.hyperliquid.universe import ListedMarket, Universe
from tests.unit.venues.hyperliquid.bench_venue import BTC, bench, cancelled

pytestmark = pytest.mark.anyio
HYNA = ListedMarket("hyna:ETH", 140_001, 4, dex="hyna")
UNIVERSE = Universe((), {market.coin: market for market in (BTC, HYNA)})


def book(desk, *orders):
    """A list that answers cancels."""
    rest = list(orders)

    def listed(body):
        dex = body.get("dex", "")
        return [one for one in rest if (":" in one["coin"]) == bool(dex)]

    def cancel(body):
        gone = {one["o"] for one in body["action"]["cancels"]}
        rest[:] = [one for one in rest if one["oid"] not in gone]
        return cancelled(body)

    desk.stub.answers |= {"frontendOpenOrders": listed, "cancel": cancel}
    return rest


def sweep(desk, *coins, **how):
    account = desk.connection.accounts.of("me")
    return cancel_own(desk.connection, UNIVERSE, account, coins, pause_s=0, **how)


async def test_ours_go_on_every_dex_and_others_are_named():
    async with bench() as desk:
        foreign = desk.order(3, cloid=None)
        left = book(desk, desk.order(1), desk.order(2, coin="hyna:ETH"), foreign)
        done = await sweep(desk)
        assert [order.oid for order in done.cancelled] == [101, 102]
        assert (done.left, done.rounds) == ((), 1)
        assert [order.oid for order in done.foreign] == [103]
        assert left == [foreign]


async def test_all_go_when_all_are_wanted_and_only_the_coins_that_are_named():
    async with bench() as desk:
        left = book(desk, desk.order(3, cloid=None), desk.order(2, coin="hyna:ETH"))
        done = await sweep(desk, "BTC", all_orders=True)
        assert [order.oid for order in done.cancelled] == [103]
        assert [one["coin"] for one in left] == ["hyna:ETH"]


async def test_cancels_that_are_lost_are_sent_three_times_and_then_what_is_left_is_named():
    async with bench() as desk:
        book(desk, desk.order(1))
        desk.stub.answers["cancel"] = None
        done = await sweep(desk)
        assert (done.cancelled, done.rounds) == ((), 3)
        assert [order.oid for order in done.left] == [101]
        assert len(desk.stub.asked("cancel")) == 3


async def test_nothing_is_proved_without_the_list():
    async with bench() as desk:
        desk.stub.answers["frontendOpenOrders"] = (502, "")
        with pytest.raises(VenueUnavailableError):
            await sweep(desk)


async def test_an_order_of_a_market_that_is_not_known_is_left_and_named():
    async with bench() as desk:
        book(desk, desk.order(1, coin="NEW"))
        done = await sweep(desk)
        assert [order.coin for order in done.left] == ["NEW"]
        assert desk.stub.asked("cancel") == []

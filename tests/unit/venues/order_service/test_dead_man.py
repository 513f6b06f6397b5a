"""Cancelling at an order service without the service that placed the orders."""

from contextlib import asynccontextmanager

import aiohttp
import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from market_maker.model.orders import Side
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.venues.order_service.client import OrderServiceClient, courier_to
from market_maker.venues.order_service.dead_man import OrderServiceDeadMan
from market_maker.venues.order_service.wire import OrderInfo, OrderPage, WireOrderStatus

pytestmark = pytest.mark.anyio


def order(number, account):
    return OrderInfo(
        client_order_id=f"mm/{account}?{number}",
        order_id=number,
        account_id=account,
        symbol="X",
        side=Side.BUY,
        price=100,
        size=1,
        filled=0,
        status=WireOrderStatus.OPEN,
        received_at=5,
        times_received=1,
    )


class OrderService:
    """Lists what is open by account; `mute` accounts are not answered."""

    def __init__(self):
        self.open = {
            "acme": [order(1, "acme"), order(2, "acme")],
            "beta": [order(3, "beta")],
            "mute": [order(4, "mute")],
        }
        self.tokens = set()
        self.app = web.Application()
        self.app.add_routes(
            [web.get("/v1/orders", self.list), web.delete("/v1/orders/{name}", self.cancel)]
        )

    async def list(self, request):
        self.tokens.add(request.headers.get("Authorization"))
        account = request.query["account_id"]
        if account == "mute":
            return web.Response(status=503)
        page = OrderPage(tuple(self.open[account]), more=False)
        return web.Response(body=msgspec.json.encode(page))

    async def cancel(self, request):
        name = request.match_info["name"]
        for account, orders in self.open.items():
            self.open[account] = [each for each in orders if each.client_order_id != name]
        return web.Response(status=202)


@asynccontextmanager
async def dead_man_at(url):
    async with aiohttp.ClientSession() as session, courier_to(str(url), "mine") as courier:
        yield OrderServiceDeadMan(OrderServiceClient(courier, session))


async def test_everything_open_is_cancelled_and_silence_is_counted():
    exchange = OrderService()
    accounts = [WatchedAccount("X", name) for name in ("acme", "beta", "mute")]
    async with TestServer(exchange.app) as server, dead_man_at(server.make_url("/")) as dead_man:
        assert await dead_man.sweep(accounts) == VenueSweep(open=3, unanswered=1)
        assert await dead_man.sweep(accounts) == VenueSweep(open=0, unanswered=1)
        assert (await dead_man.sweep(accounts[:2])).is_empty
        assert (await dead_man.sweep([])).is_empty
    assert exchange.tokens == {"Bearer mine"}


async def test_a_venue_that_is_gone_answers_nothing():
    async with dead_man_at("http://127.0.0.1:9") as dead_man:
        swept = await dead_man.sweep([WatchedAccount("X", "acme")])
    assert swept == VenueSweep(open=0, unanswered=1)

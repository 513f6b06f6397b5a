"""Cancelling at an order service without the service that placed the orders."""

import asyncio
from collections.abc import Sequence

from market_maker.model.errors import VenueError
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.venues.order_service.client import OrderServiceClient
from market_maker.venues.order_service.wire import OrderInfo, OrderPage


class OrderServiceDeadMan:
    """ports.dead_man.DeadMan. All accounts at the same time, and so their orders: what stands on
    the book may be filled at any moment."""

    again_s = 1.0
    problem = ""

    def __init__(self, client: OrderServiceClient) -> None:
        self._client = client

    async def sweep(self, accounts: Sequence[WatchedAccount]) -> VenueSweep:
        pages = await asyncio.gather(*map(self._listed, accounts))
        orders = [order for page in pages if page is not None for order in page]
        await asyncio.gather(
            *(self._client.withdraw(order.symbol, order.client_order_id) for order in orders)
        )
        return VenueSweep(open=len(orders), unanswered=pages.count(None))

    async def _listed(self, account: WatchedAccount) -> tuple[OrderInfo, ...] | None:
        query = {"symbol": account.symbol, "account_id": account.account_id}
        try:
            return (await self._client.get("/v1/orders", query, OrderPage)).orders
        except VenueError:
            return None

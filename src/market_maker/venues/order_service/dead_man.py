"""Cancelling at an order service without the service that placed the orders."""

import asyncio
from collections.abc import Sequence

from market_maker.model.errors import VenueError, VenueRefusedError
from market_maker.ports.dead_man import VenueSweep, WatchedAccount
from market_maker.venues.order_service.client import NOT_LET_IN, OrderServiceClient
from market_maker.venues.order_service.wire import OrderInfo, OrderPage


class OrderServiceDeadMan:
    """ports.dead_man.DeadMan. All accounts at the same time, and so their orders: what stands on
    the book may be filled at any moment."""

    again_s = 1.0

    def __init__(self, client: OrderServiceClient) -> None:
        self._client = client

    @property
    def problem(self) -> str:
        """Why the service cannot be worked with; empty while it answers."""
        return self._client.conversation.problem

    async def introduce(self) -> str:
        """Ask the service for anything; returns why that came to nothing, empty where it did not.
        Raises VenueRefusedError for a credential that it does not let in."""
        status = await self._client.ping()
        if status in NOT_LET_IN:
            raise VenueRefusedError(f"the order service refuses this credential (HTTP {status})")
        return self.problem

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

"""The venue's own lists of one market, account by account."""

import asyncio
from collections.abc import Iterable, Sequence

from msgspec import structs

from market_maker.model.errors import VenueUnavailableError
from market_maker.model.listings import LISTED_FILLS_MAX, FillMark, ListedFill, ListedOrder
from market_maker.model.orders import Order, OrderState, Side
from market_maker.model.units import NANOS_PER_MS, Lots, Nanos, OrderId, ParticipantId
from market_maker.venues.hyperliquid.account_wire import InfoOrder, WireFill
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.cloids import is_ours
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.fates import OrderFates
from market_maker.venues.hyperliquid.grid import WireGrid, side_of
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.hyperliquid.withdrawals import Withdrawal


class MarketLists:
    """VenueLists of one market. An account that is named for the first time is followed from then
    on. own_only: orders that this program did not send are left alone and not listed."""

    def __init__(
        self,
        connection: HyperliquidConnection,
        market: ListedMarket,
        grid: WireGrid,
        fates: OrderFates,
        *,
        own_only: bool = False,
    ) -> None:
        self._connection, self._market, self._grid = connection, market, grid
        self._fates, self._own_only = fates, own_only
        self._accounts: dict[str, TradingAccount] = {}

    def account(self, account_id: str) -> TradingAccount:
        """Raises NotFoundError."""
        known = self._accounts.get(account_id)
        if known is None:
            known = self._connection.accounts.of(account_id)
            self._accounts[account_id] = known
            self._connection.follow(known.address)
        return known

    @property
    def named_accounts(self) -> tuple[tuple[str, TradingAccount], ...]:
        """All that were named."""
        return tuple(self._accounts.items())

    def account_id(self, address: str) -> str | None:
        """What the account at this address was named; None where it was not."""
        wanted = address.lower()
        named = (name for name, one in self._accounts.items() if one.address == wanted)
        return next(named, None)

    def remember(self, names: Sequence[str]) -> None:
        """Client order ids of a former life, by which its orders and fills are listed."""
        for name in names:
            self._fates.names.remember(name)

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        account = self.account(account_id)
        now = self._connection.clock.now()
        asked = await self._connection.lists.orders(account.address, self._market.dex, now)
        return tuple(self._listed(account_id, order) for order in self.mine(asked.answer))

    async def listed_fills(
        self, account_id: str, after: FillMark | None = None
    ) -> tuple[ListedFill, ...]:
        """Without a mark from the start of the connection: the account may have a life of its own
        before. Of the moment of the mark everything but the mark itself is listed again."""
        account = self.account(account_id)
        lists, now = self._connection.lists, self._connection.clock.now()
        if after is None or lists.covers(account.address, after.ts_event):
            fills = (await lists.fills(account.address, now)).answer.fills
        else:
            fills = await lists.fills_since(account.address, after.ts_event // NANOS_PER_MS)
        behind = (after.ts_event // NANOS_PER_MS, after.trade_id) if after else (0, 0)
        coin = self._market.coin
        mine = [
            fill
            for fill in fills
            if fill.coin == coin and fill.time >= behind[0] and (fill.time, fill.tid) != behind
        ]
        return tuple(self._listed_fill(account_id, fill) for fill in mine[:LISTED_FILLS_MAX])

    async def listed_position(self, account_id: str) -> Lots:
        account = self.account(account_id)
        now = self._connection.clock.now()
        asked = await self._connection.lists.state(account.address, self._market.dex, now)
        for held in asked.answer.asset_positions:
            if held.position.coin == self._market.coin:
                return self._grid.size(held.position.szi)
        return Lots(0)

    async def withdraw(self, order: ListedOrder) -> None:
        problems: list[OrderId] = []
        answers = structs.replace(
            self._fates.answers,
            unknown=problems.append,
            gone=lambda _: None,
            withdrawn=lambda _: None,
        )
        account, oid = self.account(order.account_id), int(order.venue_order_id)
        names, over = (OrderId(-oid), account, self._market.asset), asyncio.Event()
        cancel = Withdrawal(*names, answers, oid=oid, over=over.set)
        self._connection.withdrawals.hand_over(cancel)
        await over.wait()
        if problems:
            raise VenueUnavailableError(f"cancel of {oid}: not answered, or refused")

    def mine(self, orders: Iterable[InfoOrder]) -> list[InfoOrder]:
        """Those of this market. Triggers do not rest on the book and are no part of a market
        maker's orders."""
        coin = self._market.coin
        return [
            order
            for order in orders
            if order.coin == coin
            and not order.is_trigger
            and (is_ours(order.cloid) or not self._own_only)
        ]

    def stranger(self, found: InfoOrder) -> Order:
        """An order that was not sent from here, under a number that nothing else has."""
        return Order(
            order_id=OrderId(-found.oid),
            member=ParticipantId(""),
            side=side_of(found.side),
            level=0,
            price=self._grid.price(found.limit_px),
            size=self._grid.size(found.orig_sz if found.orig_sz is not None else found.sz),
            leaves=self._grid.size(found.sz),
            state=OrderState.LIVE,
        )

    def _listed(self, account_id: str, order: InfoOrder) -> ListedOrder:
        return ListedOrder(
            account_id=account_id,
            client_order_id=self._fates.names.text(order.cloid),
            venue_order_id=str(order.oid),
            side=side_of(order.side),
            price=self._grid.price(order.limit_px),
            size=self._grid.size(order.orig_sz if order.orig_sz is not None else order.sz),
            leaves=self._grid.size(order.sz),
        )

    def _listed_fill(self, account_id: str, fill: WireFill) -> ListedFill:
        side: Side = side_of(fill.side)
        return ListedFill(
            account_id=account_id,
            client_order_id=self._fates.listed_name(fill),
            venue_order_id=str(fill.oid),
            trade_id=fill.tid,
            side=side,
            price=self._grid.near(fill.px),
            size=self._grid.size(fill.sz),
            ts_event=Nanos(fill.time * NANOS_PER_MS),
            **self._fates.fees(fill),
        )

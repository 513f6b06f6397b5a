"""The sandbox exchange in our own process as a venue."""

from collections import deque
from collections.abc import Sequence

from market_maker.model.actions import Place
from market_maker.model.events import CancelRejected, Event, Filled
from market_maker.model.listings import LISTED_FILLS_MAX, ListedFill, ListedOrder
from market_maker.model.orders import Address, Order, OrderState
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId
from market_maker.sandbox.connections import VenueFill
from market_maker.sandbox.market import SandboxMarket
from market_maker.sandbox.reports import OpenOrder
from market_maker.venues.tracking import Lists, OrderTracker

SWEEP_INTERVAL = Nanos(NANOS_PER_SECOND)
"""How often the exchange is asked for its own lists."""

NAMES_KEPT_FOR = Nanos(300 * NANOS_PER_SECOND)
"""How long the name of an order is remembered that is over: its fills are listed by it."""


class SandboxVenue:
    """MarketData, Orders, Wire and VenueLists of one market. An order without an address trades on
    an account called as its member. Time comes with the calls and never goes back."""

    def __init__(self, market: SandboxMarket, accounts: Sequence[str], now: Nanos) -> None:
        self._market = market
        self._subscription = market.subscribe(now, [ParticipantId(name) for name in accounts])
        self._tracker = OrderTracker()
        self._own: list[Event] = []
        self._listed = dict.fromkeys(accounts, 0)
        self._account_of: dict[OrderId, str] = {}
        self._names: dict[OrderId, str] = {}
        self._over: deque[tuple[Nanos, OrderId]] = deque()
        self._swept = now

    def place(self, now: Nanos, order: Place, address: Address | None = None) -> None:
        account = address.account_id if address else str(order.member)
        if account not in self._listed:
            self._market.route(ParticipantId(account), self._subscription)
            self._listed[account] = 0
        if address:
            self._names[order.order_id] = address.client_order_id
        self._tracker.placed(now, order)
        self._account_of[order.order_id] = account
        self._market.place(now, ParticipantId(account), order)

    def cancel(self, now: Nanos, order_id: OrderId) -> None:
        if self._tracker.order(order_id) is not None:
            self._tracker.cancelling(now, order_id)
            self._market.cancel(now, ParticipantId(self._account_of[order_id]), order_id)
            return
        owner = self._owner(order_id)
        if owner is None:
            # It was proved gone after this was decided; the exchange would say the same.
            self._own.append(CancelRejected(now, now, order_id, gone=True))
        else:
            self._market.cancel(now, ParticipantId(owner), order_id)

    def open_orders(self, now: Nanos) -> tuple[Order, ...]:
        self._market.advance(now)
        return tuple(
            self._order(account, listed)
            for account in self._listed
            for listed in self._market.open_orders(ParticipantId(account))
        )

    def position(self, account: str) -> Lots:
        """What the exchange holds for `account`, signed lots."""
        return self._market.position(ParticipantId(account))

    def request_snapshot(self, now: Nanos) -> None:
        self._market.request_snapshot(now, self._subscription)

    def due(self, now: Nanos) -> Nanos:
        return now if self._own else self._market.next_at

    def poll(self, now: Nanos) -> list[Event]:
        self._market.advance(now)
        events, self._own = [*self._own, *self._subscription.drain()], []
        for event in events:
            self._tracker.note(now, event)
        events += self._tracker.overdue(now)
        if now - self._swept >= SWEEP_INTERVAL:
            self._swept = now
            events += self._sweep(now)
        return events

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        return tuple(
            ListedOrder(
                account_id=account_id,
                client_order_id=self._names.get(order.order_id, ""),
                venue_order_id=str(order.order_id),
                side=order.side,
                price=order.price,
                size=order.size,
                leaves=order.leaves,
            )
            for order in self._market.open_orders(ParticipantId(account_id))
        )

    async def listed_fills(self, account_id: str, after: int) -> tuple[ListedFill, ...]:
        fills = self._fills_after(account_id, after)[:LISTED_FILLS_MAX]
        return tuple(
            ListedFill(
                account_id=account_id,
                client_order_id=self._names.get(fill.order_id, ""),
                venue_order_id=str(fill.order_id),
                trade_id=fill.trade_id,
                side=fill.side,
                price=fill.price,
                size=fill.size,
                fee=fill.fee,
                ts_event=fill.ts_event,
            )
            for fill in fills
        )

    async def listed_position(self, account_id: str) -> Lots:
        return self.position(account_id)

    async def withdraw(self, order: ListedOrder) -> None:
        account, number = ParticipantId(order.account_id), OrderId(int(order.venue_order_id))
        self._market.cancel(self._market.now, account, number)

    def _owner(self, order_id: OrderId) -> str | None:
        """On whose account an order rests that was not sent from here; None if it does not."""
        for account in self._listed:
            for order in self._market.open_orders(ParticipantId(account)):
                if order.order_id == order_id:
                    return account
        return None

    def _order(self, account: str, listed: OpenOrder) -> Order:
        sent = self._tracker.order(listed.order_id)
        return Order(
            order_id=listed.order_id,
            member=sent.member if sent else ParticipantId(account),
            side=listed.side,
            level=sent.level if sent else 0,
            price=listed.price,
            size=listed.size,
            leaves=listed.leaves,
            state=OrderState.LIVE,
        )

    def _sweep(self, now: Nanos) -> list[Event]:
        """Ask for fills and open orders, and tell what was missed."""
        fills = [fill for account in self._listed for fill in self._new_fills(now, account)]
        listed = {
            order.order_id: order
            for account in self._listed
            for order in self._market.open_orders(ParticipantId(account))
        }
        events = self._tracker.compare(now, Lists(now, fills, listed))
        for order_id in [known for known in self._account_of if self._is_over(known)]:
            del self._account_of[order_id]
            self._over.append((now, order_id))
        while self._over and now - self._over[0][0] > NAMES_KEPT_FOR:
            self._names.pop(self._over.popleft()[1], None)
        return events

    def _is_over(self, order_id: OrderId) -> bool:
        return self._tracker.order(order_id) is None

    def _new_fills(self, now: Nanos, account: str) -> list[Filled]:
        fills = self._fills_after(account, self._listed[account])
        if fills:
            self._listed[account] = fills[-1].trade_id
        return [
            Filled(
                ts_event=fill.ts_event,
                ts_recv=now,
                order_id=fill.order_id,
                trade_id=fill.trade_id,
                price=fill.price,
                size=fill.size,
                fee=fill.fee,
            )
            for fill in fills
        ]

    def _fills_after(self, account: str, trade_id: int) -> list[VenueFill]:
        newer: list[VenueFill] = []
        for fill in reversed(self._market.fills(ParticipantId(account))):
            if fill.trade_id <= trade_id:
                break
            newer.append(fill)
        return newer[::-1]

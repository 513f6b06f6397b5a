"""The sandbox exchange in our own process as a venue."""

from collections.abc import Sequence

from market_maker.model.actions import Place
from market_maker.model.events import CancelRejected, Event, Filled
from market_maker.model.listings import LISTED_FILLS_MAX, FillMark, ListedFill, ListedOrder
from market_maker.model.orders import Order, OrderState
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId
from market_maker.ports import EVER
from market_maker.sandbox.connections import VenueFill
from market_maker.sandbox.market import SandboxMarket
from market_maker.sandbox.reports import OpenOrder
from market_maker.venues.tracking import Lists, SentOrders

SWEEP_INTERVAL = Nanos(NANOS_PER_SECOND)
"""How often the exchange is asked for its own lists."""


class SandboxVenue:
    """Venue and VenueLists of one market. An order without an account trades on one that is called
    as its member. Time comes with the calls and never goes back. sent: shared with the gateway in
    front of it, if there is one."""

    def __init__(
        self,
        market: SandboxMarket,
        accounts: Sequence[str],
        now: Nanos,
        sent: SentOrders | None = None,
    ) -> None:
        self._market = market
        self._subscription = market.subscribe(now, [ParticipantId(name) for name in accounts])
        self._sent = sent if sent is not None else SentOrders()
        self._own: list[Event] = []
        self._listed = dict.fromkeys(accounts, 0)
        self._swept = now

    def place(self, now: Nanos, order: Place) -> None:
        account = _account_of(order)
        if account not in self._listed:
            self._market.route(ParticipantId(account), self._subscription)
            self._listed[account] = 0
        self._sent.placed(now, order)
        self._market.place(now, ParticipantId(account), order)

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        for order_id in order_ids:
            self._cancel(now, order_id)

    def _cancel(self, now: Nanos, order_id: OrderId) -> None:
        order = self._sent.order(order_id)
        if order is not None:
            self._sent.cancelling(now, order_id)
            self._market.cancel(now, ParticipantId(_account_of(order)), order_id)
            return
        owner = self._owner(order_id)
        if owner is None:
            # It was proved gone after this was decided; the exchange would say the same.
            self._own.append(CancelRejected(now, now, order_id, gone=True))
        else:
            self._market.cancel(now, ParticipantId(owner), order_id)

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:  # noqa: ARG002  it is asked now
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
        arrived, self._own = [*self._own, *self._subscription.drain()], []
        events = [event for event in arrived if self._sent.note(now, event)]
        events += self._sent.overdue(now)
        if now - self._swept >= SWEEP_INTERVAL:
            self._swept = now
            events += self._sweep(now)
        return events

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        return tuple(
            ListedOrder(
                account_id=account_id,
                venue_order_id=str(order.order_id),
                **shared_fields(ListedOrder, order),
            )
            for order in self._market.open_orders(ParticipantId(account_id))
        )

    async def listed_fills(
        self, account_id: str, after: FillMark | None = None
    ) -> tuple[ListedFill, ...]:
        first = after.trade_id if after else 0
        fills = self._fills_after(account_id, first)[:LISTED_FILLS_MAX]
        return tuple(
            ListedFill(
                account_id=account_id,
                venue_order_id=str(fill.order_id),
                **shared_fields(ListedFill, fill),
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
        sent = self._sent.order(listed.order_id)
        return Order(
            **shared_fields(Order, listed),
            member=sent.member if sent else ParticipantId(account),
            level=sent.level if sent else 0,
            state=OrderState.LIVE,
        )

    def _sweep(self, now: Nanos) -> list[Event]:
        """Request fills and open orders, and report what was missed."""
        fills = [fill for account in self._listed for fill in self._new_fills(now, account)]
        listed = {
            order.order_id: order
            for account in self._listed
            for order in self._market.open_orders(ParticipantId(account))
        }
        return self._sent.compare(now, Lists(now, fills, listed))

    def _new_fills(self, now: Nanos, account: str) -> list[Filled]:
        fills = self._fills_after(account, self._listed[account])
        if fills:
            self._listed[account] = fills[-1].trade_id
        return [Filled(ts_recv=now, **shared_fields(Filled, fill)) for fill in fills]

    def _fills_after(self, account: str, trade_id: int) -> list[VenueFill]:
        newer: list[VenueFill] = []
        for fill in reversed(self._market.fills(ParticipantId(account))):
            if fill.trade_id <= trade_id:
                break
            newer.append(fill)
        return newer[::-1]


def _account_of(order: Place) -> str:
    return order.account_id or str(order.member)

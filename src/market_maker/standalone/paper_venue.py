"""A venue for paper trading: the market is live, and orders go to a book in this process."""

from market_maker.model.actions import Place
from market_maker.model.events import (
    Accepted,
    BookLost,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    InstrumentStatus,
    MarkPrice,
    Rejected,
    Trade,
)
from market_maker.model.instrument import Instrument
from market_maker.model.listings import LISTED_FILLS_MAX, FillMark, ListedFill, ListedOrder
from market_maker.model.orders import Order, Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, Nanos, OrderId
from market_maker.ports import EVER, MarketData
from market_maker.standalone.paper_book import PaperBook
from market_maker.venues.tracking import SentOrders

MARKET_EVENTS = (BookSnapshot, BookLost, Trade, MarkPrice, InstrumentStatus)
"""What of a live venue is the market's; the rest is about an account that we do not trade on."""

FILLS_KEPT = 20_000


class PaperVenue:
    """Venue and VenueLists of one market. feed: the live market. sent: shared with the gateway."""

    def __init__(
        self, feed: MarketData, instrument: Instrument, sent: SentOrders, now: Nanos
    ) -> None:
        self._feed, self._sent = feed, sent
        self._book = PaperBook(instrument, first_trade_id=now // 1_000)
        self._answers: list[Event] = []
        self._fills: list[ListedFill] = []

    # Orders

    def place(self, now: Nanos, order: Place) -> None:
        self._sent.placed(now, order)
        name = order.client_order_id
        reason = self._book.refusal(order)
        if reason is not None:
            self._answers.append(Rejected(now, now, order.order_id, reason, name))
            return
        self._book.place(order)
        self._answers.append(Accepted(now, now, order.order_id, name))

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        for order_id in order_ids:
            self._cancel(now, order_id)

    def _cancel(self, now: Nanos, order_id: OrderId) -> None:
        order = self._sent.order(order_id)
        name = order.client_order_id if order else ""
        if order is not None:
            self._sent.cancelling(now, order_id)
        if self._book.cancel(order_id):
            self._answers.append(Canceled(now, now, order_id, name))
        else:
            self._answers.append(CancelRejected(now, now, order_id, True, name))

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:  # noqa: ARG002  it is always fresh
        return self._book.open_orders()

    # MarketData

    def poll(self, now: Nanos) -> list[Event]:
        events, self._answers = self._answers, []
        for event in self._feed.poll(now):
            if isinstance(event, MARKET_EVENTS):
                events.append(event)
            if isinstance(event, BookSnapshot | Trade):
                for fill in self._book.hear(event):
                    self._keep(fill)
                    events.append(fill)
        return [event for event in events if self._sent.note(now, event)]

    def due(self, now: Nanos) -> Nanos:
        return now if self._answers else self._feed.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._feed.request_snapshot(now)

    # VenueLists

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        return tuple(
            ListedOrder(
                account_id=account_id,
                venue_order_id=str(place.order_id),
                **shared_fields(ListedOrder, place, but=("account_id",)),
                leaves=leaves,
            )
            for place, leaves in self._book.named()
        )

    async def listed_fills(
        self, account_id: str, after: FillMark | None = None
    ) -> tuple[ListedFill, ...]:
        del account_id
        first = after.trade_id if after else 0
        newer = [fill for fill in self._fills if fill.trade_id > first]
        return tuple(newer[:LISTED_FILLS_MAX])

    async def listed_position(self, account_id: str) -> Lots:
        del account_id
        return self._book.position

    async def withdraw(self, order: ListedOrder) -> None:
        self._book.cancel(OrderId(int(order.venue_order_id)))

    def _keep(self, fill: Filled) -> None:
        sent = self._sent.order(fill.order_id)
        self._fills.append(
            ListedFill(
                account_id=sent.account_id if sent else "",
                **shared_fields(ListedFill, fill),
                venue_order_id=str(fill.order_id),
                side=sent.side if sent else Side.BUY,
            )
        )
        del self._fills[:-FILLS_KEPT]

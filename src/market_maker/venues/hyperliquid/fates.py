"""What became of orders, as far as the venue has said.

Answers to actions, streams and lists report it, in any order and possibly twice; the first report
counts. Fills are known again by (time, id), so that a stream which repeats
old ones books nothing twice. A fill of an order that was not sent from here changes the
position like any other: a liquidation, a deleveraging, a trade by hand.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any

from msgspec import Struct

from market_maker.model.actions import Place
from market_maker.model.errors import InvalidDataError
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    FillFound,
    Rejected,
    RejectReason,
    Unanswered,
)
from market_maker.model.exact import exact
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, OrderId, ParticipantId
from market_maker.ports import Clock
from market_maker.venues.hyperliquid.account_wire import OrderNews, WireFill
from market_maker.venues.hyperliquid.cloids import is_ours
from market_maker.venues.hyperliquid.grid import WireGrid, side_of
from market_maker.venues.hyperliquid.name_book import NameBook
from market_maker.venues.hyperliquid.order_desk import REASONS, Answers, Outgoing
from market_maker.venues.hyperliquid.statuses import OrderFate, cancel_words, fate_of, rejection_of
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.tracking import Lists, SentOrders

ABSENT_FOR = Nanos(8 * NANOS_PER_SECOND)
"""How long an order that the venue never reported must be missing from the lists to count as never
accepted: longer than it may live on its way."""

LEFTOVERS_FOR = Nanos(8 * NANOS_PER_SECOND)
"""How long after a start an order of an earlier run may still come to rest: it expires before."""

FILLS_REMEMBERED = 20_000


class FateCounts(Struct):
    """Since the start. strangers: fills of orders that were not sent from here. odd: news that did
    not fit the market. forced: cancels that the venue made by itself, by reason.
    second_maker: orders that came to rest and that another run of this program sent, too late to
    be what an ended one had left on its way."""

    strangers: int = 0
    second_maker: int = 0
    odd: int = 0
    forced: dict[str, int] = {}


class OrderFates:
    """Of one market. since: what happened before is none of our business. owner: who gets fills of
    orders that were not sent from here; None: reconciliation finds them on the venue's list.
    doubt: given each order that has to be asked about. sent: the memory of orders that a gateway
    in front of the venue shares; made by `sent_orders`."""

    def __init__(
        self,
        market: ListedMarket,
        grid: WireGrid,
        clock: Clock,
        doubt: Callable[[OrderId], None],
        *,
        owner: ParticipantId | None = None,
        sent: SentOrders | None = None,
    ) -> None:
        self._market, self._grid, self._clock, self._doubt = market, grid, clock, doubt
        self._since, self._owner = clock.now() // NANOS_PER_MS, owner
        self._inbox: deque[Event] = deque()
        self._lists: deque[Lists] = deque()
        self._accepted: set[OrderId] = set()
        self._booked: OrderedDict[tuple[int, int], None] = OrderedDict()
        self.tracker = sent if sent is not None else sent_orders()
        self.names = NameBook()
        self.counts = FateCounts()

    def __len__(self) -> int:
        """How much waits to be drained."""
        return len(self._inbox) + len(self._lists)

    @property
    def answers(self) -> Answers:
        """Receives the desk's answers."""
        return Answers(
            rests=self._rests,
            rejected=self.refused,
            unknown=self.unknown,
            withdrawn=self._withdrawn,
            gone=self.gone,
        )

    def sent(self, now: Nanos, order: Place) -> str:
        """It is going out; its cloid."""
        self.tracker.placed(now, order)
        return self.names.sent(order.order_id, order.client_order_id)

    def compare(self, lists: Lists) -> None:
        """Lists to be compared with what was reported, at the next drain."""
        self._lists.append(lists)

    def drain(self, now: Nanos) -> list[Event]:
        """What is news, in the order in which it came."""
        events = []
        while self._inbox:
            event = self._inbox.popleft()
            if self._is_news(event) and self._note(now, event):
                events.append(event)
        more = self.tracker.overdue(now) + self.tracker.missed(now)
        while self._lists:
            more += self.tracker.compare(now, self._lists.popleft())
        for event in more:
            if isinstance(event, Unanswered):
                self._accepted.discard(event.order_id)
                self._doubt(event.order_id)
            elif isinstance(event, Filled):
                self._booked[event.ts_event // NANOS_PER_MS, event.trade_id] = None
        return events + more

    # answers to actions

    def _rests(self, new: Outgoing, oid: int) -> None:
        now = self._clock.now()
        self.names.numbered(new.order.order_id, oid)
        self._inbox.append(Accepted(now, now, new.order.order_id, new.order.client_order_id))

    def refused(self, order_id: OrderId, reason: RejectReason) -> None:
        """It never rested."""
        now = self._clock.now()
        self._inbox.append(Rejected(now, now, order_id, reason, self._name(order_id)))

    def unknown(self, order_id: OrderId) -> None:
        """A request about it came to nothing that could be read."""
        self._accepted.discard(order_id)
        self._inbox += self.tracker.failed(self._clock.now(), order_id)
        self._doubt(order_id)

    def _withdrawn(self, order_id: OrderId) -> None:
        now = self._clock.now()
        self._inbox.append(Canceled(now, now, order_id, self._name(order_id)))

    def gone(self, order_id: OrderId) -> None:
        """The venue has no such open order: filled, cancelled, or never there."""
        now = self._clock.now()
        self._accepted.discard(order_id)
        name = self._name(order_id)
        self._inbox.append(CancelRejected(now, now, order_id, gone=True, client_order_id=name))
        self._doubt(order_id)

    # streams and questions

    def updated(self, news: OrderNews, now: Nanos) -> None:
        """An order update, or the answer to a question about one order."""
        order_id = self.names.find(news.order.cloid, news.order.oid)
        if order_id is None:
            self._unknown(news)
            return
        at, name = Nanos(news.status_timestamp * NANOS_PER_MS), self._name(order_id)
        match fate_of(news.status):
            case OrderFate.LIVE:
                self._inbox.append(Accepted(at, now, order_id, name))
            case OrderFate.CANCELED:
                words = cancel_words(news.status)
                if words:
                    self.counts.forced[words] = self.counts.forced.get(words, 0) + 1
                self._inbox.append(Canceled(at, now, order_id, name, words))
            case OrderFate.REJECTED:
                reason = REASONS.get(rejection_of(news.status), RejectReason.OTHER)
                self._inbox.append(Rejected(at, now, order_id, reason, name))
            case _:
                # Fills are reported with their prices elsewhere.
                pass

    def _unknown(self, news: OrderNews) -> None:
        late = news.status_timestamp - self._since > LEFTOVERS_FOR // NANOS_PER_MS
        if late and is_ours(news.order.cloid) and fate_of(news.status) is OrderFate.LIVE:
            self.counts.second_maker += 1

    def dead(self, order_id: OrderId) -> None:
        """Proved never to have arrived."""
        now = self._clock.now()
        self._inbox.append(Canceled(now, now, order_id, self._name(order_id)))

    def filled(self, fills: Iterable[WireFill], now: Nanos, account_id: str) -> None:
        """Fills of one account in this market, old ones possibly among them."""
        for fill in fills:
            if fill.time < self._since or not self._first_time(fill):
                continue
            try:
                self._inbox.append(self.booked(fill, now) or self._strange(fill, now, account_id))
            except InvalidDataError:
                self.counts.odd += 1
            except LookupError:
                self.counts.strangers += 1

    def booked(self, fill: WireFill, now: Nanos) -> Filled | None:
        """A fill of an order that was sent from here; None for others. Raises InvalidDataError."""
        order_id = self.names.find(fill.cloid, fill.oid)
        if order_id is None:
            return None
        return Filled(
            ts_event=Nanos(fill.time * NANOS_PER_MS),
            ts_recv=now,
            order_id=order_id,
            trade_id=fill.tid,
            price=self._grid.near(fill.px),
            size=self._grid.size(fill.sz),
            client_order_id=self._name(order_id),
            **self.fees(fill),
        )

    def _name(self, order_id: OrderId) -> str:
        """Of an order that was sent from here."""
        return self.names.name(order_id)

    def fees(self, fill: WireFill) -> dict[str, Any]:
        """In collateral: what spot takes in the base token is worth its price. In any other token
        it is kept as it is."""
        market, fee = self._market, fill.fee
        if fill.fee_token == market.base:
            with exact():
                fee = fill.fee * fill.px
        elif fee and fill.fee_token != market.collateral:
            none = self._grid.value(Decimal(0))
            return {"fee": none, "fee_token": fill.fee_token, "fee_token_amount": fee}
        return {"fee": self._grid.value(fee)}

    def _strange(self, fill: WireFill, now: Nanos, account_id: str) -> FillFound:
        """Raises LookupError where no participant owns it."""
        if self._owner is None:
            raise LookupError(fill.oid)
        self.counts.strangers += not is_ours(fill.cloid)
        return FillFound(
            ts_event=Nanos(fill.time * NANOS_PER_MS),
            ts_recv=now,
            order_id=OrderId(-fill.oid),
            trade_id=fill.tid,
            member=self._owner,
            side=side_of(fill.side),
            level=0,
            price=self._grid.near(fill.px),
            size=self._grid.size(fill.sz),
            client_order_id=self.listed_name(fill),
            account_id=account_id,
            **self.fees(fill),
        )

    def listed_name(self, fill: WireFill) -> str:
        """Our name of a fill's order; one made of the venue's number where it has none."""
        return self.names.text(fill.cloid) or f"venue-{fill.oid}"

    def _first_time(self, fill: WireFill) -> bool:
        key = fill.time, fill.tid
        if key in self._booked:
            return False
        self._booked[key] = None
        if len(self._booked) > FILLS_REMEMBERED:
            self._booked.popitem(last=False)
        return True

    def _is_news(self, event: Event) -> bool:
        match event:
            case Accepted(order_id=order_id):
                return self.tracker.order(order_id) is not None and order_id not in self._accepted
            case Canceled(order_id=order_id) | Rejected(order_id=order_id):
                return self.tracker.order(order_id) is not None
            case _:
                return True

    def _note(self, now: Nanos, event: Event) -> bool:
        news = self.tracker.note(now, event)
        match event:
            case Accepted(order_id=order_id):
                self._accepted.add(order_id)
            case Canceled(order_id=order_id) | Rejected(order_id=order_id):
                self._accepted.discard(order_id)
            case Filled(order_id=order_id) if self.tracker.order(order_id) is None:
                self._accepted.discard(order_id)
            case _:
                pass
        return news


def sent_orders() -> SentOrders:
    """The memory of orders that suits this venue."""
    return SentOrders(ABSENT_FOR)

"""The sandbox exchange as an order service sees it: orders by name, accounts, lists. No I/O."""

from collections.abc import Iterable, Sequence
from itertools import islice

import msgspec

from market_maker.model.actions import Place
from market_maker.model.errors import ConflictError, InvalidFieldError, NotFoundError
from market_maker.model.events import (
    Accepted,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    MarkPrice,
    Rejected,
)
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.listings import LISTED_FILLS_MAX, ListedFill
from market_maker.model.orders import Side
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import Lots, Nanos, OrderId, ParticipantId, Ticks
from market_maker.sandbox.connections import Subscription, VenueFill
from market_maker.sandbox.listings import Listing
from market_maker.sandbox.market import SandboxMarket
from market_maker.venues.order_service.wire import (
    ORDERS_PER_PAGE,
    FillPage,
    News,
    Opened,
    OrderEvent,
    OrderInfo,
    OrderPage,
    WireOrder,
    WireOrderStatus,
)

NAME_LENGTH_MAX = 128
ORDERS_MAX = 2_000_000
"""Orders that one instrument ever takes: each is remembered, so that a name is never used twice."""


class _Kept:
    """One order, for ever."""

    __slots__ = ("filled", "new", "number", "received_at", "status", "times_received")

    def __init__(self, number: OrderId, new: WireOrder, now: Nanos) -> None:
        self.number, self.new = number, new
        self.received_at, self.times_received = now, 1
        self.filled = 0
        self.status = WireOrderStatus.NEW

    def shown(self) -> OrderInfo:
        """An immutable copy."""
        return OrderInfo(
            **shared_fields(OrderInfo, self.new),
            order_id=self.number,
            filled=Lots(self.filled),
            status=self.status,
            received_at=self.received_at,
            times_received=self.times_received,
        )

    def note(self, event: OrderEvent) -> None:
        """Something happened to it."""
        match event:
            case Accepted():
                self.status = WireOrderStatus.OPEN
            case Rejected():
                self.status = WireOrderStatus.REJECTED
            case Canceled():
                self.status = WireOrderStatus.CANCELED
            case Filled():
                self.filled += event.size
                if self.filled >= self.new.size:
                    self.status = WireOrderStatus.FILLED
            case CancelRejected():
                pass


class EmulatedMarket:
    """One instrument. Every account's events are tracked, with and without listeners."""

    def __init__(self, listing: Listing, seed: int, now: Nanos) -> None:
        self.instrument = listing.instrument
        self._market = SandboxMarket(
            listing.instrument, listing.fees, seed=seed, start=now, parameters=listing.parameters
        )
        self._private = self._market.subscribe(now)
        self._by_name: dict[str, _Kept] = {}
        self._by_number: list[_Kept] = []
        self._accounts: dict[str, int] = {}
        self._last_trade_id = 0

    def submit(self, now: Nanos, new: WireOrder) -> OrderInfo:
        """Accept an order, or return the one that has its name already. Raises
        InvalidFieldError, and ConflictError where that is another order."""
        known = self._by_name.get(new.client_order_id)
        if known is not None:
            known.times_received += 1
            if known.new != new:
                raise ConflictError("client_order_id", known.new, "is another order's")
            return known.shown()
        self._check(new)
        self._market.advance(now)
        account = ParticipantId(new.account_id)
        if new.account_id not in self._accounts:
            self._market.route(account, self._private)
            self._accounts[new.account_id] = 0
        kept = _Kept(OrderId(len(self._by_number) + 1), new, now)
        self._by_name[new.client_order_id] = kept
        self._by_number.append(kept)
        place = Place(kept.number, account, new.side, 0, new.price, new.size, new.reduce_only)
        self._market.place(now, account, place)
        return kept.shown()

    def withdraw(self, now: Nanos, client_order_id: str) -> OrderInfo:
        """Send a cancel. Raises NotFoundError for a name that was never used."""
        kept = self._by_name.get(client_order_id)
        if kept is None:
            raise NotFoundError("order", client_order_id)
        self._market.advance(now)
        self._market.cancel(now, ParticipantId(kept.new.account_id), kept.number)
        return kept.shown()

    def open_orders(self, account_id: str) -> OrderPage:
        """What rests on the book, and what is on its way there."""
        resting = self._market.open_orders(ParticipantId(account_id))
        found = [self._by_number[order.order_id - 1].shown() for order in resting]
        found += [
            kept.shown()
            for kept in self._by_number[-ORDERS_PER_PAGE:]
            if kept.status is WireOrderStatus.NEW and kept.new.account_id == account_id
        ]
        return OrderPage(tuple({info.order_id: info for info in found}.values()), more=False)

    def orders_after(self, number: int) -> OrderPage:
        """Everything ever received, by number."""
        page = islice(self._by_number, number, number + ORDERS_PER_PAGE)
        more = len(self._by_number) > number + ORDERS_PER_PAGE
        return OrderPage(tuple(kept.shown() for kept in page), more)

    def fills_after(self, account_id: str, trade_id: int) -> FillPage:
        """At most LISTED_FILLS_MAX, oldest first."""
        newer: list[VenueFill] = []
        for fill in reversed(self._market.fills(ParticipantId(account_id))):
            if fill.trade_id <= trade_id:
                break
            newer.append(fill)
        return FillPage(tuple(map(self._listed, newer[: -LISTED_FILLS_MAX - 1 : -1])))

    def position(self, account_id: str) -> Lots:
        """Signed lots."""
        return self._market.position(ParticipantId(account_id))

    def size_of(self, number: OrderId) -> Lots:
        """Of an order by its number here."""
        return self._by_number[number - 1].new.size

    def listen(self, now: Nanos) -> tuple[Opened, Subscription]:
        """Market data for one more listener, beginning with a snapshot."""
        self._market.advance(now)
        opened = Opened(
            symbol=self.instrument.symbol,
            tick_size=str(self.instrument.tick_size),
            lot_size=str(self.instrument.lot_size),
            last_trade_id=self._last_trade_id,
        )
        return opened, self._market.subscribe(now)

    def snap(self, now: Nanos, subscription: Subscription) -> None:
        """A snapshot for one listener."""
        self._market.advance(now)
        self._market.request_snapshot(now, subscription)

    def mark(self, now: Nanos) -> MarkPrice | None:
        """The mark price: the mid, None while a side is empty."""
        bid, ask = self._market.best(Side.BUY), self._market.best(Side.SELL)
        if bid is None or ask is None:
            return None
        return MarkPrice(now, now, Ticks((bid + ask) // 2))

    def set_halted(self, now: Nanos, halted: bool) -> None:
        """Halt the instrument, or open it again."""
        self._market.advance(now)
        self._market.set_halted(halted)

    def limit(self, now: Nanos, limits: InstrumentLimits) -> None:
        """Take of orders from now on what these limits allow."""
        self._market.advance(now)
        self.instrument = msgspec.structs.replace(self.instrument, limits=limits)
        self._market.instrument = self.instrument

    def leave(self, subscription: Subscription) -> None:
        """Remove a listener."""
        self._market.unsubscribe(subscription)

    def advance(self, now: Nanos) -> list[News]:
        """Advance time; returns what happened to orders."""
        self._market.advance(now)
        return [news for event in self._private.drain() for news in self._news(event)]

    def _news(self, event: Event) -> list[News]:
        if not isinstance(event, OrderEvent):
            return []
        if isinstance(event, Filled):
            self._last_trade_id = max(self._last_trade_id, event.trade_id)
        kept = self._by_number[event.order_id - 1]
        kept.note(event)
        return [News(kept.new.account_id, kept.new.client_order_id, event)]

    def _listed(self, fill: VenueFill) -> ListedFill:
        kept = self._by_number[fill.order_id - 1]
        return ListedFill(
            account_id=kept.new.account_id,
            client_order_id=kept.new.client_order_id,
            venue_order_id=str(fill.order_id),
            **shared_fields(ListedFill, fill, but=("client_order_id",)),
        )

    def _check(self, new: WireOrder) -> None:
        for field in ("client_order_id", "account_id"):
            name: str = getattr(new, field)
            if not 1 <= len(name) <= NAME_LENGTH_MAX or not name.isascii():
                raise InvalidFieldError(field, name, "1 to 128 ASCII characters")
        for field in ("price", "size"):
            if not 0 < getattr(new, field) < 2**63:
                raise InvalidFieldError(field, getattr(new, field), "above 0, within 63 bits")
        if len(self._by_number) >= ORDERS_MAX:
            raise InvalidFieldError("client_order_id", new.client_order_id, "no more: we are full")


class Exchange:
    """All instruments on one clock."""

    def __init__(self, listings: Sequence[Listing], seed: int, now: Nanos) -> None:
        self.markets = {
            listing.instrument.symbol: EmulatedMarket(listing, seed + number, now)
            for number, listing in enumerate(listings)
        }

    def due(self, now: Nanos) -> Iterable[tuple[str, EmulatedMarket]]:  # noqa: ARG002
        """Those in which something may have happened by now: here in all, their traders never
        rest."""
        return self.markets.items()

    def market(self, symbol: str) -> EmulatedMarket:
        """Raises NotFoundError."""
        market = self.markets.get(symbol)
        if market is None:
            raise NotFoundError("instrument", symbol)
        return market


def new_order(body: bytes) -> WireOrder:
    """Raises InvalidFieldError."""
    try:
        return msgspec.json.decode(body, type=WireOrder)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InvalidFieldError("body", str(error), "an order") from None

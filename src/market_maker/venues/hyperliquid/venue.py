"""One market of Hyperliquid as a venue: facts, orders, and the venue's own lists."""

import asyncio
from collections import deque
from collections.abc import Coroutine, Iterable, Sequence
from contextlib import suppress
from typing import Any

from msgspec import Struct, structs

from market_maker.model.actions import Place
from market_maker.model.errors import InvalidDataError, VenueError, VenueUnavailableError
from market_maker.model.events import (
    CancelRejected,
    Event,
    Filled,
    FillFound,
    FundingPaid,
    RejectReason,
    Unanswered,
)
from market_maker.model.orders import Order, OrderState
from market_maker.model.units import (
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    RATE_SCALE,
    Nanos,
    OrderId,
    ParticipantId,
)
from market_maker.ports import EVER, NEVER
from market_maker.venues.hyperliquid.account_wire import InfoOrder, OrderAnswer, OrderNews, WireFill
from market_maker.venues.hyperliquid.accounts import TradingAccount
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.fates import OrderFates
from market_maker.venues.hyperliquid.frames import FillNews, Frame, FundingNews, Fundings, UserNews
from market_maker.venues.hyperliquid.grid import WireGrid
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.market_feed import MarketFeed
from market_maker.venues.hyperliquid.market_lists import MarketLists
from market_maker.venues.hyperliquid.order_desk import EXPIRES_AFTER, OrderDesk, Outgoing
from market_maker.venues.hyperliquid.statuses import OrderFate, fate_of
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.hyperliquid.withdrawals import Withdrawal, by_account
from market_maker.venues.tracking import Lists, SentOrders

SWEEP_INTERVAL = Nanos(20 * NANOS_PER_SECOND)
"""How often the lists are compared with what the streams reported: each comparison costs weight."""

SWEEP_REST_S = 1.0
"""Shortest time between two requests for the lists, also while a caller waits for proof."""

PROOF_AGE_MAX = Nanos(3 * NANOS_PER_SECOND)
"""A list older than this is not given out as the venue's word."""

INQUIRY_REST_S = 1.0
"""Between two questions about one order."""

DEAD_AFTER = Nanos(EXPIRES_AFTER + NANOS_PER_SECOND)
"""An order that the venue does not know so long after it was sent will never be known to it."""

CANCEL_REST = Nanos(NANOS_PER_SECOND)
"""Between two cancels of one order: each costs an action and weight that questions need."""

LISTS_WAITING_MAX = 10


class VenueCounts(Struct):
    """Since the start. failed_questions: not answered. inquiries: about the fate of one order."""

    failed_questions: int = 0
    inquiries: int = 0
    sweeps: int = 0


class HyperliquidVenue(MarketLists):
    """Venue and VenueLists of one market. accounts: those that it may trade on from the start.
    owner: who gets fills of orders that were not sent from here; None leaves them to
    reconciliation. own_only: as MarketLists has it. listed: set when the lists were had for the
    first time; traded: with each fill. sent: shared with a gateway in front of it. rest_s: how long
    lists and orders in doubt are left alone between two questions."""

    def __init__(
        self,
        connection: HyperliquidConnection,
        market: ListedMarket,
        accounts: Sequence[str],
        *,
        owner: ParticipantId | None = None,
        rest_s: float = SWEEP_REST_S,
        sent: SentOrders | None = None,
        own_only: bool = False,
    ) -> None:
        self.market = market
        self.instrument = market.instrument()
        self._clock, self._rest_s = connection.clock, rest_s
        grid = WireGrid(self.instrument)
        self.feed = MarketFeed(grid)
        self.fates = OrderFates(market, grid, self._clock, self._in_doubt, owner=owner, sent=sent)
        super().__init__(connection, market, grid, self.fates, own_only=own_only)
        self._desk = OrderDesk(connection, grid, market.asset, self.fates.answers)
        self._of: dict[OrderId, TradingAccount] = {}
        self._news: deque[Outgoing] = deque()
        self._own: deque[Event] = deque()
        self._strangers: dict[OrderId, tuple[TradingAccount, InfoOrder]] = {}
        self._read: dict[str, int] = {}
        self._asking: set[OrderId] = set()
        self._cancelled: dict[OrderId, Nanos] = {}
        self._in_flight = 0
        self._settled_at = self._wanted_at = self._swept_at = Nanos(0)
        self._proof: Lists | None = None
        self._since = self._clock.now() // NANOS_PER_MS
        self._outgoing, self._wanted = asyncio.Event(), asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self.running, self.listed, self.traded = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.counts = VenueCounts()
        for account_id in accounts:
            self.account(account_id)

    async def run(self) -> None:
        """Send and ask until cancelled. The connection runs beside it."""
        async with asyncio.TaskGroup() as self._tasks:
            self._connection.attach(self)
            self.running.set()
            self._start(self._send_for_ever())
            try:
                await self._sweep_for_ever()
            finally:
                self._connection.detach(self)
                self.running.clear()

    # Venue

    def place(self, now: Nanos, order: Place) -> None:
        account = self.account(order.account_id)
        cloid = self.fates.sent(now, order)
        self._of[order.order_id] = account
        new = Outgoing(order, account, cloid)
        reason = self._desk.refusal(now, new)
        if reason is not None:
            self.fates.refused(order.order_id, reason)
            return
        self._news.append(new)
        self._outgoing.set()

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        for order_id in order_ids:
            self._cancel(now, order_id)

    def _cancel(self, now: Nanos, order_id: OrderId) -> None:
        if (found := self._strangers.get(order_id)) is not None:
            self._withdraw(order_id, found[0], oid=found[1].oid)
        elif self.fates.tracker.order(order_id) is None:
            # It was proved gone after this was decided; the venue would say the same.
            self._own.append(CancelRejected(now, now, order_id, gone=True))
        elif now - self._cancelled.get(order_id, Nanos(0)) < CANCEL_REST:
            # Its last cancel is on its way, or was answered without settling its fate.
            self._own.append(Unanswered(now, order_id, self.fates.names.name(order_id)))
        else:
            self._cancelled[order_id] = now
            self.fates.tracker.cancelling(now, order_id)
            cloid = self.fates.names.cloid(order_id)
            self._withdraw(order_id, self._of[order_id], cloid=cloid)

    def _withdraw(self, order_id: OrderId, account: TradingAccount, **name: Any) -> None:
        self._in_flight += 1
        about = order_id, account, self.market.asset, self.fates.answers
        self._connection.withdrawals.hand_over(Withdrawal(*about, **name, over=self._settled))

    def pulled(self) -> None:
        """A stop: its cancels leave, with those of other markets, and no order that has not."""
        while self._news:
            self.fates.refused(self._news.popleft().order.order_id, RejectReason.HELD_BACK)
        self._connection.withdrawals.send()

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:
        proof = self._proof
        fresh = proof is not None and now - proof.asked_at <= PROOF_AGE_MAX
        busy = self._in_flight or self._news
        if proof is None or not fresh or busy or proof.asked_at <= max(after, self._settled_at):
            self._want(now)
            raise VenueUnavailableError("the list is older than our last order")
        ours = tuple(
            structs.replace(order, state=OrderState.LIVE) if order.order_id in proof.open else order
            for order in self.fates.tracker.orders()
        )
        return ours + tuple(self.stranger(found) for _, found in self._strangers.values())

    # MarketData

    def request_snapshot(self, now: Nanos) -> None:  # noqa: ARG002  the answer has its own time
        self._start(self._ask_for_book())

    def due(self, now: Nanos) -> Nanos:
        return now if self._own or len(self.feed) or len(self.fates) else NEVER

    def poll(self, now: Nanos) -> list[Event]:
        events, self._own = [*self._own, *self.feed.drain()], deque()
        fates = self.fates.drain(now)
        if any(isinstance(event, Filled | FillFound) for event in fates):
            self.traded.set()
        events += fates
        self._forget()
        return sorted(events, key=lambda event: event.ts_recv)

    # MarketListener

    def hear(self, frame: Frame, now: Nanos) -> None:
        match frame:
            case FillNews(user=user) | Fundings(user=user):
                account_id = self.account_id(user)
                if account_id is not None:
                    self._hear_of_account(frame, now, account_id)
            case UserNews() | (OrderNews(), *_):
                self._hear_of_orders(frame, now)
            case _:
                self.feed.hear(frame, now)

    def _hear_of_account(self, frame: FillNews | Fundings, now: Nanos, account_id: str) -> None:
        if isinstance(frame, FillNews):
            self._filled(frame.fills, now, account_id)
            return
        for funding in frame.fundings:
            self._funded(funding, now)

    def _filled(self, fills: Iterable[WireFill], now: Nanos, account_id: str) -> None:
        mine = (fill for fill in fills if fill.coin == self.market.coin)
        self.fates.filled(mine, now, account_id)

    def _hear_of_orders(self, frame: UserNews | tuple[object, ...], now: Nanos) -> None:
        """These frames do not say whose orders they are; their names do."""
        if isinstance(frame, UserNews):
            for cancel in frame.non_user_cancel:
                order_id = self.fates.names.find(None, cancel.oid)
                if order_id is not None:
                    self._in_doubt(order_id)
            return
        for news in frame:
            if isinstance(news, OrderNews) and news.order.coin == self.market.coin:
                self.fates.updated(news, now)

    def opened(self, now: Nanos) -> None:
        self.feed.opened(now)
        # Order updates of the time without a connection are not repeated.
        self._want(now)

    def lost(self, now: Nanos, reason: str) -> None:
        self.feed.lost(now, reason)

    # sending

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None, "run() is not running"
        self._tasks.create_task(work)

    async def _send_for_ever(self) -> None:
        """New orders since the last time leave together, behind the cancels."""
        while True:
            await self._outgoing.wait()
            self._outgoing.clear()
            news, self._news = self._news, deque()
            for orders in by_account(news):
                self._start(self._placing(orders))
            self._in_flight += len(news)

    async def _placing(self, orders: list[Outgoing]) -> None:
        try:
            await self._desk.place(orders)
        finally:
            self._settled(len(orders))

    def _settled(self, requests: int = 1) -> None:
        """So many are not on their way any more."""
        self._in_flight -= requests
        self._settled_at = self._clock.now()

    # asking

    def _want(self, now: Nanos) -> None:
        """Request the lists soon: a caller waits for them."""
        self._wanted_at = now
        self._wanted.set()

    async def _sweep_for_ever(self) -> None:
        while True:
            waited = self._wanted.is_set()
            due = self._clock.now() - self._swept_at >= SWEEP_INTERVAL
            if (waited or due) and len(self.fates) < LISTS_WAITING_MAX:
                self._wanted.clear()
                try:
                    await self._sweep(urgent=waited)
                except (VenueError, InvalidDataError):
                    self.counts.failed_questions += 1
            await asyncio.sleep(self._rest_s)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._rest_s):
                    await self._wanted.wait()

    async def _sweep(self, *, urgent: bool) -> None:
        """Ask for the lists of all accounts, all or nothing: a question that failed proves none."""
        now = self._clock.now()
        # Other markets of the account have asked for the same; an answer that is old enough to
        # miss our last order is no proof.
        after = max(self._settled_at, self._wanted_at) + 1 if urgent else now - SWEEP_INTERVAL // 2
        listed: dict[OrderId, object] = {}
        strangers: dict[OrderId, tuple[TradingAccount, InfoOrder]] = {}
        fills: list[Filled] = []
        strange: list[tuple[str, WireFill]] = []
        read, asked = dict(self._read), []
        for account_id, account in self.named_accounts:
            lists, dex = self._connection.lists, self.market.dex
            log = await lists.fills(account.address, Nanos(after), urgent=urgent)
            orders = await lists.orders(account.address, dex, Nanos(after), urgent=urgent)
            asked += [log.asked_at, orders.asked_at]
            for fill in log.answer.after(read.get(account.address, 0)):
                if fill.coin == self.market.coin:
                    ours = self.fates.booked(fill, self._clock.now())
                    fills += [ours] if ours else []
                    strange += [] if ours else [(account_id, fill)]
            read[account.address] = log.answer.end
            for order in self.mine(orders.answer):
                number = self.fates.names.find(order.cloid, order.oid)
                if number is None:
                    strangers[OrderId(-order.oid)] = (account, order)
                else:
                    listed[number] = order
        self._read, self._strangers = read, strangers
        self._swept_at = now
        for account_id, fill in strange:
            self._filled([fill], self._clock.now(), account_id)
        self._proof = Lists(min(asked, default=now), fills, listed)
        self.fates.compare(self._proof)
        self.counts.sweeps += 1
        self.listed.set()

    def _in_doubt(self, order_id: OrderId) -> None:
        """Its fate is unknown: ask about it until it is not."""
        # After the end of `run` no question is sent; the shutdown reads the lists.
        if self.running.is_set() and order_id not in self._asking and order_id in self._of:
            self._asking.add(order_id)
            self._start(self._inquire(order_id))

    async def _inquire(self, order_id: OrderId) -> None:
        asked_since = self._clock.now()
        try:
            while self.fates.tracker.order(order_id) is not None:
                self.counts.inquiries += 1
                with suppress(VenueError, InvalidDataError):
                    if await self._settle(order_id, asked_since):
                        return
                await asyncio.sleep(min(INQUIRY_REST_S, self._rest_s))
        finally:
            self._asking.discard(order_id)

    async def _settle(self, order_id: OrderId, asked_since: Nanos) -> bool:
        """Ask the venue about one order; whether that settled it."""
        account = self._of[order_id]
        asked_at = self._clock.now()
        cloid = self.fates.names.cloid(order_id)
        answer: OrderAnswer = await self._connection.rest.ask(
            ask("orderStatus", user=account.address, oid=cloid), urgent=True
        )
        now = self._clock.now()
        if answer.order is None:
            # It may still be on its way, until its time is over.
            if asked_at - asked_since < DEAD_AFTER:
                return False
            self.fates.dead(order_id)
            return True
        fate = fate_of(answer.order.status)
        if fate is not OrderFate.LIVE:
            # Fills come before the end that they lead to.
            log = await self._connection.lists.fills(account.address, asked_at, urgent=True)
            self._filled(log.answer.fills, now, self.account_id(account.address) or "")
        self.fates.updated(answer.order, now)
        return fate is not OrderFate.FILLED

    async def _ask_for_book(self) -> None:
        with suppress(VenueError):
            book = await self._connection.rest.ask(ask("l2Book", coin=self.market.coin))
            if book is not None:
                self.feed.hear(book, self._clock.now())

    def _funded(self, funding: FundingNews, now: Nanos) -> None:
        """Funding at the price that makes the venue's own amount."""
        rate = int((funding.funding_rate * RATE_SCALE).to_integral_value())
        notional = funding.szi * funding.funding_rate
        ours = funding.coin == self.market.coin and funding.time >= self._since
        if not ours or not rate or not notional:
            return
        price = self._grid.near(abs(funding.usdc / notional))
        at = Nanos(funding.time * NANOS_PER_MS)
        self._own.append(FundingPaid(at, now, rate, price))

    def _forget(self) -> None:
        over = [known for known in self._of if self.fates.tracker.order(known) is None]
        for order_id in over:
            if order_id not in self._asking:
                del self._of[order_id]
                self._cancelled.pop(order_id, None)

"""An order service as a venue of one instrument."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence, Sized
from contextlib import suppress
from functools import partial
from typing import Any

from msgspec import Struct, structs

from market_maker.model.actions import Place
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.events import (
    CancelRejected,
    Event,
    Filled,
    Rejected,
    RejectReason,
)
from market_maker.model.inbox import MARKET_DATA, Inbox
from market_maker.model.instrument import Instrument
from market_maker.model.listings import FillMark, ListedFill, ListedOrder
from market_maker.model.orders import Order, OrderState
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Lots, Nanos, OrderId, ParticipantId
from market_maker.ports import EVER, NEVER, Clock
from market_maker.venues.courier_line import Answering
from market_maker.venues.order_service.client import RECEIVED, AnswerProof, OrderServiceClient
from market_maker.venues.order_service.posted import PostedOrders
from market_maker.venues.order_service.stream import VenueStream
from market_maker.venues.order_service.wire import (
    FillPage,
    News,
    Opened,
    OrderInfo,
    OrderPage,
    StreamMessage,
    WireMarket,
    WirePosition,
)
from market_maker.venues.tracking import Lists, SentOrders

SWEEP_INTERVAL_S = 1.0
"""How often the service is asked for its lists, where few lines ask and while a fate is in
doubt."""

SWEEPS_PER_S = 25
"""Of all lines of a process together: three accounts are six requests, and with 300 symbols, each
asking every second, more than half of all processor time went into lists that said nothing new."""

LISTS_AT_ONCE = 8
"""Lines of a process whose lists are asked for at the same time, each of all its accounts at once.
What hundreds ask for together waits for the same connections, and is no proof when it comes."""

SWEEP_REST_S = 0.1
"""Shortest time between two requests for the lists, also while a caller waits for proof."""

PROOF_AGE_MAX = Nanos(3 * NANOS_PER_SECOND)
"""A list older than this is not given out as the venue's word."""

ABSENT_FOR = Nanos(8 * NANOS_PER_SECOND)
"""How long an order that was never acknowledged must be missing from the lists before it counts as
never accepted: a request that we gave up may still be under way."""

LISTS_WAITING_MAX = 10
"""Lists that wait to be compared; while so many do, no more are requested."""


class Counts(Struct):
    """Since the start. failed_questions: lists that were not answered. strangers: news of orders
    that this connection did not send."""

    failed_questions: int = 0
    strangers: int = 0
    streams: int = 0


class OrderServiceVenue:
    """Venue and VenueLists of one instrument. Requests run beside the caller, while
    `run` does; what they bring waits for `poll`. running: set when requests can be made;
    listed: when the service's lists were had for the first time. sent: shared with the gateway in
    front of it, if there is one; made by `sent_orders`. stream: where news come from."""

    def __init__(
        self,
        client: OrderServiceClient,
        instrument: Instrument,
        clock: Clock,
        accounts: Sequence[str],
        sent: SentOrders | None = None,
        *,
        stream: VenueStream,
        lines: Sized = (),
        list_turns: asyncio.Semaphore | None = None,
        arrived: Callable[[], None] = lambda: None,
    ) -> None:
        """lines: of this process, which all ask for lists. list_turns: shared by them. arrived:
        called when there is something to poll."""
        self._lines, self._arrived = lines, arrived
        self._list_turns = list_turns or asyncio.Semaphore(LISTS_AT_ONCE)
        self._not_listed = "it has not been asked yet"
        self._client, self._instrument, self._clock = client, instrument, clock
        self._stream = stream
        self._stream.accounts += accounts
        self._sent = sent if sent is not None else sent_orders()
        self._inbox = Inbox(arrived=arrived)
        self._lists: deque[Lists] = deque()
        self._cursor: dict[str, int] = {}
        self._first_trade_id: int | None = None
        self._posted = PostedOrders(client, instrument, self._sent)
        self._settled_at = Nanos(0)
        self._proof: Lists | None = None
        self._strangers: dict[OrderId, ListedOrder] = {}
        self._wanted = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self.running, self.listed = asyncio.Event(), asyncio.Event()
        self.counts = Counts()

    async def run(self) -> None:
        """Listen, ask and send, until cancelled."""
        async with asyncio.TaskGroup() as self._tasks:
            self.running.set()
            self._start(self._stream.run(self._hear))
            self._start(self._sweep_for_ever())
            try:
                await asyncio.Event().wait()
            finally:
                self.running.clear()

    @property
    def accounts(self) -> tuple[str, ...]:
        """All on which orders may rest that went out here, or before."""
        return tuple(self._stream.accounts)

    # Venue

    def place(self, now: Nanos, order: Place) -> None:
        if order.account_id not in self._stream.accounts:
            self._stream.listen(order.account_id)
        self._sent.placed(now, order)
        self._start(self._submitted(order, self._posted.send(order)))

    def cancel(self, now: Nanos, *order_ids: OrderId) -> None:
        ours: list[Place] = []
        for order_id in order_ids:
            if (order := self._sent.order(order_id)) is not None:
                self._sent.cancelling(now, order_id)
                ours.append(order)
            elif (stranger := self._strangers.get(order_id)) is not None:
                self._start(self._send_away(stranger))
            else:
                # It was proved gone after this was decided; the service would say the same.
                self._inbox.put(CancelRejected(now, now, order_id, gone=True))
        names = [order.client_order_id for order in ours]
        answers = self._client.send_cancels(self._instrument.symbol, names)
        for order, answer in zip(ours, answers, strict=True):
            answer.add_done_callback(partial(self._cancel_answered, order))

    def call_off(self) -> tuple[OrderId, ...]:
        """A stop: orders that are not reported are not wanted either. Returns those cancelled."""
        return self._posted.call_off(self._cancel_answered)

    def open_orders(self, now: Nanos, after: Nanos = EVER) -> tuple[Order, ...]:
        proof = self._proof
        fresh = proof is not None and now - proof.asked_at <= PROOF_AGE_MAX
        needed = max(after, self._settled_at)
        if proof is None or not fresh or self._posted or proof.asked_at <= needed:
            self._wanted.set()
            raise VenueUnavailableError(self._why_no_proof(now, needed))
        ours = tuple(
            structs.replace(order, state=OrderState.LIVE) if order.order_id in proof.open else order
            for order in self._sent.orders()
        )
        return ours + tuple(_stranger(number, found) for number, found in self._strangers.items())

    def _why_no_proof(self, now: Nanos, needed: Nanos) -> str:
        """For a person who waits for it."""
        if self._proof is None or self._not_listed:
            return f"the venue did not list our orders: {self._not_listed}"
        age = (now - self._proof.asked_at) / NANOS_PER_SECOND
        is_early = self._posted or self._proof.asked_at <= needed
        why = "is older than our last order" if is_early else "is too old to be a proof"
        return f"the venue's list, asked for {age:.1f} s ago, {why}"

    # MarketData

    def request_snapshot(self, now: Nanos) -> None:  # noqa: ARG002  the answer has its own time
        self._stream.snap()

    def due(self, now: Nanos) -> Nanos:
        return now if self._inbox or self._lists else NEVER

    def poll(self, now: Nanos) -> list[Event]:
        note = self._sent.note
        # Facts about the market, of which there are most, are about no order.
        events = [
            event for event in self._inbox.drain() if type(event) in MARKET_DATA or note(now, event)
        ]
        if self._client.conversation.is_broken:
            events += self._sent.doubt_pending(now)
        events += self._sent.overdue(now)
        while self._lists:
            events += self._sent.compare(now, self._lists.popleft())
        return events

    # VenueLists

    async def listed_orders(self, account_id: str) -> tuple[ListedOrder, ...]:
        page = await self._client.get("/v1/orders", self._about(account_id), OrderPage)
        return tuple(map(_listed, page.orders))

    async def listed_fills(
        self, account_id: str, after: FillMark | None = None
    ) -> tuple[ListedFill, ...]:
        return await self._fills_after(account_id, after.trade_id if after else 0)

    async def _fills_after(self, account_id: str, trade_id: int) -> tuple[ListedFill, ...]:
        query = {**self._about(account_id), "after": str(trade_id)}
        return (await self._client.get("/v1/fills", query, FillPage)).fills

    async def listed_position(self, account_id: str) -> Lots:
        return (await self._client.get("/v1/positions", self._about(account_id), WirePosition)).lots

    async def withdraw(self, order: ListedOrder) -> None:
        verdict = await self._client.withdraw(self._instrument.symbol, order.client_order_id)
        if verdict not in {AnswerProof.RECEIVED, AnswerProof.GONE}:
            raise VenueUnavailableError(f"cancel of {order.client_order_id}: {verdict.value}")

    def _about(self, account_id: str) -> dict[str, str]:
        return {"symbol": self._instrument.symbol, "account_id": account_id}

    # requests

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        assert self._tasks is not None, "run() is not running"
        self._tasks.create_task(work)

    async def _submitted(self, order: Place, answering: Awaitable[AnswerProof]) -> None:
        try:
            verdict = await answering
        finally:
            self._posted.answered(order)
            now = self._settled_at = self._clock.now()
        if verdict is AnswerProof.REFUSED:
            self._inbox.put(_rejected(now, order, RejectReason.OTHER))
        elif verdict is AnswerProof.NOT_LET_IN:
            self._inbox.put(_rejected(now, order, RejectReason.NOT_LET_IN))
        elif verdict is AnswerProof.LIMITED:
            self._inbox.put(_rejected(now, order, RejectReason.RATE_LIMIT))
        elif verdict is AnswerProof.LATE:
            self._inbox.put(_rejected(now, order, RejectReason.HELD_BACK))
        elif verdict is not AnswerProof.RECEIVED:
            self._inbox.extend(self._sent.failed(now, order.order_id))

    def _cancel_answered(self, order: Place, answer: Answering) -> None:
        """What became of the order is on the stream; a task is made only where that is not all."""
        if answer.result().status not in RECEIVED and self.running.is_set():
            self._start(self._withdrawn(order, answer))

    async def _withdrawn(self, order: Place, answer: Answering) -> None:
        verdict = await self._client.withdrawn(answer)
        if verdict is not AnswerProof.RECEIVED:
            # A cancel that was refused proves nothing about its order, nor does a name that is not
            # known: the order may still be on its way. The lists decide.
            self._inbox.extend(self._sent.failed(self._clock.now(), order.order_id))

    async def _send_away(self, stranger: ListedOrder) -> None:
        """A cancel of an order that is not followed here; the caller checks the lists again."""
        await self._client.withdraw(self._instrument.symbol, stranger.client_order_id)
        self._settled_at = self._clock.now()

    # what arrives

    def _hear(self, message: StreamMessage, now: Nanos) -> None:
        match message:
            case WireMarket():
                self._inbox.put(structs.replace(message.event, ts_recv=now))
            case Opened():
                self.counts.streams += 1
                if self._first_trade_id is None:
                    self._first_trade_id = message.last_trade_id
                self._wanted.set()
            case News():
                name = message.client_order_id
                sent = self._sent.named(name)
                if sent is None:
                    self.counts.strangers += 1
                    return
                ours = {"order_id": sent.order.order_id, "client_order_id": name}
                self._inbox.put(structs.replace(message.event, ts_recv=now, **ours))

    async def _sweep_for_ever(self) -> None:
        while True:
            await self._until_wanted()
            if self._first_trade_id is None or len(self._lists) >= LISTS_WAITING_MAX:
                continue
            try:
                async with self._list_turns:
                    await self._sweep(self._first_trade_id)
            except VenueUnavailableError as error:
                self.counts.failed_questions += 1
                self._not_listed = str(error)
            else:
                self._not_listed = ""

    async def _until_wanted(self) -> None:
        await asyncio.sleep(SWEEP_REST_S)
        waited, step = SWEEP_REST_S, SWEEP_INTERVAL_S - SWEEP_REST_S
        while not self._wanted.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(step):
                    await self._wanted.wait()
            waited, step = waited + step, SWEEP_INTERVAL_S
            if waited * SWEEPS_PER_S >= len(self._lines) or self._sent.in_doubt:
                break
        self._wanted.clear()

    async def _sweep(self, first_trade_id: int) -> None:
        asked_at = self._clock.now()
        fills: list[Filled] = []
        listed: dict[OrderId, object] = {}
        strangers: dict[OrderId, ListedOrder] = {}
        cursor = dict(self._cursor)
        accounts = tuple(self._stream.accounts)
        after = [cursor.get(account, first_trade_id) for account in accounts]
        answers = await asyncio.gather(*map(self._lists_of, accounts, after))
        for account, (executed, resting, _) in zip(accounts, answers, strict=True):
            for fill in executed:
                cursor[account] = fill.trade_id
                fills += self._ours(fill)
            for order in resting:
                sent = self._sent.named(order.client_order_id)
                if sent is None:
                    strangers[OrderId(-int(order.venue_order_id))] = order
                else:
                    listed[sent.order.order_id] = order
        # All of it or nothing: a question that failed proves nothing.
        self._cursor, self._strangers = cursor, strangers
        listed_at = min((asked for *_, asked in answers), default=asked_at)
        self._proof = Lists(listed_at, fills, listed)
        # Of an order that came in between, its fill may be missing.
        self._lists.append(Lists(asked_at, fills, listed))
        self.listed.set()
        self._arrived()

    async def _lists_of(
        self, account: str, after: int
    ) -> tuple[tuple[ListedFill, ...], tuple[ListedOrder, ...], Nanos]:
        """And when it was asked what is open. Fills first: of an order that is filled in between,
        none is missing for long."""
        fills = await self._fills_after(account, after)
        asked = self._clock.now()
        return fills, await self.listed_orders(account), asked

    def _ours(self, fill: ListedFill) -> list[Filled]:
        sent = self._sent.named(fill.client_order_id)
        if sent is None:
            self.counts.strangers += 1
            return []
        return [
            Filled(
                ts_recv=self._clock.now(),
                order_id=sent.order.order_id,
                **shared_fields(Filled, fill),
            )
        ]


def sent_orders() -> SentOrders:
    """The memory of orders that suits this venue."""
    return SentOrders(ABSENT_FOR)


def _rejected(now: Nanos, order: Place, reason: RejectReason) -> Rejected:
    return Rejected(now, now, order.order_id, reason, order.client_order_id)


def _listed(info: OrderInfo) -> ListedOrder:
    return ListedOrder(
        **shared_fields(ListedOrder, info),
        venue_order_id=str(info.order_id),
        leaves=Lots(info.size - info.filled),
    )


def _stranger(number: OrderId, found: ListedOrder) -> Order:
    return Order(
        order_id=number,
        member=ParticipantId(found.account_id),
        **shared_fields(Order, found),
        level=0,
        state=OrderState.LIVE,
    )

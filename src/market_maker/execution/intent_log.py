"""The order log: every order is on record before it goes out, and what became of it afterwards.

Two tasks write for all pools. Intents: whatever has come together while the last transaction was
under way goes into the next one. An intent that cannot be committed never becomes an order. News of
orders: no order waits for them, so they go by themselves, wait a moment for others, and do not wait
for the database's disk. What its server loses of them as it dies is found by reconciliation: orders
that are open on record and nowhere else. They wait until the database is back; of each order only
the last word is kept, and where even that is too much, what is dropped can be had again from the
venue's own lists.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice

from msgspec import Struct

from market_maker.execution.alarms import Alarms
from market_maker.execution.symbol_lease import SOLE, Lease
from market_maker.model.errors import DomainError, StoreUnavailableError
from market_maker.model.ownership import Fence
from market_maker.model.records import OPEN_STATUSES, OrderChange, OrderRecord
from market_maker.ports import PutDown, Store

INTENTS_AT_ONCE = 500
CHANGES_AT_ONCE = 500
"""Intents, and orders with news, in one transaction: what comes behind it does not wait long."""

CHANGES_WAITING_MAX = 50_000
"""Orders whose news may wait. Beyond it the oldest are dropped, and counted."""

NEWS_TOGETHER_S = 0.02
"""How long news wait for others: each transaction is forced to the disk, and intents that are
forced meanwhile wait for it. Who waits for the log to be written does not wait for this."""

RETRY_S = 0.5


class IntentOutcome(Struct, frozen=True):
    """What became of an intent. recorded: it is on record; else problem says why it is not, and
    refused, that it would not be at another time either."""

    recorded: bool
    problem: str = ""
    refused: bool = False


class Intent(Struct, frozen=True):
    """An order to be recorded before it is sent. fence: under which; None where no one else can
    trade the symbol, and for an order of another's that the venue has already. done: called with
    the outcome."""

    record: OrderRecord
    fence: Fence | None
    done: Callable[[IntentOutcome], None]


class IntentLog:
    """Writes orders down before they go out, and what becomes of them.

    lease: what orders are put on record under: one of an old epoch is refused by the commit.
    alarms: of pools whose orders cannot be put on record. away: why nothing can be written now;
    empty while it can. hold: why no intent may be written now, although it could. dropped: news
    that were given up. refused: intents that the database would not take. unrecorded: orders that
    were not sent because they were not on record in time.
    """

    def __init__(
        self,
        store: Store,
        alarms: Alarms,
        lease: Lease = SOLE,
        *,
        retry_s: float = RETRY_S,
        news_together_s: float = NEWS_TOGETHER_S,
    ) -> None:
        self.store, self.alarms, self.lease = store, alarms, lease
        self._retry_s, self._news_together_s = retry_s, news_together_s
        self._intents: OrderedDict[str, Intent] = OrderedDict()
        self._changes: OrderedDict[str, OrderChange] = OrderedDict()
        self._in_hand: frozenset[str] = frozenset()
        self._told = 0
        self._unforced: OrderChange | None = None
        self._intended, self._changed, self._awaited = (asyncio.Event() for _ in range(3))
        self._awaiting = 0
        self._idle = asyncio.Event()
        self._idle.set()
        self.away = self.hold = ""
        self.dropped = self.refused = self.unrecorded = 0

    @property
    def waiting(self) -> int:
        """Intents and news that are not written yet."""
        return len(self._intents) + len(self._in_hand) + len(self._changes) + self._told

    def intend(self, intent: Intent) -> None:
        """Put an order on record; returns at once."""
        self._intents[intent.record.client_order_id] = intent
        self._idle.clear()
        self._intended.set()

    def withdraw(self, client_order_id: str) -> bool:
        """Whether nothing was done yet about putting an intent on record, and nothing will be."""
        return self._intents.pop(client_order_id, None) is not None

    def change(self, change: OrderChange) -> None:
        """News of an order; returns at once."""
        known = self._changes.pop(change.client_order_id, None)
        self._changes[change.client_order_id] = merged(known, change) if known else change
        if len(self._changes) > CHANGES_WAITING_MAX:
            self._changes.popitem(last=False)
            self.dropped += 1
        self._idle.clear()
        self._changed.set()

    async def flushed(self, within_s: float) -> bool:
        """Whether everything is written, and on the database's disk, waiting for at most so
        long."""
        self._awaiting += 1
        self._awaited.set()
        if self._unforced is not None:
            self._idle.clear()
            self._changed.set()
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        finally:
            self._awaiting -= 1
            if not self._awaiting:
                self._awaited.clear()
        return True

    async def run(self) -> None:
        """Write until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._write(self._intended, self._write_intents))
                group.create_task(self._write(self._changed, self._write_news))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from None

    async def _write(self, come: asyncio.Event, some: Callable[[], Awaitable[None]]) -> None:
        """Whenever there is something, until nothing is left."""
        while True:
            await come.wait()
            come.clear()
            await some()
            if not self.waiting and not (self._awaiting and self._unforced):
                self._idle.set()

    async def _write_intents(self) -> None:
        while self._intents:
            intents = self._next_intents()
            if self.hold:
                self._give_back(intents, self.hold)
                continue
            self._in_hand = frozenset(intent.record.client_order_id for intent in intents)
            try:
                await self._put_down(intents)
            finally:
                # Their news could not be written before.
                self._changed.set()

    async def _put_down(self, intents: Sequence[Intent]) -> None:
        try:
            await self._commit(intents, ())
        except StoreUnavailableError as error:
            self._in_hand = frozenset()
            self._give_back(intents, str(error))
            await asyncio.sleep(self._retry_s)
        except DomainError:
            await self._one_by_one(intents)
            self._in_hand = frozenset()
        else:
            self._in_hand, self.away = frozenset(), ""
            for intent in intents:
                intent.done(IntentOutcome(recorded=True))

    async def _write_news(self) -> None:
        while self._is_told():
            await self._gather()
            changes = self._next_changes()
            if not changes:
                return
            self._told = len(changes)
            try:
                forced = await self._commit((), list(changes.values()))
            except StoreUnavailableError as error:
                self._told = 0
                self._put_back(changes)
                self.suspect(str(error))
                await asyncio.sleep(self._retry_s)
            else:
                self._told, self.away = 0, ""
                self._unforced = None if forced else changes.popitem()[1]

    def _is_told(self) -> bool:
        """Whether there are news. Where the log is waited for, the last of those that were not
        forced to the disk are written once more: all that was written before is there with them."""
        if self._awaiting and self._unforced is not None and not self._changes:
            self._changes[self._unforced.client_order_id] = self._unforced
        return bool(self._changes)

    async def _gather(self) -> None:
        """Until others may have come, or everything that goes into one transaction has."""
        if len(self._changes) < CHANGES_AT_ONCE:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._news_together_s):
                    await self._awaited.wait()

    def _next_intents(self) -> list[Intent]:
        count = min(INTENTS_AT_ONCE, len(self._intents))
        return [self._intents.popitem(last=False)[1] for _ in range(count)]

    def _next_changes(self) -> OrderedDict[str, OrderChange]:
        """Of orders of which it is known whether they are on record."""
        ahead = self._in_hand | self._intents.keys()
        names = [name for name in self._changes if name not in ahead]
        return OrderedDict((n, self._changes.pop(n)) for n in islice(names, CHANGES_AT_ONCE))

    async def _commit(self, intents: Sequence[Intent], changes: Sequence[OrderChange]) -> bool:
        """Whether it was forced to the disk."""
        forced = bool(intents) or bool(self._awaiting)
        fences = tuple(intent.fence for intent in intents if intent.fence is not None)
        records = tuple(intent.record for intent in intents)
        await self.store.commit(PutDown(fences, records, tuple(changes), forced))
        return forced

    async def _one_by_one(self, intents: Sequence[Intent]) -> None:
        """One of them is bad, and the others must not suffer."""
        for intent in intents:
            try:
                await self._commit([intent], ())
            except StoreUnavailableError as error:
                self._give_back([intent], str(error))
            except DomainError as error:
                self.refused += 1
                intent.done(IntentOutcome(recorded=False, problem=str(error), refused=True))
            else:
                intent.done(IntentOutcome(recorded=True))

    def _give_back(self, intents: Sequence[Intent], problem: str) -> None:
        self.suspect(problem)
        for intent in intents:
            # The owner of the intent decides what is written if the commit did succeed.
            intent.done(IntentOutcome(recorded=False, problem=problem))

    def _put_back(self, changes: OrderedDict[str, OrderChange]) -> None:
        newer, self._changes = self._changes, changes
        for change in newer.values():
            self.change(change)

    def suspect(self, problem: str) -> None:
        """Nothing can be written, it seems."""
        self.away = self.away or problem

    def stuck(self, symbol: str, problem: str) -> None:
        """No order of a pool can be put on record: it must stop trying."""
        self.alarms.pause(symbol, problem)


def merged(before: OrderChange, news: OrderChange) -> OrderChange:
    """Two pieces of news of one order as one: what ended stays ended, fills never shrink."""
    ended = before.status not in OPEN_STATUSES
    return OrderChange(
        client_order_id=news.client_order_id,
        status=before.status if ended else news.status,
        filled=max(before.filled, news.filled),
        updated_at=news.updated_at,
        venue_order_id=news.venue_order_id or before.venue_order_id,
        reason=news.reason or before.reason,
    )

"""The order log: every order is on record before it goes out, and what became of it afterwards.

One task writes for all pools: whatever has come together while the last transaction was under way
goes into the next one, intents first. An intent that cannot be committed never becomes an order.
News of orders wait until the database is back; of each order only the last word is kept, and where
even that is too much, what is dropped can be had again from the venue's own lists.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from itertools import islice

from msgspec import Struct, structs

from market_maker.execution.client_order_id import UniqueMoments
from market_maker.model.errors import DomainError, NotFoundError, StoreUnavailableError
from market_maker.model.records import (
    OPEN_STATUSES,
    Criteria,
    OrderChange,
    OrderRecord,
)
from market_maker.model.units import NANOS_PER_SECOND, Nanos, OrderId, ParticipantId
from market_maker.ports import Clock, Store, Unit

INTENTS_AT_ONCE = 500
CHANGES_AT_ONCE = 500
"""Intents, and orders with news, in one transaction: what comes behind it does not wait long."""

CHANGES_WAITING_MAX = 50_000
"""Orders whose news may wait. Beyond it the oldest are dropped, and counted."""

FOUND_NAMES_KEPT = 10_000
"""Orders of former lives of which the name is remembered, the latest."""

ACCOUNTS_KEPT = Nanos(30 * NANOS_PER_SECOND)
"""How long a participant's account is remembered before it is looked up again."""

RETRY_S = 0.5


class IntentOutcome(Struct, frozen=True):
    """What became of an intent. account_id: whose account it goes to; None: it is not on record,
    and problem says why. refused: nor would it be at another time."""

    account_id: str | None
    problem: str = ""
    refused: bool = False


class Intent(Struct, frozen=True):
    """An order about to be. done: told what became of it."""

    record: OrderRecord
    done: Callable[[IntentOutcome], None]


class IntentLog:
    """Names orders, and writes them down.

    on_stuck: told of a pool whose orders cannot be put on record, and why. away: why nothing can
    be written now; empty while it can. dropped: news that were given up. refused: intents that
    the database would not take. unrecorded: orders that were not sent because they were not on
    record in time.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        on_stuck: Callable[[str, str], None],
        retry_s: float = RETRY_S,
    ) -> None:
        self._store, self._clock, self._on_stuck = store, clock, on_stuck
        self._retry_s = retry_s
        self._intents: OrderedDict[str, Intent] = OrderedDict()
        self._changes: OrderedDict[str, OrderChange] = OrderedDict()
        self._names: dict[tuple[str, OrderId], str] = {}
        self._found: OrderedDict[tuple[str, OrderId], str] = OrderedDict()
        self._accounts: dict[ParticipantId, str] = {}
        self._accounts_until = Nanos(0)
        self._moments = UniqueMoments(Nanos(0))
        self._in_hand = 0
        self._news = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self.away = ""
        self.dropped = self.refused = self.unrecorded = 0

    async def load(self) -> None:
        """Learn the last name that was given. Raises StoreUnavailableError."""
        async with self._store.reading() as unit:
            newest = (await unit.orders.page(Criteria(), 1)).items
        self._moments = UniqueMoments(newest[0].created_at if newest else Nanos(0))

    def moment(self) -> Nanos:
        """For the next name."""
        return self._moments.next(self._clock.now())

    def client_order_id(self, symbol: str, order_id: OrderId) -> str | None:
        """The name of an order, None if it is not known (any more)."""
        return self._names.get((symbol, order_id)) or self._found.get((symbol, order_id))

    def found(self, symbol: str, order_id: OrderId, client_order_id: str) -> None:
        """Remember the name of an order of a former life, for its fill."""
        self._found[symbol, order_id] = client_order_id
        if len(self._found) > FOUND_NAMES_KEPT:
            self._found.popitem(last=False)

    def forget(self, symbol: str, order_id: OrderId) -> None:
        """Nothing more is heard of an order."""
        self._names.pop((symbol, order_id), None)

    @property
    def waiting(self) -> int:
        """Intents and news that are not written yet."""
        return len(self._intents) + len(self._changes) + self._in_hand

    def intend(self, intent: Intent) -> None:
        """Put an order on record; returns at once."""
        record = intent.record
        self._names[record.symbol, record.order_id] = record.client_order_id
        self._intents[record.client_order_id] = intent
        self._wake()

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
        self._wake()

    async def flushed(self, within_s: float) -> bool:
        """Whether everything is written, waiting for at most so long."""
        try:
            async with asyncio.timeout(within_s):
                await self._idle.wait()
        except TimeoutError:
            return False
        return True

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._news.wait()
            self._news.clear()
            while self.waiting:
                await self._write()
            self._idle.set()

    def _wake(self) -> None:
        self._idle.clear()
        self._news.set()

    async def _write(self) -> None:
        intents, changes = self._next_intents(), self._next_changes()
        self._in_hand = len(intents) + len(changes)
        try:
            accounts = await self._commit(intents, list(changes.values()))
        except StoreUnavailableError as error:
            self._in_hand = 0
            self._put_back(changes)
            self._give_back(intents, str(error))
            await asyncio.sleep(self._retry_s)
        except DomainError:
            if not intents:
                raise
            self._put_back(changes)
            await self._one_by_one(intents)
            self._in_hand = 0
        else:
            self._in_hand, self.away = 0, ""
            for intent, account in zip(intents, accounts, strict=True):
                intent.done(IntentOutcome(account))

    def _next_intents(self) -> list[Intent]:
        count = min(INTENTS_AT_ONCE, len(self._intents))
        return [self._intents.popitem(last=False)[1] for _ in range(count)]

    def _next_changes(self) -> OrderedDict[str, OrderChange]:
        """Of orders that are on record by then: those left in `_intents` are not."""
        names = [name for name in self._changes if name not in self._intents]
        return OrderedDict((n, self._changes.pop(n)) for n in islice(names, CHANGES_AT_ONCE))

    async def _commit(self, intents: Sequence[Intent], changes: Sequence[OrderChange]) -> list[str]:
        return await self._store.commit(partial(self._put_down, intents, changes))

    async def _put_down(
        self, intents: Sequence[Intent], changes: Sequence[OrderChange], unit: Unit
    ) -> list[str]:
        """In whichever thread the store has for it; nobody else touches the accounts."""
        accounts = [await self._account(unit, i.record.participant_id) for i in intents]
        await unit.orders.add(
            [
                structs.replace(intent.record, account_id=account)
                for intent, account in zip(intents, accounts, strict=True)
            ]
        )
        await unit.orders.change(changes)
        return accounts

    async def _account(self, unit: Unit, participant_id: ParticipantId) -> str:
        now = self._clock.now()
        if now >= self._accounts_until:
            self._accounts.clear()
            self._accounts_until = Nanos(now + ACCOUNTS_KEPT)
        known = self._accounts.get(participant_id)
        if known is not None:
            return known
        participant = await unit.participants.get(participant_id)
        if participant is None:
            raise NotFoundError("participant", participant_id)
        self._accounts[participant_id] = participant.account_id
        return participant.account_id

    async def _one_by_one(self, intents: Sequence[Intent]) -> None:
        """One of them is bad, and the others must not suffer."""
        for intent in intents:
            try:
                (account,) = await self._commit([intent], ())
            except StoreUnavailableError as error:
                self._give_back([intent], str(error))
            except DomainError as error:
                self.refused += 1
                intent.done(IntentOutcome(None, str(error), refused=True))
            else:
                intent.done(IntentOutcome(account))

    def _give_back(self, intents: Sequence[Intent], problem: str) -> None:
        self.suspect(problem)
        for intent in intents:
            # Whoever intended it says what is to be written should the commit have succeeded.
            intent.done(IntentOutcome(None, problem))

    def _put_back(self, changes: OrderedDict[str, OrderChange]) -> None:
        newer, self._changes = self._changes, changes
        for change in newer.values():
            self.change(change)

    def suspect(self, problem: str) -> None:
        """Nothing can be written, it seems."""
        self.away = self.away or problem

    def stuck(self, symbol: str, problem: str) -> None:
        """No order of a pool can be put on record, and it is to stop trying. Whoever is to act on
        it is told in a moment, not from within the caller's own step."""
        asyncio.get_running_loop().call_soon(self._on_stuck, symbol, problem)


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

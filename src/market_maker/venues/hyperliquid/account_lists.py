"""The venue's own lists of an account: what is open, what was filled, what is held.

Each costs weight, so they are shared by all callers: a caller that accepts an answer requested
after some moment gets the stored one. Fills are asked for by time, inclusively, and known again by
(time, coin, id): ids are hashes and do not grow.
"""

import asyncio
from typing import Any

from msgspec import Struct

from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.ports import Clock
from market_maker.venues.hyperliquid.account_wire import ClearingState, InfoOrder, WireFill
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.info import FILLS_MAX, Question, ask

FILLS_KEPT = 20_000
"""Of one account; the venue itself lists the newest 10,000."""

FillKey = tuple[int, str, int]


class ListAnswer(Struct, frozen=True):
    """An answer, and when it was asked for."""

    asked_at: Nanos
    answer: Any


class AccountFills(Struct):
    """Fills of an account in the order of time, each once. first: the number of the oldest that is
    still kept; the next one has number first + len(fills)."""

    fills: list[WireFill]
    keys: set[FillKey]
    since: int
    first: int = 0

    def add(self, fills: tuple[WireFill, ...]) -> int:
        """Keep what is new; how much is."""
        news = [fill for fill in fills if key_of(fill) not in self.keys]
        news.sort(key=lambda fill: fill.time)
        self.fills += news
        self.keys.update(map(key_of, news))
        if len(self.fills) > FILLS_KEPT:
            cut = len(self.fills) - FILLS_KEPT
            self.keys.difference_update(map(key_of, self.fills[:cut]))
            self.fills, self.first = self.fills[cut:], self.first + cut
        return len(news)

    @property
    def newest(self) -> int:
        """The time (ms) from which the next question asks; inclusively."""
        return self.fills[-1].time if self.fills else self.since

    def after(self, number: int) -> list[WireFill]:
        """The fills with this number and later ones."""
        return self.fills[max(0, number - self.first) :]

    @property
    def end(self) -> int:
        """The number of the next fill."""
        return self.first + len(self.fills)


class AccountLists:
    """Of all accounts of a connection. since: fills before it are none of ours."""

    def __init__(self, rest: Rest, clock: Clock, since: Nanos) -> None:
        self._rest, self._clock = rest, clock
        self._since = since // NANOS_PER_MS
        self._asked: dict[tuple[str, str, str], ListAnswer] = {}
        self._locks: dict[tuple[str, str, str], asyncio.Lock] = {}
        self._logs: dict[str, AccountFills] = {}

    async def orders(
        self, address: str, dex: str, asked_after: Nanos, *, urgent: bool = False
    ) -> ListAnswer:
        """Open orders (InfoOrder) of an account at one dex. Raises VenueError."""
        question = ask("frontendOpenOrders", user=address, dex=dex or None)
        return await self._ask(question, address, dex, asked_after, urgent=urgent)

    async def state(self, address: str, dex: str, asked_after: Nanos) -> ListAnswer:
        """The account at one dex (ClearingState). Raises VenueError."""
        question = ask("clearinghouseState", user=address, dex=dex or None)
        return await self._ask(question, address, dex, asked_after)

    async def fills(self, address: str, asked_after: Nanos, *, urgent: bool = False) -> ListAnswer:
        """An account's fills (AccountFills), with everything until it was asked for. Raises
        VenueError."""
        key = ("fills", address, "")
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._asked.get(key)
            if known is not None and known.asked_at >= asked_after:
                return known
            asked_at = self._clock.now()
            log = self._logs.setdefault(address, AccountFills([], set(), self._since))
            await self._fill(log, address, urgent=urgent)
            self._asked[key] = asked = ListAnswer(asked_at, log)
            return asked

    def covers(self, address: str, moment: Nanos) -> bool:
        """Whether the log of an account's fills goes back to this moment."""
        log = self._logs.get(address)
        whole = log is None or log.first == 0
        return whole and moment // NANOS_PER_MS >= self._since

    async def fills_since(self, address: str, time: int) -> list[WireFill]:
        """All fills at or after a time (ms), oldest first, as far as the venue still has them.
        Raises VenueError."""
        log = AccountFills([], set(), time)
        await self._fill(log, address)
        return log.fills

    async def _fill(self, log: AccountFills, address: str, *, urgent: bool = False) -> None:
        while True:
            since = log.newest
            question = ask("userFillsByTime", user=address, startTime=since)
            page = await self._rest.ask(question, urgent=urgent)
            added = log.add(page)
            # A whole page of one moment cannot be gone beyond.
            if len(page) < FILLS_MAX or (not added and log.newest == since):
                return

    async def _ask(
        self,
        question: Question[Any],
        address: str,
        dex: str,
        asked_after: Nanos,
        *,
        urgent: bool = False,
    ) -> ListAnswer:
        key = (question.type, address, dex)
        async with self._locks.setdefault(key, asyncio.Lock()):
            known = self._asked.get(key)
            if known is not None and known.asked_at >= asked_after:
                return known
            asked_at = self._clock.now()
            answer: tuple[InfoOrder, ...] | ClearingState
            answer = await self._rest.ask(question, urgent=urgent)
            self._asked[key] = asked = ListAnswer(asked_at, answer)
            return asked


def key_of(fill: WireFill) -> FillKey:
    """Identifies a fill that the venue repeats."""
    return fill.time, fill.coin, fill.tid

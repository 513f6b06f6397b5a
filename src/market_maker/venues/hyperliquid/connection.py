"""The process's connection to the venue, shared by all its markets: one websocket, one weight
budget, one count of actions for each account.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from random import Random
from typing import Any, Protocol

import aiohttp
from msgspec import Struct

from market_maker.model.errors import MakerError, VenueError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.venues.hyperliquid.account_lists import AccountLists
from market_maker.venues.hyperliquid.accounts import TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.actions import ExchangeAction
from market_maker.venues.hyperliquid.addresses import socket_url
from market_maker.venues.hyperliquid.budgets import ActionQuota, batch_weight
from market_maker.venues.hyperliquid.client import Delivered, Delivery, Rest
from market_maker.venues.hyperliquid.exchange_wire import Refusal, Refused, refusal_of
from market_maker.venues.hyperliquid.frames import (
    ChannelSubscription,
    FillNews,
    Frame,
    Fundings,
    UserNews,
)
from market_maker.venues.hyperliquid.identity import measured_ahead
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.market_wire import BookAnswer
from market_maker.venues.hyperliquid.signing import SigningTerms, signed
from market_maker.venues.hyperliquid.streams import Streams
from market_maker.venues.hyperliquid.universe import ListedMarket
from market_maker.venues.hyperliquid.withdrawals import WithdrawalDesk

BOOK_SILENT_MAX = Nanos(5 * NANOS_PER_SECOND)
"""The fast book comes every half second."""

QUOTA_EVERY_S = 60.0
"""How often the venue's own count of our actions is asked for."""

MOVED_MS = 3_000
"""So far apart a book's time and ours may be before the clocks are compared again."""

EXPIRED_COST = 5
"""Actions that one costs which arrived after its time."""

TEND_EVERY_S = 1.0
"""How often the connections for actions are made up to their number: a stop waits for none."""

PAUSE_S = 2.0
"""Until a question that was not answered is asked again."""


_SERIOUS = {Refusal.QUOTA, Refusal.UNKNOWN_SIGNER, Refusal.NO_FUNDS, Refusal.NONCE}
"""What a person should see."""


class MarketListener(Protocol):
    """One market's end of the connection."""

    @property
    def market(self) -> ListedMarket:
        """Which one."""

    def hear(self, frame: Frame, now: Nanos) -> None:
        """A frame about the market or about its account."""

    def opened(self, now: Nanos) -> None:
        """The connection was made: whatever happened before is to be asked for."""

    def lost(self, now: Nanos, reason: str) -> None:
        """It broke."""


class ConnectionCounts(Struct):
    """Since the start. limited: actions that were not sent or refused for their number; used_up:
    those of them that the venue refused because the account has no more; unknown: those whose fate
    is not known."""

    limited: int = 0
    used_up: int = 0
    actions: int = 0
    unknown: int = 0


class HyperliquidConnection:
    """running: set while requests can be made. withdrawals: cancels of all its markets.
    clock_ahead_ms: our clock before the venue's, by which it judges what has expired and which
    numbers are used up; measured again where either clock was set, or this machine slept."""

    def __init__(
        self,
        rest: Rest,
        session: aiohttp.ClientSession,
        clock: Clock,
        accounts: TradingAccounts,
        rng: Random,
        *,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        self.rest, self.clock, self.accounts = rest, clock, accounts
        self.streams = Streams(
            socket_url(rest.url),
            session,
            clock,
            hear=self._hear,
            changed=self._changed,
            rng=rng,
            watch=watch,
        )
        self.lists = AccountLists(rest, clock, clock.now())
        self._tasks = asyncio.TaskGroup()
        self.withdrawals = WithdrawalDesk(self, self._start)
        self.counts = ConnectionCounts()
        self._problems: dict[str, str] = {}
        self.clock_ahead_ms = 0
        self.running = asyncio.Event()
        self._clock_moved = asyncio.Event()
        self._listeners: dict[str, list[MarketListener]] = {}
        self._quotas: dict[str, ActionQuota] = {}
        self._watchers: list[Callable[[Frame, Nanos], None]] = []

    @property
    def problem(self) -> str:
        """Why the venue does nothing for an account, in its last words, such as of a key that may
        not act; empty from the next action on that is answered otherwise."""
        return next(iter(self._problems.values()), "")

    async def run(self) -> None:
        """Listen, and keep the counts right, until cancelled."""
        try:
            async with self._tasks as tasks:
                tasks.create_task(self.streams.run())
                tasks.create_task(self._count_for_ever())
                tasks.create_task(self._follow_clock())
                tasks.create_task(self._tend_for_ever())
                self.running.set()
        finally:
            await self.rest.hang_up()

    def leapt(self, span: Nanos) -> None:
        """Our clock leapt forward. Until it is compared, the venue's is taken to have stayed: a
        number from its future would be refused, and so would all that follow."""
        self.clock_ahead_ms += span // NANOS_PER_MS
        self._clock_moved.set()

    # who listens

    def attach(self, listener: MarketListener) -> None:
        """Start delivering its market's frames to it."""
        market = listener.market
        self._listeners.setdefault(market.coin, []).append(listener)
        coin = market.coin
        self.streams.want(ChannelSubscription("l2Book", coin=coin, fast=True), BOOK_SILENT_MAX)
        for kind in ("bbo", "trades", "activeAssetCtx"):
            # These are silent while nothing changes.
            self.streams.want(ChannelSubscription(kind, coin=coin))
        self.streams.want(ChannelSubscription("allMids", dex=market.dex or None))
        if self.streams.connected:
            listener.opened(self.clock.now())

    def detach(self, listener: MarketListener) -> None:
        """Stop delivering frames to it."""
        self._listeners[listener.market.coin].remove(listener)

    def watch(self, watcher: Callable[[Frame, Nanos], None]) -> None:
        """Deliver every frame to it, before the markets: a recorder, a screen."""
        self._watchers.append(watcher)

    def follow(self, address: str) -> None:
        """Subscribe to everything that happens on this account, on all dexes."""
        if address in self._quotas:
            return
        self._quotas[address] = ActionQuota()
        for kind in ("userFills", "orderUpdates", "userEvents", "userFundings"):
            self.streams.want(ChannelSubscription(kind, user=address))

    # what is sent

    def quota(self, account: TradingAccount) -> ActionQuota:
        """The account's count of actions."""
        self.follow(account.address)
        return self._quotas[account.address]

    def act(
        self,
        account: TradingAccount,
        action: ExchangeAction,
        orders: int = 1,
        *,
        urgent: bool = False,
        expires_at: Nanos | None = None,
    ) -> Awaitable[Delivered]:
        """Sign an action and send it once; it is written before this returns, where a connection
        is free. orders: how many it counts for. expires_at: it does nothing when it arrives
        later. Awaiting it raises MakerError where there is no number for it."""
        quota = self.quota(account)
        signer = account.signer
        try:
            nonce = signer.nonces.next(Nanos(self.clock.now() - self.clock_ahead_ms * NANOS_PER_MS))
        except MakerError as error:
            return _without_number(error)
        expires = None if expires_at is None else expires_at // NANOS_PER_MS - self.clock_ahead_ms
        terms = SigningTerms(nonce, account.vault, expires)
        request = signed(signer.key, action, terms, self.rest.network)
        quota.spend(orders)
        self.counts.actions += 1
        answering = self.rest.act(request, batch_weight(orders), urgent=urgent)
        return self._judged(account, answering, orders)

    async def _judged(
        self, account: TradingAccount, answering: Awaitable[Delivered], orders: int
    ) -> Delivered:
        delivered = await answering
        self._judge(account, delivered, orders)
        return delivered

    def _judge(self, account: TradingAccount, delivered: Delivered, orders: int) -> None:
        answer = delivered.answer
        texts = [answer.refused] if answer.refused else []
        texts += [status.text for status in answer.statuses if isinstance(status, Refused)]
        refusals = [(refusal_of(text), text) for text in texts]
        if any(refusal is Refusal.EXPIRED for refusal, _ in refusals):
            self.quota(account).spend(orders * (EXPIRED_COST - 1))
            self._clock_moved.set()
        if any(refusal is Refusal.QUOTA for refusal, _ in refusals):
            self.quota(account).exhausted(self.clock.now())
            self.counts.used_up += 1
        serious = [text for refusal, text in refusals if refusal in _SERIOUS]
        if serious:
            self._problems[account.address] = serious[-1]
        elif delivered.delivery is Delivery.ANSWERED:
            self._problems.pop(account.address, None)
        if delivered.delivery is Delivery.LIMITED:
            self.counts.limited += 1
        elif delivered.delivery is Delivery.UNKNOWN:
            self.counts.unknown += 1

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.create_task(work)

    # what arrives

    def _hear(self, frame: Frame, now: Nanos) -> None:
        if isinstance(frame, BookAnswer):
            ahead_ms = now // NANOS_PER_MS - frame.time
            if abs(ahead_ms - self.clock_ahead_ms) > MOVED_MS:
                self._clock_moved.set()
        for watcher in self._watchers:
            watcher(frame, now)
        for coin in coins_of(frame):
            for listener in self._listeners.get(coin, ()):
                listener.hear(frame, now)

    def _changed(self, reason: str | None) -> None:
        now = self.clock.now()
        for listeners in self._listeners.values():
            for listener in listeners:
                if reason is None:
                    listener.opened(now)
                else:
                    listener.lost(now, reason)

    async def _follow_clock(self) -> None:
        """A book whose time is far from ours comes late, or a clock was set: ask which."""
        while True:
            await self._clock_moved.wait()
            with suppress(VenueError):
                self.clock_ahead_ms = await measured_ahead(self.rest, self.clock)
            await asyncio.sleep(PAUSE_S)
            self._clock_moved.clear()

    async def _tend_for_ever(self) -> None:
        while True:
            self.rest.tend()
            await asyncio.sleep(TEND_EVERY_S)

    async def _count_for_ever(self) -> None:
        """The venue counts our actions, and by what we trade; ours is put right now and then."""
        while True:
            for address, quota in list(self._quotas.items()):
                with suppress(VenueError):
                    quota.learn(await self.rest.ask(ask("userRateLimit", user=address)))
            await asyncio.sleep(QUOTA_EVERY_S if self._quotas else PAUSE_S)


async def _without_number(error: MakerError) -> Delivered:
    raise error


def coins_of(frame: Frame) -> list[str]:
    """The markets that a frame is about, each once."""
    match frame:
        case FillNews(fills=fills):
            named = [fill.coin for fill in fills]
        case Fundings(fundings=fundings):
            named = [funding.coin for funding in fundings]
        case UserNews():
            named = [fill.coin for fill in frame.fills]
            named += [cancel.coin for cancel in frame.non_user_cancel]
            named += [frame.funding.coin] if frame.funding else []
        case tuple():
            named = [_coin(one) for one in frame]
        case _:
            named = [getattr(frame, "coin", "")]
    return list(dict.fromkeys(named))


def _coin(one: object) -> str:
    """Of a trade, or of news about an order."""
    coin: str = getattr(one, "coin", "") or getattr(getattr(one, "order", None), "coin", "")
    return coin

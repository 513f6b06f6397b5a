"""The websocket: connected for as long as it is wanted, with everything subscribed to.

A connection is alive while anything arrives; a subscription while its own frames do, as often as
they should. One that falls silent is asked for again, ever more rarely; when all have, everything
is connected anew. After each connection the listeners ask for what was missed: order and user
events are not repeated. Source: Hyperliquid docs, "WebSocket"; reports of silent books.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from random import Random

import aiohttp
import msgspec
from msgspec import Struct

from market_maker.model.errors import MakerError
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch, GivenUp
from market_maker.venues.hyperliquid.frames import (
    Best,
    ChannelSubscription,
    Complaint,
    FillNews,
    Frame,
    FrameReader,
    Fundings,
    Mids,
    PerpContext,
    SpotPairContext,
    Subscribed,
    WireTrade,
)
from market_maker.venues.hyperliquid.market_wire import BookAnswer

FRAME_MAX = 4_000_000
"""Bytes of one frame."""

HANDSHAKE_S = 5.0
"""How long a websocket may take to be opened."""

BACKOFF_MIN_S = 0.5
BACKOFF_MAX_S = 30.0
"""Thirty connections a minute are allowed; these are fewer."""

PING_EVERY = Nanos(15 * NANOS_PER_SECOND)
"""The venue closes a connection on which it said nothing for a minute."""

SILENT_MAX = Nanos(35 * NANOS_PER_SECOND)
"""Of the whole connection: two pings went unanswered."""

CONFIRMED_WITHIN = Nanos(5 * NANOS_PER_SECOND)
"""A subscription without its confirmation is sent again after so long."""

CHECK_EVERY_S = 0.5

SILENT = "the websocket fell silent"
ALL_SILENT = "all subscriptions fell silent"
VENUE = "hyperliquid"
"""What is at the other end, where connections are counted."""

SUBSCRIPTIONS_MAX = 1_000
"""Of one IP address."""


class _Wanted:
    """A subscription. silent_for: how long it may be; None: for as long as it likes. asked_at: of
    the newest request in this connection, 0: none yet. asked: how often since its last frame."""

    __slots__ = ("asked", "asked_at", "confirmed", "heard_at", "silent_for")

    def __init__(self, silent_for: Nanos | None) -> None:
        self.silent_for = silent_for
        self.forget()

    def forget(self) -> None:
        """A new connection knows nothing of it."""
        self.asked_at, self.heard_at = Nanos(0), Nanos(0)
        self.asked, self.confirmed = 0, False


class StreamCounts(Struct):
    """Since the start."""

    connections: int = 0
    frames: int = 0
    resubscriptions: int = 0
    complaints: int = 0


ASKED_MAX = 3
"""When all active subscriptions stay silent after so many requests each, the connection is broken.
One alone is renewed now and then: it may be quiet."""

PATIENCE_MAX = 16


class Streams:
    """`hear`: called with every frame. changed: called with why the connection broke, or None when
    it was made and everything has been asked for."""

    def __init__(
        self,
        url: str,
        session: aiohttp.ClientSession,
        clock: Clock,
        *,
        hear: Callable[[Frame, Nanos], None],
        changed: Callable[[str | None], None],
        rng: Random,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        self._url, self._session, self._clock, self._rng = url, session, clock, rng
        self._hear, self._changed, self._watch = hear, changed, watch
        self._wanted: dict[ChannelSubscription, _Wanted] = {}
        self._by_topic: dict[tuple[str, str], _Wanted] = {}
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._heard_at = self._pinged_at = Nanos(0)
        self._reason = ""
        self._wake = asyncio.Event()
        self.reader = FrameReader()
        self.counts = StreamCounts()
        self.complaint = ""

    @property
    def connected(self) -> bool:
        """Whether there is a connection."""
        return self._socket is not None

    @property
    def heard_at(self) -> Nanos:
        """When anything arrived last in this connection; 0: nothing yet."""
        return self._heard_at

    def heard_of(self, subscription: ChannelSubscription) -> Nanos:
        """When a frame of it arrived last in this connection; 0: none yet."""
        wanted = self._wanted.get(subscription)
        return wanted.heard_at if wanted else Nanos(0)

    def confirmed(self, subscription: ChannelSubscription) -> bool:
        """Whether the venue has it in this connection."""
        wanted = self._wanted.get(subscription)
        return wanted is not None and wanted.confirmed

    @property
    def unconfirmed(self) -> tuple[ChannelSubscription, ...]:
        """What the venue has not confirmed in this connection."""
        return tuple(s for s, wanted in self._wanted.items() if not wanted.confirmed)

    def want(self, subscription: ChannelSubscription, silent_for: Nanos | None = None) -> None:
        """From now on. Wanting twice is harmless. Raises MakerError beyond the venue's limit."""
        if subscription in self._wanted:
            return
        if len(self._wanted) >= SUBSCRIPTIONS_MAX:
            raise MakerError(f"more than {SUBSCRIPTIONS_MAX} subscriptions from one address")
        self._wanted[subscription] = wanted = _Wanted(silent_for)
        topic = subscription.coin or subscription.user or subscription.dex or ""
        self._by_topic[subscription.channel, topic.lower()] = wanted
        self._wake.set()

    async def run(self) -> None:
        """Listen until cancelled."""
        backoff = BACKOFF_MIN_S
        while True:
            began = self._clock.now()
            reason = await self._connection()
            if self._clock.now() - began > SILENT_MAX:
                backoff = BACKOFF_MIN_S
            why = GivenUp.SILENT if reason in {SILENT, ALL_SILENT} else GivenUp.ENDED
            self._watch.given_up(VENUE, why, reason)
            self._changed(reason)
            await asyncio.sleep(backoff * (0.5 + 0.5 * self._rng.random()))
            backoff = min(2 * backoff, BACKOFF_MAX_S)

    async def _connection(self) -> str:
        """Why it ended."""
        try:
            async with asyncio.timeout(HANDSHAKE_S):
                opened = await self._session.ws_connect(
                    self._url, max_msg_size=FRAME_MAX, timeout=aiohttp.ClientWSTimeout(ws_close=1.0)
                )
            async with opened as socket:
                return await self._life(socket)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return f"no websocket: {str(error) or type(error).__name__}"
        finally:
            self._socket = None
            for wanted in self._wanted.values():
                wanted.forget()

    async def _life(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Listen, and keep the connection alive beside it, until one of the two finds an end."""
        self._socket, self._reason = socket, ""
        self._heard_at = self._pinged_at = self._clock.now()
        self.counts.connections += 1
        async with asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(self._keep(socket))
            ended = await self._listen(socket)
            keeping.cancel()
        return self._reason or ended

    async def _listen(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Why it ended."""
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                raw = message.data.encode()
            elif message.type is aiohttp.WSMsgType.BINARY:
                raw = message.data
            else:
                return "the websocket broke"
            now = self._clock.now()
            self._heard_at = now
            self.counts.frames += 1
            frame = self.reader.read(raw)
            self._note(frame, now)
            self._hear(frame, now)
        return f"the websocket was closed (code {socket.close_code})"

    def _note(self, frame: Frame, now: Nanos) -> None:
        match frame:
            case Subscribed(method="subscribe", subscription=subscription):
                wanted = self._wanted.get(subscription) or self._alike(subscription)
                if wanted is not None:
                    wanted.confirmed = True
            case Complaint(text=text):
                self.counts.complaints += 1
                self.complaint = text
            case _:
                wanted = self._by_topic.get(topic_of(frame))
                if wanted is not None:
                    wanted.heard_at, wanted.asked, wanted.confirmed = now, 0, True

    def _alike(self, subscription: ChannelSubscription) -> _Wanted | None:
        """A confirmation may write an address or a default in its own way."""
        topic = subscription.coin or subscription.user or subscription.dex or ""
        return self._by_topic.get((subscription.channel, topic.lower()))

    async def _keep(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Subscribe, ping, and close a connection that is dead."""
        try:
            await self._ask_for_missing(socket)
            self._changed(None)
            while True:
                self._wake.clear()
                await self._ask_for_missing(socket)
                self._reason = await self._check(socket)
                if self._reason:
                    break
                with suppress(TimeoutError):
                    async with asyncio.timeout(CHECK_EVERY_S):
                        await self._wake.wait()
        except (ConnectionError, aiohttp.ClientError):
            self._reason = "the websocket broke"
        await socket.close()

    async def _ask_for_missing(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        for subscription, wanted in list(self._wanted.items()):
            if not wanted.asked_at:
                await self._ask_for(socket, subscription, wanted)

    async def _ask_for(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        subscription: ChannelSubscription,
        wanted: _Wanted,
    ) -> None:
        again, wanted.asked_at = wanted.asked_at > 0, self._clock.now()
        wanted.asked += 1
        if again:
            self.counts.resubscriptions += 1
            if wanted.confirmed:
                await _send(socket, "unsubscribe", subscription)
                wanted.confirmed = False
        await _send(socket, "subscribe", subscription)

    async def _check(self, socket: aiohttp.ClientWebSocketResponse) -> str:
        """Why the connection is no good any more; empty while it is."""
        now = self._clock.now()
        if now - self._heard_at >= SILENT_MAX:
            return SILENT
        if now - self._pinged_at >= PING_EVERY:
            self._pinged_at = now
            await socket.send_str('{"method":"ping"}')
        watched = [one for one in self._wanted.values() if one.silent_for is not None]
        if watched and all(one.asked >= ASKED_MAX and self._overdue(now, one) for one in watched):
            return ALL_SILENT
        for subscription, wanted in list(self._wanted.items()):
            if self._overdue(now, wanted):
                await self._ask_for(socket, subscription, wanted)
        return ""

    def _overdue(self, now: Nanos, wanted: _Wanted) -> bool:
        """Each further request waits twice as long: a book may be quiet, or not to be had."""
        patience = min(1 << max(0, wanted.asked - 1), PATIENCE_MAX)
        if not wanted.confirmed:
            return now - wanted.asked_at >= CONFIRMED_WITHIN * patience
        limit = wanted.silent_for
        heard_at = max(wanted.heard_at, wanted.asked_at)
        return limit is not None and now - heard_at >= limit * patience


_CHANNEL_OF: dict[type, str] = {
    BookAnswer: "l2Book",
    Best: "bbo",
    PerpContext: "activeAssetCtx",
    SpotPairContext: "activeAssetCtx",
    Mids: "allMids",
    FillNews: "userFills",
    Fundings: "userFundings",
}


def topic_of(frame: Frame) -> tuple[str, str]:
    """The channel and the coin, user or dex that a frame is of, as it was asked for; empty where
    it is of none."""
    first: object = frame[0] if isinstance(frame, tuple) and frame else frame
    channel = "trades" if isinstance(first, WireTrade) else _CHANNEL_OF.get(type(first), "")
    named = (getattr(first, name, None) for name in ("coin", "user", "dex"))
    return channel, next((text.lower() for text in named if text), "")


async def _send(
    socket: aiohttp.ClientWebSocketResponse, method: str, subscription: ChannelSubscription
) -> None:
    told = {"method": method, "subscription": subscription}
    await socket.send_str(msgspec.json.encode(told).decode())

"""Lines to an order service in another process: every pool requests of its own, and a stream on the
connection that all share."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol, TypeVar

import aiohttp

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.shadow import ShadowGateway
from market_maker.model.errors import VenueUnavailableError
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import Clock, MarketData
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.sandbox_connector import JournalOf
from market_maker.serving.venue_lines import NO_TOPICS, TopicsRead
from market_maker.venues.conversation import Conversation
from market_maker.venues.http import client_session
from market_maker.venues.metadata.joined_listing import JoinedListing, ListedInstruments
from market_maker.venues.order_service.client import (
    LISTS,
    STREAM,
    OrderServiceClient,
    OrderServiceReader,
    courier_to,
)
from market_maker.venues.order_service.feed import OrderServiceFeed
from market_maker.venues.order_service.stream import Stream, VenueStream, fits
from market_maker.venues.order_service.stream_socket import OTHER_GRID, StreamSocket, opening_of
from market_maker.venues.order_service.venue import (
    LISTS_AT_ONCE,
    OrderServiceVenue,
    sent_orders,
)
from market_maker.venues.order_service.wire import Opened

CONNECTIONS_MAX = 0
"""For streams, as many as are asked for: one that all share, and one for each grid that is asked
for where news come over topics. They are not among those that requests go over."""


FIRST_LIST_S = 2.0
"""How long a new line waits for the service's first answer; without it the pool cannot start."""


PING_INTERVAL_S = 1.0
"""How often the service is asked for a sign of life, also while no pool runs."""


class TopicSource(Protocol):
    """The exchange's topics."""

    @property
    def problem(self) -> str:
        """Why they are not read; empty while they are."""

    @property
    def read(self) -> TopicsRead:
        """How they are read."""

    async def run(self) -> None:
        """Read until cancelled."""

    def stream(
        self, instrument: Instrument, opening: Callable[[], Awaitable[Opened]]
    ) -> VenueStream:
        """News of one instrument, while `run` does."""


class FollowedListing(ListedInstruments, Protocol):
    """The exchange's list of instruments, which changes."""

    async def run(self) -> None:
        """Follow its changes until cancelled."""


Reader = TypeVar("Reader", bound=OrderServiceReader)


class OrderServiceConnector:
    """Makes lines while `run` does. token: the service's credential, None where it wants none.
    topics: where news come from instead of the service's own streams. listing: who else may halt an
    instrument, and change its limits. watch: where connections are counted."""

    venue = "order_service"

    def __init__(
        self,
        url: str,
        clock: Clock,
        log: IntentLog,
        journal: JournalOf,
        *,
        token: str | None = None,
        topics: TopicSource | None = None,
        listing: FollowedListing | None = None,
        factories: Factories = USUAL,
        watch: ConnectionWatch = UNCOUNTED,
    ) -> None:
        self._watch = watch
        self._topics, self._listing = topics, listing
        self._gateway = factories.gateway
        self._clock, self._log, self._journal = clock, log, journal
        self._conversation = Conversation("order service", clock)
        self._courier = courier_to(url, token, watch=watch)
        self._session: aiohttp.ClientSession | None = None
        self._socket: StreamSocket | None = None
        self._tasks = asyncio.TaskGroup()
        self._ready = asyncio.Event()
        self._venues: dict[str, OrderServiceVenue] = {}
        self._list_turns = asyncio.Semaphore(LISTS_AT_ONCE)

    async def run(self) -> None:
        """Keep connections until cancelled."""
        streams = client_session(CONNECTIONS_MAX, to=STREAM, watch=self._watch)
        async with streams as session, self._courier as courier, self._tasks:
            self._session = session
            reader = self._reader(session, OrderServiceReader)
            self._socket = StreamSocket(reader, self._clock)
            self._ready.set()
            self._tasks.create_task(self._socket.run())
            if self._topics is not None:
                self._tasks.create_task(self._topics.run())
            if self._listing is not None:
                self._tasks.create_task(self._listing.run())
            while True:
                if await reader.ping():
                    courier.tend()
                await asyncio.sleep(PING_INTERVAL_S)

    async def problem(self) -> str:
        """Why the service cannot be worked with now; empty while it answers."""
        topics = "" if self._topics is None else self._topics.problem
        return self._conversation.problem or topics

    def _stream(self, reader: OrderServiceReader, instrument: Instrument) -> VenueStream:
        if self._topics is None:
            assert self._socket is not None
            return Stream(self._socket, instrument)
        channel = f"grid of {instrument.symbol}"

        async def opening() -> Opened:
            try:
                opened = await opening_of(reader, instrument)
            except VenueUnavailableError as error:
                self._conversation.failed(channel, str(error))
                raise
            if fits(opened, instrument):
                self._conversation.closed(channel)
            else:
                self._conversation.failed(channel, OTHER_GRID)
            return opened

        return self._topics.stream(instrument, opening)

    def _with_listing(self, market_data: MarketData, instrument: Instrument) -> MarketData:
        if self._listing is None:
            return market_data
        return JoinedListing(market_data, self._listing, instrument)

    def _reader(self, session: aiohttp.ClientSession, kind: type[Reader]) -> Reader:
        return kind(self._courier, session, self._conversation)

    @property
    def is_deaf(self) -> bool:
        """Whether the order service does not answer."""
        return self._conversation.is_broken

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest."""
        return tuple(
            WatchedAccount(symbol, account)
            for symbol, venue in self._venues.items()
            for account in venue.accounts
        )

    @property
    def topics(self) -> TopicsRead:
        """The exchange's."""
        return NO_TOPICS if self._topics is None else self._topics.read

    def leap(self, span: Nanos) -> None:
        """The clock leapt forward: the markets are another process's."""

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades."""
        client = self._reader(await self._connected(), OrderServiceClient)
        instrument = opening.start.instrument
        accounts = [account.account_id for account in opening.start.accounts]
        sent = sent_orders()
        stream = self._stream(client, instrument)
        venue = OrderServiceVenue(
            client,
            instrument,
            self._clock,
            accounts,
            sent,
            stream=stream,
            lines=self._venues,
            list_turns=self._list_turns,
            arrived=opening.ring,
        )
        self._venues[instrument.symbol] = venue
        running = self._tasks.create_task(venue.run())
        await venue.running.wait()
        with suppress(TimeoutError):
            # So that the first check already knows what earlier runs have left.
            async with asyncio.timeout(FIRST_LIST_S):
                await venue.listed.wait()
        gateway = self._gateway(
            venue,
            sent,
            instrument,
            self._log,
            order_gate=opening.order_gate,
            clock=self._clock,
            arrived=opening.ring,
        )
        market_data = self._with_listing(gateway, instrument)
        ports = VenuePorts(market_data, gateway, self._journal(instrument))

        def close() -> None:
            running.cancel()
            del self._venues[instrument.symbol]
            if not self._venues:
                self._conversation.closed(LISTS)

        lists, pulled = venue, venue.call_off
        return Connection(ports, opening.now, close, gateway, lists, rings=True, pulled=pulled)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent: there is no order client."""
        reader = self._reader(await self._connected(), OrderServiceReader)
        instrument = opening.start.instrument
        stream = self._stream(reader, instrument)
        feed = OrderServiceFeed(stream, opening.ring)
        running = self._tasks.create_task(feed.run())
        road = ShadowGateway(feed)
        ports = VenuePorts(self._with_listing(road, instrument), road, self._journal(instrument))

        def close() -> None:
            running.cancel()

        return Connection(ports, opening.now, close, rings=True)

    async def _connected(self) -> aiohttp.ClientSession:
        await self._ready.wait()
        assert self._session is not None
        return self._session

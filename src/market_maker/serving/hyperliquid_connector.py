"""Lines to Hyperliquid: one session for all of its pools in this process, a market for each."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from random import Random

from msgspec import Struct

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.shadow import ShadowGateway
from market_maker.model.account import DeadManState
from market_maker.model.errors import InvalidDataError, VenueError
from market_maker.model.shown_url import shown_url
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import UNCOUNTED, ConnectionWatch
from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.key_files import hyperliquid_key
from market_maker.serving.sandbox_connector import JournalOf
from market_maker.serving.venue_lines import NO_TOPICS, TopicsRead
from market_maker.settings import Settings
from market_maker.telemetry.logging import Logger
from market_maker.venues.http import client_session
from market_maker.venues.hyperliquid.accounts import TradingAccounts
from market_maker.venues.hyperliquid.dead_man import keep_wound
from market_maker.venues.hyperliquid.fates import sent_orders
from market_maker.venues.hyperliquid.info import ask
from market_maker.venues.hyperliquid.instruments import HyperliquidInstruments, load_mids
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.session import (
    HyperliquidSession,
    SessionOptions,
    open_session,
)
from market_maker.venues.hyperliquid.venue import HyperliquidVenue

KEY = "HYPERLIQUID_PRIVATE_KEY"

FIRST_LIST_S = 5.0
"""How long a new line waits for the venue's first lists."""

PING_INTERVAL_S = 5.0
"""How often the venue is asked for a sign of life: one fiftieth of what it lets an address ask."""

DEAF_AFTER = Nanos(3 * NANOS_PER_SECOND)
"""A stream is made anew within a second or two, for which nothing need be cancelled by others."""


class OpenedHyperliquid(Struct, frozen=True):
    """A session, and what its markets are."""

    session: HyperliquidSession
    instruments: HyperliquidInstruments


def key_of(settings: Settings) -> SigningKey:
    """With which pools trade there. Raises InvalidDataError without one or for a file that cannot
    be used, InvalidFieldError for what is no key."""
    given = settings.hyperliquid_private_key, settings.hyperliquid_private_key_file
    key = hyperliquid_key(KEY, *given)
    if key is None:
        raise InvalidDataError(KEY, f"is not set, nor {KEY}_FILE: MM_HYPERLIQUID needs one")
    return key


@asynccontextmanager
async def hyperliquid_opened(
    settings: Settings, clock: Clock, log: Logger, watch: ConnectionWatch = UNCOUNTED
) -> AsyncIterator[OpenedHyperliquid | None]:
    """None where pools are not to trade there. A venue that answers 429 is waited for, a minute a
    question. Raises InvalidDataError without a key, InvalidFieldError and VenueRefusedError for
    settings that the venue does not know, VenueUnavailableError where it does not answer."""
    if not settings.hyperliquid:
        yield None
        return
    key = key_of(settings)
    options = SessionOptions(
        state=settings.data_dir,
        url=settings.hyperliquid_url,
        dexes=settings.hyperliquid_dexes,
        account=settings.hyperliquid_account,
        on_limited=partial(log.warning, "hyperliquid answers 429: the start waits"),
        watch=watch,
    )
    async with client_session(to=HyperliquidConnector.venue, watch=watch) as http:
        pauses = Random(clock.now())  # noqa: S311  nothing secret
        session = await open_session(key, options, http, clock, pauses)
        # A member's account is the key's own, or a sub-account by its address.
        own = {session.account_id: session.trader}
        session.connection.accounts = TradingAccounts(own, others=True)
        mids = await load_mids(session.connection.rest, session.universe)
        session.connection.rest.on_limited = None
        yield OpenedHyperliquid(session, HyperliquidInstruments(session.universe, mids))


class HyperliquidConnector:
    """serving.venue_lines.VenueConnector. Makes lines while `run` does."""

    venue = "hyperliquid"

    def __init__(
        self,
        session: HyperliquidSession,
        clock: Clock,
        log: IntentLog,
        journal: JournalOf,
        logger: Logger,
        *,
        factories: Factories = USUAL,
    ) -> None:
        self._session, self._clock = session, clock
        self._log, self._journal, self._logger = log, journal, logger
        self._gateway = factories.gateway
        self._tasks = asyncio.TaskGroup()
        self._ready = asyncio.Event()
        self._venues: dict[str, HyperliquidVenue] = {}
        self._accounts: dict[str, tuple[str, ...]] = {}
        self._lost_at: Nanos | None = None

    async def run(self) -> None:
        """Listen, and keep the venue's dead man's switch wound up, until cancelled."""
        async with self._tasks:
            self._tasks.create_task(self._session.connection.run())
            self._tasks.create_task(keep_wound(self._session.account, self._clock, self._wound))
            self._tasks.create_task(self._ping_for_ever())
            self._ready.set()

    @property
    def is_deaf(self) -> bool:
        """Whether the stream has been away for DEAF_AFTER. Asked ten times a second."""
        now = self._clock.now()
        if self._session.connection.streams.connected:
            self._lost_at = None
            return False
        self._lost_at = self._lost_at or now
        return bool(self._venues) and now - self._lost_at >= DEAF_AFTER

    async def problem(self) -> str:
        """Why the venue cannot be worked with now."""
        connection = self._session.connection
        if self._ready.is_set() and not connection.streams.connected:
            return f"no stream from {shown_url(connection.rest.url)}"
        return connection.rest.conversation.problem or connection.problem

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest."""
        return tuple(
            WatchedAccount(symbol, account)
            for symbol, accounts in self._accounts.items()
            for account in accounts
        )

    @property
    def topics(self) -> TopicsRead:
        """It has none."""
        return NO_TOPICS

    def leap(self, span: Nanos) -> None:
        """The clock leapt forward; the venue's did not, unless this machine slept."""
        self._session.connection.leapt(span)

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades. Raises NotFoundError for a member whose account is none of the
        key's."""
        await self._ready.wait()
        instrument = opening.start.instrument
        accounts = tuple(account.account_id for account in opening.start.accounts)
        sent = sent_orders()
        market = self._session.universe.markets[instrument.symbol]
        venue = HyperliquidVenue(self._session.connection, market, accounts, sent=sent)
        running = await self._run(venue)
        self._venues[instrument.symbol] = venue
        self._accounts[instrument.symbol] = accounts
        with suppress(TimeoutError):
            # So that the first question already knows what earlier runs have left.
            async with asyncio.timeout(FIRST_LIST_S):
                await venue.listed.wait()
        gateway = self._gateway(
            venue, sent, instrument, self._log, order_gate=opening.order_gate, clock=self._clock
        )
        ports = VenuePorts(gateway, gateway, self._journal(instrument))

        def close() -> None:
            running.cancel()
            del self._venues[instrument.symbol]
            del self._accounts[instrument.symbol]

        return Connection(ports, opening.now, close, gateway, venue, pulled=venue.pulled)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent: the market of no account."""
        await self._ready.wait()
        instrument = opening.start.instrument
        market = self._session.universe.markets[instrument.symbol]
        venue = HyperliquidVenue(self._session.connection, market, ())
        running = await self._run(venue)
        road = ShadowGateway(venue)
        ports = VenuePorts(road, road, self._journal(instrument))

        def close() -> None:
            running.cancel()

        return Connection(ports, opening.now, close)

    async def _ping_for_ever(self) -> None:
        """Ask for a sign of life, also while no pool runs."""
        rest = self._session.connection.rest
        while True:
            with suppress(VenueError):
                await rest.ask(ask("exchangeStatus"))
            await asyncio.sleep(PING_INTERVAL_S)

    async def _run(self, venue: HyperliquidVenue) -> "asyncio.Task[None]":
        running = self._tasks.create_task(venue.run())
        await venue.running.wait()
        return running

    def _wound(self, state: DeadManState) -> None:
        if state.problem:
            self._logger.warning("venue's dead man's switch refused", problem=state.problem)
        else:
            self._logger.info("venue's dead man's switch is wound up")

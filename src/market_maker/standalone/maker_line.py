"""The maker's line: its market's data, and where its orders go."""

from collections.abc import Callable

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.shadow import ShadowGateway
from market_maker.model.instrument import Instrument
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock, Journal
from market_maker.ports.dead_man import WatchedAccount
from market_maker.standalone.opening import OpenedMarket
from market_maker.standalone.paper_venue import PaperVenue
from market_maker.standalone.pool_of_one import MAKER
from market_maker.venues.hyperliquid.fates import sent_orders
from market_maker.venues.hyperliquid.lead import LeadWatch
from market_maker.venues.hyperliquid.venue import HyperliquidVenue

DEAF_AFTER = Nanos(3 * NANOS_PER_SECOND)
"""Of a stream that is away: the market data guard pulls quotes before that."""


class MakerLine:
    """Connector of the engine host, and what the heartbeat says of the venue. paper: orders go to a
    book in this process. venue: its
    name. market: to be run while the line is open."""

    venue = "hyperliquid"

    def __init__(
        self,
        opened: OpenedMarket,
        clock: Clock,
        log: IntentLog,
        journal: Callable[[Instrument], Journal],
        *,
        paper: bool = False,
    ) -> None:
        self._clock, self._log, self._journal = clock, log, journal
        self._session = opened.session
        self._sent = sent_orders()
        self._paper = paper
        self._away_since: Nanos | None = None
        # A person may trade on the same account: such fills are booked, such orders left alone.
        self.market = HyperliquidVenue(
            opened.session.connection,
            opened.market,
            [opened.session.account_id],
            owner=None if paper else MAKER,
            sent=self._sent,
            own_only=True,
        )
        if opened.lead is not None:
            LeadWatch(opened.lead.coin, self.market.feed.led).watch(opened.session.connection)

    @property
    def is_deaf(self) -> bool:
        """Whether the venue's stream has been away for a while: a reconnection of a moment is not
        yet something for a watchdog."""
        if self._session.connection.streams.connected:
            self._away_since = None
            return False
        now = self._clock.now()
        self._away_since = self._away_since or now
        return now - self._away_since >= DEAF_AFTER

    @property
    def deaf_at(self) -> tuple[str, ...]:
        """The venue, as `watched` names it, where it does not answer."""
        return ("",) if self.is_deaf else ()

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest; nowhere on paper."""
        if self._paper:
            return ()
        return (WatchedAccount(self.market.market.coin, self._session.account_id),)

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades, on paper where that is wanted."""
        instrument = opening.start.instrument
        venue: HyperliquidVenue | PaperVenue = self.market
        if self._paper:
            venue = PaperVenue(self.market, instrument, self._sent, opening.now)
        gateway = OrderGateway(
            venue,
            self._sent,
            instrument,
            self._log,
            order_gate=opening.order_gate,
            clock=self._clock,
        )
        ports = VenuePorts(gateway, gateway, self._journal(instrument))
        pulled = self.market.pulled
        return Connection(ports, opening.now, gateway=gateway, lists=venue, pulled=pulled)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent."""
        road = ShadowGateway(self.market)
        journal = self._journal(opening.start.instrument)
        return Connection(VenuePorts(road, road, journal), opening.now)

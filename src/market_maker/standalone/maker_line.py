"""The maker's line: its market's data, and where its orders go."""

from collections.abc import Callable

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.order_gateway import OrderGateway
from market_maker.execution.shadow import ShadowGateway
from market_maker.model.instrument import Instrument
from market_maker.ports import Clock, Journal
from market_maker.ports.dead_man import WatchedAccount
from market_maker.standalone.opening import OpenedMarket
from market_maker.standalone.pool_of_one import MAKER
from market_maker.venues.hyperliquid.fates import sent_orders
from market_maker.venues.hyperliquid.venue import HyperliquidVenue


class MakerLine:
    """Connector of the engine host, and what the heartbeat says of the venue. venue: its
    name. market: to be run while the line is open."""

    venue = "hyperliquid"

    def __init__(
        self,
        opened: OpenedMarket,
        clock: Clock,
        log: IntentLog,
        journal: Callable[[Instrument], Journal],
    ) -> None:
        self._clock, self._log, self._journal = clock, log, journal
        self._session = opened.session
        self._sent = sent_orders()
        # A person may trade on the same account: such fills are booked, such orders left alone.
        self.market = HyperliquidVenue(
            opened.session.connection,
            opened.market,
            [opened.session.account_id],
            owner=MAKER,
            sent=self._sent,
            own_only=True,
        )

    @property
    def is_deaf(self) -> bool:
        """Whether the venue's stream is away."""
        return not self._session.connection.streams.connected

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest."""
        return (WatchedAccount(self.market.market.coin, self._session.account_id),)

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades."""
        instrument = opening.start.instrument
        gateway = OrderGateway(
            self.market,
            self._sent,
            instrument,
            self._log,
            order_gate=opening.order_gate,
            clock=self._clock,
        )
        ports = VenuePorts(gateway, gateway, self._journal(instrument))
        return Connection(ports, opening.now, gateway=gateway, lists=self.market)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent."""
        road = ShadowGateway(self.market)
        journal = self._journal(opening.start.instrument)
        return Connection(VenuePorts(road, road, journal), opening.now)

"""Lines: where a pool's market data come from and where its orders go. The table of modes."""

from collections.abc import Callable
from typing import TypeAlias

from market_maker.execution.actor import VenuePorts
from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.execution.intent_log import IntentLog
from market_maker.execution.shadow import ShadowGateway
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.ports import Clock, Journal
from market_maker.ports.dead_man import WatchedAccount
from market_maker.sandbox.funding import funding_plan
from market_maker.sandbox.market import DELTA_INTERVAL, SandboxMarket
from market_maker.serving.factories import USUAL, Factories
from market_maker.serving.venue_lines import NO_TOPICS, TopicsRead
from market_maker.venues.sandbox import SandboxVenue
from market_maker.venues.sandbox_feed import SandboxFeed
from market_maker.venues.tracking import SentOrders

PAST_MAX_S = 300
"""A market's past is at most so long."""

FILLS_KEPT_FOR = Nanos(600 * NANOS_PER_SECOND)
"""How long a market lists a fill. Only this process reads them, within seconds;
lists that only a number bounds were still growing after hours (docs/benchmarks.md)."""

JournalOf: TypeAlias = Callable[[Instrument], Journal]


class SandboxConnector:
    """Every pool on a market of its own in this process, which is as old as the engine needs to
    have seen before it quotes."""

    venue = "sandbox"
    is_deaf = False

    def __init__(
        self,
        seed: int,
        clock: Clock,
        log: IntentLog,
        journal: JournalOf,
        *,
        factories: Factories = USUAL,
        past: Callable[[PoolConfig], Nanos] | None = None,
        published: Nanos = DELTA_INTERVAL,
    ) -> None:
        """past: how old a pool's market is when its engine comes. published: how often its book
        is."""
        self._seed, self._clock, self._log, self._journal = seed, clock, log, journal
        self._past, self._published = past or past_of, published
        self._gateway = factories.gateway
        self._listings = {found.instrument.symbol: found for found in factories.listings}
        self._markets: dict[str, SandboxMarket] = {}

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Nowhere: the exchange ends with this process, and its orders with it."""
        return ()

    @property
    def topics(self) -> TopicsRead:
        """It has none."""
        return NO_TOPICS

    def leap(self, span: Nanos) -> None:
        """The clock leapt forward: no market lives through the time that was never there."""
        for market in self._markets.values():
            market.pass_over(span)

    async def problem(self) -> str:
        """A market in this process always answers."""
        return ""

    async def run(self) -> None:
        """Nothing has to be kept open."""

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line whose orders fill."""
        market, begins = self._market(opening)
        accounts = opening.start.accounts
        for account in accounts:
            market.endow(ParticipantId(account.account_id), account.held)
        sent = SentOrders()
        venue = SandboxVenue(market, [account.account_id for account in accounts], begins, sent)
        instrument = opening.start.instrument
        gateway = self._gateway(
            venue, sent, instrument, self._log, order_gate=opening.order_gate, clock=self._clock
        )
        ports = VenuePorts(gateway, gateway, self._journal(instrument))
        return Connection(ports, begins, gateway=gateway, lists=venue)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent: there is no order client."""
        market, begins = self._market(opening)
        road = ShadowGateway(SandboxFeed(market, begins))
        journal = self._journal(opening.start.instrument)
        return Connection(VenuePorts(road, road, journal), begins, lambda: None)

    def _market(self, opening: ConnectRequest) -> tuple[SandboxMarket, Nanos]:
        found = self._listings[opening.start.instrument.symbol]
        begins = Nanos(opening.now - self._past(opening.start.config))
        market = SandboxMarket(
            found.instrument,
            found.fees,
            seed=self._seed,
            start=begins,
            parameters=found.parameters,
            first_trade_id=opening.start.last_trade_id + 1,
            delta_interval=self._published,
            funding=funding_plan(found.instrument.symbol, self._seed),
            fills_kept_for=FILLS_KEPT_FOR,
        )
        self._markets[found.instrument.symbol] = market
        return market, begins


def past_of(config: PoolConfig) -> Nanos:
    """As much market as the estimates want, and a little."""
    return Nanos(min(config.warmup_samples + 5, PAST_MAX_S) * NANOS_PER_SECOND)

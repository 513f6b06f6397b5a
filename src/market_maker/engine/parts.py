"""What an engine is made of."""

from market_maker.engine.accounts import Accounts
from market_maker.engine.decision_cache import DecisionCache
from market_maker.engine.ladder import Ladder
from market_maker.engine.market import Market
from market_maker.engine.orders import OwnOrders
from market_maker.engine.quoter import Quoter
from market_maker.engine.reconcile import Reconciler
from market_maker.engine.risk_monitor import RiskMonitor
from market_maker.engine.tally import EngineCounts
from market_maker.engine.terms import Terms
from market_maker.model.client_order_id import OrderNames
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos, OrderId
from market_maker.risk.guards import GuardReadings


class EngineParts:
    """The parts of one engine, made once and tied together, and where it stands as of its last
    turn. For readers that need one figure fast; only the engine changes them."""

    terms: Terms

    def __init__(
        self,
        instrument: Instrument,
        config: PoolConfig,
        next_order_id: OrderId,
        *,
        own_in_feed: bool,
    ) -> None:
        self.instrument, self.config = instrument, config
        self.state = PoolState.PAUSED
        self.state_reason = "started"
        self.unwinding = False
        self.now = Nanos(0)
        self.orders = OwnOrders(displayed=own_in_feed)
        self.market = Market(self.orders, own_in_feed=own_in_feed)
        self.accounts = Accounts()
        self.ladder = Ladder()
        self.tally = EngineCounts()
        self.risk_monitor = RiskMonitor(self.market, self.accounts, self.tally)
        self.quoter = Quoter(self.market, self.accounts, self.ladder, self.risk_monitor)
        self.names = OrderNames(instrument.symbol)
        self.reconciler = Reconciler(
            self.orders, self.accounts, self.names, next_order_id, book=self.market.book
        )
        self.cache = DecisionCache(self.market, self.orders, self.ladder, self.accounts)

    def readings(self) -> GuardReadings:
        """What the guards compare with their limits, now."""
        return self.risk_monitor.readings(self.now)

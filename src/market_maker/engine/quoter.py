"""Decides the ladder: the strategy's quote, within the limits of every strategy."""

from market_maker.engine.accounts import Accounts
from market_maker.engine.conditions import NO_CONDITIONS, Conditions
from market_maker.engine.ladder import Ladder
from market_maker.engine.market import Market
from market_maker.engine.risk_monitor import RiskMonitor
from market_maker.engine.terms import Terms
from market_maker.engine.uptime import Uptime
from market_maker.model.orders import BUY, SELL
from market_maker.model.units import Nanos
from market_maker.quoting.view import View
from market_maker.risk.cascade import CALM
from market_maker.risk.rebalance import NO_REBALANCE, Rebalance, Rebalancing, rebalance_of


class Quoter:
    """A strategy is a pure function, and nothing that it sees moves between samples but the
    position; the conditions beside it neither. uptime: of both sides, this day."""

    __slots__ = (
        "_accounts",
        "_behind",
        "_ladder",
        "_market",
        "_risk_monitor",
        "_sample",
        "_terms",
        "uptime",
    )

    def __init__(
        self, market: Market, accounts: Accounts, ladder: Ladder, risk_monitor: RiskMonitor
    ) -> None:
        self._market, self._accounts = market, accounts
        self._ladder, self._risk_monitor = ladder, risk_monitor
        self.uptime = Uptime()
        self._behind, self._sample = False, -1

    def configure(self, terms: Terms) -> None:
        """New terms."""
        self._terms, self._sample = terms, -1

    def refresh(self, now: Nanos) -> None:
        """Ask the strategy, and set the ladder's target."""
        if self._sample != self._market.samples_taken:
            self._sample, self._behind = self._market.samples_taken, self.behind_target(now)
        self._ladder.aim(self._terms.strategy(self._view()), self._terms, self._conditions())

    @property
    def rebalance(self) -> Rebalance:
        """What to do about the pool's position, at the mid."""
        return self._rebalance(self._market.mid_x2)

    def _rebalance(self, mid_x2: int) -> Rebalance:
        lots, terms = self._accounts.pool.lots, self._terms
        return rebalance_of(lots, mid_x2, terms.position_value, terms.rebalancing)

    def behind_target(self, now: Nanos) -> bool:
        """Whether the pool has quoted both sides less than it is obliged to, so far today."""
        if not self._terms.target_spread_bps:
            return False
        pct = self.uptime.pct(now)
        return pct is not None and pct < self._terms.target_uptime_pct

    def _view(self) -> View:
        market, terms = self._market, self._terms
        q_hat = self._accounts.pool.lots * market.valued_x2 / (2 * terms.position_value)
        q_hat = min(1.0, max(-1.0, q_hat))
        view = View(q_hat, market.sigma, market.sigma_ref, terms.delta_hat)
        if market.estimates is None:
            return view
        order = terms.size_value, market.valued_x2
        return market.estimates.view(view, self._risk_monitor.band.gamma, order)

    def _conditions(self) -> Conditions:
        terms, band = self._terms, self._risk_monitor.band
        if band is CALM and not terms.balance and not terms.target_spread_bps:
            return NO_CONDITIONS
        signal = self._rebalance(self._market.valued_x2) if terms.balance else NO_REBALANCE
        joins = None
        if signal.size:
            joins = (BUY if signal.action is Rebalancing.BUY else SELL, signal.size)
        ceiling_bps = terms.target_spread_bps if self._behind else terms.max_spread_bps
        return Conditions(ceiling_bps, band.size, joins)

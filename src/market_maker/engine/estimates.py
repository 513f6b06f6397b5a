"""The estimates that a pool's configuration needs: fed event by event, sampled once a second.

What quotes depend on moves only at a sample, the same moments as volatility's, so that between
samples nothing that a strategy uses moves but the position. Fair prices alone follow the book.
"""

from collections.abc import Iterator
from typing import Any, TypeVar

import msgspec

from market_maker.engine.book import Book
from market_maker.engine.estimator_rows import (
    EstimatorRow,
    FillInput,
    GammaFactors,
    Lacking,
    MidSince,
    SampleInput,
    Seen,
    TopInput,
    TradeInput,
)
from market_maker.engine.fair_estimators import FAIR
from market_maker.engine.lasting_fit import LastingFit
from market_maker.engine.orders import OwnOrders
from market_maker.engine.others import OthersBook
from market_maker.engine.quoted_estimators import QUOTED, waits_for_trades
from market_maker.engine.reader_estimators import READ
from market_maker.engine.solid_top import LEVELS_SEARCHED, SolidTop
from market_maker.estimators.depth import LEVELS_MAX
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.regression import LEVELS
from market_maker.model.events import FundingPaid, LeadMoved, Trade
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.quoting.registry import innermost
from market_maker.quoting.strategy import Need
from market_maker.quoting.view import View

ROWS = FAIR + QUOTED + READ
"""Every estimator, in the order in which they are fed and shown."""

_BUYER = Side.BUY
_Kind = TypeVar("_Kind")


def is_anything_needed(config: PoolConfig, rows: tuple[EstimatorRow[Any], ...] = ROWS) -> bool:
    """Whether there is anything to estimate beside volatility and fair."""
    return config.use_inventory_gamma or any(row.runs(config) for row in rows)


def needs_trades(config: PoolConfig) -> bool:
    """Whether an engine with this configuration must be fed trades."""
    return any(row.on_trade is not None and row.runs(config) for row in ROWS)


def levels_needed(config: PoolConfig) -> int:
    """How many levels a side an engine with this configuration must be shown where it quotes live
    with all of them; 0 where it rests on the best prices alone."""
    wanted = [LEVELS_SEARCHED] if config.dust_usdt else [0]
    if config.use_depth and config.fair_price == "regression":
        wanted.append(LEVELS)
    if Need.DEPTH in innermost(config).needs:
        wanted.append(LEVELS_MAX)
    return max(wanted)


def relative_depths(seen: Seen, size_value: int, mid_x2: int) -> tuple[float, float]:
    """Mean sizes of a level near the mid, bids and asks, in orders of our own: size_value ticks x
    lots at twice the mid, both > 0. Compiled into the replay's decision kernel too."""
    order_lots = 2 * size_value / mid_x2
    return seen.bid_depth / order_lots, seen.ask_depth / order_lots


class Estimates:
    """The estimators that run, by the names of their rows. seen: what quotes depend on. factors:
    the last ones on gamma. trades: seen so far. warm: whether trades enough were seen for the terms
    that need them."""

    def __init__(self, rows: tuple[EstimatorRow[Any], ...] = ROWS) -> None:
        self.seen = Seen()
        self.factors = GammaFactors()
        self.trades = 0
        self.warm = False
        self._rows = rows
        self._running: dict[str, Any] = {}
        self._order: tuple[int, int] | None = None
        self._shown: tuple[int, tuple[int, int, int, int]] | None = None
        self._led_at = Nanos(0)

    # what is needed

    def configure(self, config: PoolConfig, before: PoolConfig | None) -> None:
        """Make what is needed now; what was needed before goes on with what it knows, and begins
        anew where a figure that it is made with changed."""
        self._config = config
        was, self._running = self._running, {}
        for row in self._rows:
            if not row.runs(config):
                continue
            own = was.get(row.name)
            if own is None or before is None or row.law(before) != row.law(config):
                own = row.make(config)
            elif row.resize and before.vol_lookback_seconds != config.vol_lookback_seconds:
                row.resize(own, config)
            self._running[row.name] = own
        self._tie()
        self.warm = not self.missing()

    def _tie(self) -> None:
        """Which functions are called with which estimators, for each kind of event."""
        running = tuple(self.running())
        self._flow: TradeFlow | None = self._running.get("flow")
        self._on_trade = [(row.on_trade, own) for row, own in running if row.on_trade]
        self._on_top = [(row.on_top, own) for row, own in running if row.on_top]
        self._on_fill = [(row.on_fill, own) for row, own in running if row.on_fill]
        self._on_funding = [(row.on_funding, own) for row, own in running if row.on_funding]
        self._on_lead = [(row.on_lead, own) for row, own in running if row.on_lead]
        self._needed = [(row, own) for row, own in running if row.needed(self._config)]

    def __getstate__(self) -> dict[str, Any]:  # type: ignore[explicit-override]  # needs 3.12
        """A checkpoint holds no functions."""
        tied = tuple(name for name in vars(self) if name.startswith("_on_"))
        tied += ("_needed", "_rows")
        return {name: value for name, value in vars(self).items() if name not in tied}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._rows = ROWS
        self._tie()

    def running(self) -> Iterator[tuple[EstimatorRow[Any], Any]]:
        """The rows whose estimators run, with them."""
        return ((row, self._running[row.name]) for row in self._rows if row.name in self._running)

    def find(self, kind: type[_Kind]) -> _Kind | None:
        """The running estimator of a kind."""
        return next((own for own in self._running.values() if type(own) is kind), None)

    def value_of(self, name: str) -> float | None:
        """What a running estimator says."""
        value: float | None = self._running[name].value
        return value

    # what happens

    def on_trade(self, event: Trade, mid_x2: int) -> None:
        """A public trade, while twice the mid was mid_x2, as far as we knew; 0 when we did not."""
        self.trades += 1
        ts, side = event.ts_recv, 0 if event.aggressor is _BUYER else 1
        order = (event.ts_event or ts, side)  # some venues stamp nothing
        first, self._order = order != self._order, order
        trade = TradeInput(ts, side, event.price, event.size, order, mid_x2, first)
        for feed, own in self._on_trade:
            feed(own, trade)

    def on_fill(self, now: Nanos, sign: int, price: int, mid_x2: int) -> None:
        """An order of ours was executed: +1 we bought, -1 we sold. mid_x2: as for trades."""
        for feed, own in self._on_fill:
            feed(own, FillInput(now, sign, price, mid_x2))

    def on_funding(self, event: FundingPaid) -> None:
        """The venue's word on what a position pays."""
        for feed, own in self._on_funding:
            feed(own, event.ts_event, event.rate)

    def on_lead(self, event: LeadMoved) -> None:
        """The leading market has a new mid: what it foretells of ours is worked out anew, whether
        our book has changed or not."""
        for feed, own in self._on_lead:
            feed(own, event.ts_recv, event.mid_x2)
            self._led_at, self._shown = event.ts_recv, None

    def on_book(self, book: Book | OthersBook | SolidTop, sigma: float) -> None:
        """The book can be trusted, and may have changed. sigma: bps per sqrt(hour)."""
        if not self._on_top:
            return
        ts, top = book.ts_recv, (book.bid, book.bid_size, book.ask, book.ask_size)
        ts = max(ts, self._led_at)
        if self._shown == (ts, top):
            return
        self._shown = (ts, top)
        seen = TopInput(ts, top, book, sigma, self._flow)
        for feed, own in self._on_top:
            feed(own, seen)

    def on_blind(self) -> None:
        """The book cannot be trusted any more."""
        for row, own in self.running():
            if row.on_blind:
                row.on_blind(own)

    # what quotes depend on

    def sample(
        self,
        now: Nanos,
        book: Book | OthersBook,
        mids: tuple[MidSince, MidSince],
        orders: OwnOrders | None,
    ) -> None:
        """Once a second: work out what is seen until the next time. mids: the last one before this
        moment, and this one."""
        at, seen = SampleInput(now, book, mids, orders, self._config, self._flow), Seen()
        for row, own in self.running():
            if row.on_sample:
                row.on_sample(own, at)
        for row, own in self._needed:
            if row.contribute:
                row.contribute(own, at, seen)
        self.seen = seen
        self.factors = msgspec.structs.replace(self.factors, toxicity=seen.toxicity)
        self.warm = not self.missing()

    @property
    def fit_lost(self) -> bool:
        """Whether quotes are to rest on a fit of fill intensity that the data no longer carry."""
        fit = self.find(LastingFit)
        return fit is not None and fit.lost

    def missing(self) -> tuple[Lacking, ...]:
        """What the documented warm-up still waits for."""
        config = self._config
        if not waits_for_trades(config):
            return ()
        wants: list[Lacking | None] = [("trades", self.trades, config.warmup_trades)]
        wants += [row.lacks(own, config) for row, own in self._needed if row.lacks]
        return tuple(want for want in wants if want is not None and want[1] < want[2])

    def view(self, base: View, tail: float, order: tuple[int, int]) -> View:
        """`base` with what was seen. tail: the cascade's factor on gamma; order: our own, as
        `relative_depths` takes it."""
        seen, by_inventory = self.seen, self._config.use_inventory_gamma
        inventory = 1.0 + base.q_hat * base.q_hat if by_inventory else 1.0
        self.factors = GammaFactors(seen.toxicity, inventory, tail)
        bid_depth, ask_depth = relative_depths(seen, *order)
        return View(
            base.q_hat,
            seen.sigma or base.sigma,
            base.sigma_ref,
            base.delta_hat,
            gamma_scale=seen.toxicity * inventory * tail,
            kappa_hat=seen.kappa_hat,
            intensity=seen.intensity,
            drift=seen.drift,
            impact=seen.impact,
            pressure=seen.pressure,
            buys=seen.buys,
            sells=seen.sells,
            bid_depth=bid_depth,
            ask_depth=ask_depth,
        )

"""The estimates that a pool's configuration needs: fed event by event, told once a second.

What quotes depend on moves only at a sample, the same moments as volatility's, so that between
samples nothing that a strategy looks at moves but the position. Fair prices alone follow the book.
"""

from msgspec import Struct

from market_maker.engine.book import Book
from market_maker.engine.orders import OwnOrders
from market_maker.engine.others import OthersBook
from market_maker.engine.readers import Readers
from market_maker.engine.wanted import configured_kappa_hat, law_of, wanted
from market_maker.estimators.adverse_selection import AdverseSelection
from market_maker.estimators.arrivals import ArrivalCalibration
from market_maker.estimators.cascade import CascadeSeverity
from market_maker.estimators.depth import LEVELS_MAX, DepthMonitor
from market_maker.estimators.fair_price import Microprice
from market_maker.estimators.flow import TradeFlow, book_imbalance, imbalance
from market_maker.estimators.funding import FundingForecast
from market_maker.estimators.intensity import FillIntensity
from market_maker.estimators.kalman import KalmanPrice
from market_maker.estimators.regression import LEVELS, RegressionMicroprice
from market_maker.estimators.volatility import RealisedVolatility
from market_maker.estimators.volume_clock import VolumeClock
from market_maker.model.events import FundingPaid, Trade
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.quoting.view import View

FLOW_SECONDS = 60.0
"""What "recent" means for buys and sells, and for order-flow imbalance."""

PRESSURE_LEVELS = 5
"""Levels of each side that the pressure of the book is told from, as the smart engine has it."""

FIT_PATIENCE_SECONDS = 60.0
"""How long the last good fit of fill intensity stands when the data no longer carry one."""

TOXIC_FROM, TOXICITY_MAX = 1.5, 2.0
"""Jump ratio from which flow counts as toxic, and the most that gamma is scaled by for it."""

_BUYER = Side.BUY

TimedValue = tuple[Nanos, float]
"""A mid, ticks, and since when; 0 when there was none."""


class Seen(Struct, gc=False):
    """What quotes depend on, as of the last sample; each at its neutral value while its term is
    off or not ready: see View. sigma: bps per sqrt(hour) in place of the market's, 0.0 for that.
    toxicity: factor on gamma. severity: of a liquidation cascade."""

    sigma: float = 0.0
    toxicity: float = 1.0
    kappa_hat: float = 0.0
    intensity: float = 0.0
    drift: float = 0.0
    impact: float = 0.0
    pressure: float = 0.0
    buys: float = 0.0
    sells: float = 0.0
    bid_depth: float = 0.0
    ask_depth: float = 0.0
    severity: float = 0.0


class Estimates:
    """Each estimator is an attribute, None while nothing needs it. seen: what quotes depend on.
    inventory, tail: the last factors on gamma beside toxicity. trades: told so far. warm: whether
    trades enough were seen for the terms that need them. fit_lost: kappa is to be quoted on data
    alone, and they have not carried a fit for longer than FIT_PATIENCE_SECONDS."""

    def __init__(self) -> None:
        self.seen = Seen()
        self.inventory = self.tail = 1.0
        self.trades = 0
        self.warm = self.fit_lost = False
        self._good_fit_at = 0
        self._good_kappa = 0.0
        self._shown: tuple[int, tuple[int, int, int, int]] | None = None
        self.clock: VolumeClock | None = None
        self.flow: TradeFlow | None = None
        self.cascade: CascadeSeverity | None = None
        self.intensity: FillIntensity | None = None
        self.kalman: KalmanPrice | None = None
        self.regression: RegressionMicroprice | None = None
        self.variation: RealisedVolatility | None = None
        self.adverse: AdverseSelection | None = None
        self.funding: FundingForecast | None = None
        self.depth: DepthMonitor | None = None
        self.arrivals: ArrivalCalibration | None = None
        self.readers: Readers | None = None

    # what is wanted

    def configure(self, config: PoolConfig, before: PoolConfig | None) -> None:
        """Make what is needed now; what was needed before goes on with what it knows."""
        need = self._wanted = wanted(config)
        self._config, whole = config, need.all
        self.clock = (self.clock or VolumeClock()) if need.warmup or whole else None
        self.flow = (self.flow or TradeFlow(FLOW_SECONDS)) if need.flow else None
        self.cascade = (self.cascade or CascadeSeverity()) if need.cascade or whole else None
        self.kalman = (self.kalman or KalmanPrice()) if need.kalman or whole else None
        self.adverse = (self.adverse or AdverseSelection()) if need.impact or whole else None
        self.depth = (self.depth or DepthMonitor()) if need.depth or whole else None
        wants_arrivals = need.arrivals or whole
        self.arrivals = (self.arrivals or ArrivalCalibration()) if wants_arrivals else None
        if need.regression or whole:
            self.regression = self.regression or RegressionMicroprice()
        else:
            self.regression = None
        self._configure_windows(before)
        self._configure_readers()
        self.warm = not self.missing()

    def _configure_windows(self, before: PoolConfig | None) -> None:
        """Those that are made with a figure of the configuration begin anew when it changes; a
        window changes its length and keeps what it holds."""
        config, need, whole = self._config, self._wanted, self._wanted.all
        span = config.vol_lookback_seconds
        if before is None or law_of(before) != law_of(config):
            self.intensity = None
            self._good_kappa, self.fit_lost = 0.0, False
        if not (need.kappa or whole):
            self.intensity = None
        elif self.intensity is None:
            self.intensity = FillIntensity(span, configured_kappa_hat(config))
        elif before is not None and before.vol_lookback_seconds != span:
            self.intensity.resize(span)
        if before is None or before.tau != config.tau:
            self.funding = None
        if self.variation is not None:
            self.variation.resize(span)
        toxic, paid = need.toxicity or whole, need.funding or whole
        self.variation = (self.variation or RealisedVolatility(span)) if toxic else None
        self.funding = (self.funding or FundingForecast(float(config.tau))) if paid else None

    def _configure_readers(self) -> None:
        if not self._wanted.all or self.clock is None:
            self.readers = None
            return
        readers = self.readers = self.readers or Readers(self.clock, FLOW_SECONDS)
        own = self._config.fair_price != "microprice"
        readers.microprice = (readers.microprice or Microprice()) if own else None

    # what happens

    def on_trade(self, event: Trade, mid_x2: int) -> None:
        """Anyone's trade, while twice the mid was mid_x2, as far as we knew; 0 when we did not."""
        self.trades += 1
        ts, price, size, readers = event.ts_recv, event.price, event.size, self.readers
        side = 0 if event.aggressor is _BUYER else 1
        order = (event.ts_event or ts, side)  # some venues stamp nothing
        if self.clock is not None:
            ticks = self.clock.trade(ts, size)
            if ticks and readers is not None:
                readers.on_ticks(ts, ticks, mid_x2)
        if self.flow is not None:
            self.flow.trade(ts, side, size)
        if self.cascade is not None:
            self.cascade.trade(ts, order, size)
        if self.arrivals is not None:
            self.arrivals.trade(ts, side, price)
        if self.intensity is not None and mid_x2:
            self.intensity.trade(ts, order, price, mid_x2)
        if readers is not None:
            readers.on_trade(event, order)

    def on_fill(self, now: Nanos, sign: int, price: int, mid_x2: int) -> None:
        """An order of ours was executed: +1 we bought, -1 we sold. mid_x2: as for `traded`."""
        if self.adverse is not None:
            self.adverse.fill(now, sign, price, mid_x2)

    def on_funding(self, event: FundingPaid) -> None:
        """The venue told what a position pays."""
        if self.funding is not None:
            self.funding.paid(event.ts_event, event.rate)

    def on_book(self, book: Book | OthersBook, sigma: float) -> None:
        """The book can be trusted, and may have changed. sigma: bps per sqrt(hour)."""
        ts, bid, ask = book.ts_recv, book.bid, book.ask
        top = (bid, book.bid_size, ask, book.ask_size)
        if self._shown == (ts, top):
            return
        self._shown = (ts, top)
        if self.adverse is not None:
            self.adverse.update(ts, bid + ask)
        if self.arrivals is not None:
            self.arrivals.mid(ts, bid + ask)
        if self.kalman is not None:
            self.kalman.update(ts, top, sigma)
        if self.regression is not None:
            self.regression.update(ts, bid + ask, self._imbalances(book))
        if self.readers is not None:
            self.readers.on_top(ts, top)

    def on_blind(self) -> None:
        """The book cannot be trusted any more."""
        if self.regression is not None:
            self.regression.reset()

    def _imbalances(self, book: Book | OthersBook) -> tuple[float, float, float]:
        """Of the best sizes, of some levels and of trade flow, as the regression takes them."""
        flow = self.flow.value if self.flow is not None else None
        best = imbalance(book.bid_size, book.ask_size)
        bids, asks = book.depth(LEVELS)
        if not bids or not asks:  # a feed of best prices alone
            return best, best, flow or 0.0
        near = book_imbalance((size for _, size in bids), (size for _, size in asks))
        return best, near, flow or 0.0

    # what quotes depend on

    def sample(
        self,
        now: Nanos,
        book: Book | OthersBook,
        mids: tuple[TimedValue, TimedValue],
        orders: OwnOrders | None,
    ) -> None:
        """Once a second: work out what is seen until the next time. mids: the last one before this
        moment, and this one."""
        seen = Seen()
        if self.flow is not None:
            self.flow.roll(now)
        if self.variation is not None:
            self._sample_variation(mids, seen)
        if self.cascade is not None:
            self._sample_cascade(now, self.cascade, seen)
        if self.intensity is not None:
            self._sample_fit(now, self.intensity, seen)
        if self.arrivals is not None:
            self._sample_arrivals(now, self.arrivals, seen)
        self._sample_payments(now, seen)
        if self.depth is not None:
            self._sample_depth(now, book, self.depth, seen)
        if self.readers is not None:
            self.readers.sample(now, book, orders)
        self.seen = seen
        self.warm = not self.missing()

    def _sample_variation(self, mids: tuple[TimedValue, TimedValue], seen: Seen) -> None:
        assert self.variation is not None
        for ts, mid in mids:
            if ts:
                self.variation.update(ts, mid)
        if self._wanted.toxicity:
            seen.toxicity = self.toxicity

    def _sample_cascade(self, now: Nanos, cascade: CascadeSeverity, seen: Seen) -> None:
        cascade.at(now)
        if self._wanted.cascade:
            seen.severity = cascade.value or 0.0

    def _sample_fit(self, now: Nanos, intensity: FillIntensity, seen: Seen) -> None:
        """The measured decay: with the configured one as its prior, or, where data alone shall
        count, the last that they carried."""
        fit = intensity.refit(now)
        if not self._wanted.kappa:
            return
        if self._config.use_kappa == "estimated":
            seen.kappa_hat = fit.kappa_hat
            seen.intensity = fit.intensity if fit.usable else 0.0
            return
        if fit.usable:
            self._good_kappa, self._good_fit_at = fit.measured, now
        patience = int(FIT_PATIENCE_SECONDS * NANOS_PER_SECOND)
        self.fit_lost = self._good_kappa > 0.0 and now - self._good_fit_at > patience
        seen.kappa_hat, seen.intensity = self._good_kappa, fit.intensity

    def _sample_arrivals(self, now: Nanos, arrivals: ArrivalCalibration, seen: Seen) -> None:
        """A reference quotes on its own calibration, and not before it."""
        arrivals.refit(now)
        fit = arrivals.fit
        if self._wanted.arrivals:
            seen.kappa_hat = fit.decay if fit else 0.0
            seen.intensity = fit.intensity if fit else 0.0
            seen.sigma = fit.sigma if fit else 0.0

    def _sample_payments(self, now: Nanos, seen: Seen) -> None:
        adverse, funding = self.adverse, self.funding
        if adverse is not None and self._wanted.impact and adverse.ready:
            seen.impact = max(adverse.value or 0.0, 0.0)
        if funding is not None:
            funding.at(now)
            if self._wanted.funding and funding.value:
                seen.drift = -funding.value

    def _sample_depth(
        self, now: Nanos, book: Book | OthersBook, depth: DepthMonitor, seen: Seen
    ) -> None:
        bids, asks = book.depth(LEVELS_MAX)
        bids = bids or ((book.bid, book.bid_size),)  # a feed of best prices alone
        asks = asks or ((book.ask, book.ask_size),)
        depth.sample(now, bids, asks, (book.bid + book.ask) * 0.5)
        if not self._wanted.depth:
            return
        first_bids, first_asks = bids[:PRESSURE_LEVELS], asks[:PRESSURE_LEVELS]
        seen.pressure = book_imbalance((b for _, b in first_bids), (a for _, a in first_asks))
        if self.flow is not None:
            seen.buys, seen.sells = float(self.flow.buys), float(self.flow.sells)
        seen.bid_depth, seen.ask_depth = depth.bid, depth.ask

    @property
    def toxicity(self) -> float:
        """clip(1 + 0.5 (RV/BV - 1.5), 1, 2), 1.0 until volatility is known (math 8.7)."""
        ratio = self.jump_ratio
        if ratio is None or self.variation is None or not self.variation.ready:
            return 1.0
        return min(max(1.0 + 0.5 * (ratio - TOXIC_FROM), 1.0), TOXICITY_MAX)

    @property
    def jump_ratio(self) -> float | None:
        """RV/BV; None until there is one."""
        variation = self.variation.variation() if self.variation is not None else None
        return variation.jump_ratio if variation is not None else None

    def missing(self) -> tuple[tuple[str, int, int], ...]:
        """What the documented warm-up still wants: (what, seen, wanted)."""
        config = self._config
        if not self._wanted.warmup:
            return ()
        wants = [("trades", self.trades, config.warmup_trades)]
        if self.clock is not None:
            wants.append(("volume ticks", self.clock.count, config.warmup_volume_ticks))
        if config.use_kappa == "estimated_only":
            wants.append(("fits of fill intensity", int(self._good_kappa > 0.0), 1))
        return tuple(want for want in wants if want[1] < want[2])

    def view(self, base: View, tail: float, order_lots: float) -> View:
        """`base` with what was seen. tail: the cascade's factor on gamma; order_lots: our order,
        lots, > 0."""
        seen = self.seen
        self.tail = tail
        self.inventory = 1.0 + base.q_hat * base.q_hat if self._wanted.inventory else 1.0
        return View(
            base.q_hat,
            seen.sigma or base.sigma,
            base.sigma_ref,
            base.delta_hat,
            gamma_scale=seen.toxicity * self.inventory * tail,
            kappa_hat=seen.kappa_hat,
            intensity=seen.intensity,
            drift=seen.drift,
            impact=seen.impact,
            pressure=seen.pressure,
            buys=seen.buys,
            sells=seen.sells,
            bid_depth=seen.bid_depth / order_lots,
            ask_depth=seen.ask_depth / order_lots,
        )

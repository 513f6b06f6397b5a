"""What the engine knows of the market: book, fair price, volatility, mark, and whether any of
it may be quoted on."""

from typing import Final

from market_maker.engine.book import Book, BookState
from market_maker.engine.estimates import Estimates, is_anything_needed
from market_maker.engine.estimator_rows import MidSince
from market_maker.engine.learnt import Learnt
from market_maker.engine.orders import OwnOrders
from market_maker.engine.others import NOWHERE, OthersBook
from market_maker.engine.solid_top import SolidTop
from market_maker.estimators.fair_price import REFIT_TRANSITIONS, Microprice, weighted_mid
from market_maker.estimators.volatility import (
    EwmaVolatility,
    LongRunVolatility,
    RealisedVolatility,
)
from market_maker.model.events import FundingPaid, LeadMoved, MarkPrice, Trade
from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.units import Nanos

_BLIND: dict[BookState, Reason] = {
    BookState.EMPTY: Reason.NO_BOOK,
    BookState.GAPPED: Reason.GAPPED,
    BookState.CROSSED: Reason.CROSSED,
    BookState.ONE_SIDED: Reason.ONE_SIDED,
}
_OK: Final = BookState.OK

Top = Book | OthersBook | SolidTop
"""What has best prices."""


class Market:
    """blind: why we may not quote, None when we may. blind_since: since when, 0 when we see.
    fair: what we quote around, ticks; 0.0 until the first usable book. mid_x2: twice the mid,
    ticks, of the last usable book. sigma: volatility, bps per square root of hour, 0.0 until
    there is any; sigma_ref: its long-run level, sigma until that is known. warm: whether
    volatility and, for the terms that need them, trades have been seen enough to quote on;
    unready: why not. volatility: where sigma comes from; fair_price: the name of fair's source.
    halted: the venue halted the instrument. top: whose best prices count: the book, or what others
    have in it where an order of ours may be the best, without dust: levels worth less than
    dust_value, ticks x lots. severity: of a liquidation cascade, 0 to 1.
    estimates: what else the configuration needs, None when nothing.
    samples_taken: moments at which the estimates took a sample; valued_x2: mid_x2 at the last of
    them, at which inventory is valued for quoting, so that between samples nothing that a
    strategy sees moves but the position."""

    __slots__ = (
        "_fair_at",
        "_is_mid",
        "_long_run",
        "_mark",
        "_orders",
        "_others",
        "_own_tops",
        "_sample_due",
        "_solid",
        "_stale_ns",
        "_warmup",
        "blind",
        "blind_since",
        "book",
        "dust_value",
        "estimates",
        "fair",
        "fair_price",
        "halted",
        "microprice",
        "mid_x2",
        "samples_taken",
        "severity",
        "sigma",
        "sigma_ref",
        "top",
        "unready",
        "valued_x2",
        "volatility",
        "warm",
    )

    def __init__(self, orders: OwnOrders | None = None, *, own_in_feed: bool = True) -> None:
        self.book = Book()
        self._orders = orders
        self.top: Top = self.book
        self._solid, self.dust_value = SolidTop(self.book), 0
        self._others: OthersBook | None = None
        self._own_tops = [*NOWHERE]
        if orders is not None and own_in_feed:
            self._others, self._own_tops = OthersBook(self.book, orders), orders.tops
        self.estimates: Estimates | None = None
        self.microprice = Microprice()
        self.blind: Reason | None = Reason.NO_BOOK
        self.blind_since = Nanos(0)
        self.fair = 0.0
        self._fair_at = Nanos(0)
        self._sample_due = 0
        self.samples_taken = 0
        self.mid_x2 = self.valued_x2 = 0
        self.sigma = self.sigma_ref = 0.0
        self.warm = False
        self.unready = Reason.WARMING_UP
        self.severity = 0.0
        self.halted = False
        self._mark: MarkPrice | None = None
        self._long_run = LongRunVolatility()
        self._stale_ns = 0
        self._warmup = 0

    @property
    def own_in_feed(self) -> bool:
        """Whether the book that it receives shows our orders."""
        return self._others is not None

    def configure(self, config: PoolConfig, stale_ns: int, before: PoolConfig | None) -> None:
        """Take a new configuration; estimates that it does not touch are kept."""
        self._stale_ns, self._warmup = stale_ns, _warmup_of(config)
        self._configure_estimates(config, before)
        self.fair_price, self._is_mid = config.fair_price, config.fair_price == "mid"
        if before is None:
            self.volatility = _volatility_of(config)
            self.warm, self.unready = False, Reason.WARMING_UP
            self._sample_due, self._fair_at = 0, Nanos(0)
            return
        if before.volatility != config.volatility:
            self.volatility = _converted(self.volatility, config)
            self._sample_due = 0
        else:
            _resize(self.volatility, config)
        self.sigma = self.volatility.value or 0.0

    def _configure_estimates(self, config: PoolConfig, before: PoolConfig | None) -> None:
        if not is_anything_needed(config):
            self.estimates, self.severity = None, 0.0
            return
        if self.estimates is None:
            self.estimates, before = Estimates(), None
            self._sample_due = 0  # what they say is wanted at once
        self.estimates.configure(config, before)
        if self.warm and not self.estimates.warm:
            self.warm, self.unready = False, Reason.WARMING_UP_TRADES

    def learnt(self) -> Learnt:
        """What another market of the same configuration can go on with."""
        return Learnt(self.volatility, self._long_run, self.microprice, self.estimates)

    def take_up(self, learnt: Learnt) -> None:
        """Before the first turn: go on with what another market of the same configuration has
        learnt. The book is a new one, and nothing that was judged on the other counts."""
        self.volatility, self._long_run = learnt.volatility, learnt.long_run
        self.microprice, self.estimates = learnt.microprice, learnt.estimates
        self.sigma = self.volatility.value or 0.0
        self.sigma_ref = self._long_run.value or self.sigma
        if self.estimates is not None:
            self.estimates.on_blind()

    def on_trade(self, event: Trade) -> None:
        """A public trade."""
        if self.estimates is not None:
            self.estimates.on_trade(event, 0 if self.blind else self.mid_x2)

    def on_fill(self, now: Nanos, sign: int, price: int) -> None:
        """An order of ours was executed: +1 we bought, -1 we sold."""
        if self.estimates is not None:
            self.estimates.on_fill(now, sign, price, 0 if self.blind else self.mid_x2)

    def on_funding(self, event: FundingPaid) -> None:
        """What a position pays, by the venue."""
        if self.estimates is not None:
            self.estimates.on_funding(event)

    def on_lead(self, event: LeadMoved) -> None:
        """The mid of the market whose price may lead ours."""
        if self.estimates is not None:
            self.estimates.on_lead(event)

    def on_mark(self, event: MarkPrice) -> None:
        """The venue's mark price: a reference for the price collar while it is fresh."""
        self._mark = event

    def start_watch(self, now: Nanos) -> None:
        """Quoting begins: blindness that began before does not count against it."""
        if self.blind_since:
            self.blind_since = now

    def refresh(self, now: Nanos) -> bool:
        """Judge the book at `now` and, when it can be trusted, update the estimates. Returns
        True where it can be trusted and no sample was taken: nothing that quotes depend on moved
        but prices."""
        book = self.book
        if book.state is not _OK:
            return self._go_blind(now, _BLIND[book.state])
        if self._stale_ns and now - book.ts_recv > self._stale_ns:
            return self._go_blind(now, Reason.STALE)
        if self.blind is not None:
            self.blind, self.blind_since = None, Nanos(0)
        mid_before_x2 = self.mid_x2
        tops = self._own_tops
        top: Top = book
        if book.bid <= tops[0] or book.ask >= tops[1] or self.dust_value:
            cleared = self._cleared()
            if cleared is None:
                return self._go_blind(now, Reason.ONE_SIDED)
            top = cleared
        self.top = top
        self.mid_x2 = mid_x2 = top.bid + top.ask
        if self.estimates is not None:
            self.estimates.on_book(top, self.sigma)
        # The mid is at hand, and a call is dear on every turn.
        fair = mid_x2 * 0.5 if self._is_mid else self._fair_of(top)
        if now < self._sample_due:
            self.fair, self._fair_at = fair, now
            return True
        self._sample(now, mid_before_x2 * 0.5)
        self.fair, self._fair_at = fair, now
        return False

    def _cleared(self) -> Top | None:
        """Best prices without our own orders, where one may be the best, and without dust; None
        where others have none on a side."""
        book, tops = self.book, self._own_tops
        seen: Book | OthersBook = book
        if book.bid <= tops[0] or book.ask >= tops[1]:
            if self._others is None or not self._others.refresh():
                return None
            seen = self._others
        return self._solid.refresh(seen, self.dust_value) if self.dust_value else seen

    def _sample(self, now: Nanos, mid_before: float) -> None:
        """What quotes depend on is worked out anew."""
        seen_at = self._fair_at, mid_before
        self.sample_volatility(now, mid_before)
        if self.estimates is not None:
            self._estimate(self.estimates, seen_at, (now, self.mid_x2 * 0.5))

    def sample_volatility(self, now: Nanos, mid_before: float) -> None:
        """Feed volatility the last mid before this moment, which held until now, and this one.
        Between samples nothing but the last one counts, so nothing else is fed. The mid and not
        fair: a fair price that follows the sizes of the best levels moves when nothing trades."""
        volatility, long_run = self.volatility, self._long_run
        mid = self.mid_x2 * 0.5
        if self._fair_at:
            volatility.update(self._fair_at, mid_before)
        volatility.update(now, mid)
        long_run.update(now, mid)
        self._sample_due = min(volatility.due, long_run.due)
        self.samples_taken += 1
        self.valued_x2 = self.mid_x2
        self.warm, self.unready = volatility.count >= self._warmup, Reason.WARMING_UP
        self.sigma = volatility.value or 0.0
        self.sigma_ref = long_run.value or self.sigma

    def _estimate(self, estimates: Estimates, before: MidSince, at: MidSince) -> None:
        """The rest of what quotes depend on, and whether that may be quoted on. before, at: the mid
        before this moment, and the one at it."""
        others: Book | OthersBook = self.book
        if self._others is not None:
            self._others.refresh()
            others = self._others
        estimates.sample(at[0], others, (before, at), self._orders)
        self.severity = estimates.seen.severity
        if self.warm and not estimates.warm:
            self.warm, self.unready = False, Reason.WARMING_UP_TRADES
        elif self.warm and estimates.fit_lost:
            self.warm, self.unready = False, Reason.FIT

    @property
    def warmup(self) -> tuple[tuple[str, int, int], ...]:
        """What warm-up still wants: (what, seen, wanted)."""
        seen, least = self.samples
        own = (("volatility samples", seen, least),) if seen < least else ()
        return own if self.estimates is None else own + self.estimates.missing()

    @property
    def fair_source(self) -> str:
        """What fair is now: its source, or what stands in for it and until when."""
        if self.fair_price != "microprice" or self.microprice.ready:
            return self.fair_price
        seen = f"{self.microprice.count:,} of {REFIT_TRANSITIONS:,} changes of the best prices"
        return f"mid: the microprice has seen {seen}"

    @property
    def samples(self) -> tuple[int, int]:
        """Volatility samples seen, and wanted before quoting."""
        return self.volatility.count, self._warmup

    def reference_x2(self, now: Nanos) -> int:
        """Twice a fresh reference price in ticks: the mark where there is a fresh one, else the
        mid of what others have in a book that can be trusted; 0 when neither."""
        mark = self._mark
        if mark is not None and (not self._stale_ns or now - mark.ts_recv <= self._stale_ns):
            return 2 * mark.price
        return 0 if self.blind else self.mid_x2

    @property
    def marked(self) -> bool:
        """Whether a mark price ever arrived; it moves the reference by itself."""
        return self._mark is not None

    def _go_blind(self, now: Nanos, reason: Reason) -> bool:
        if self.blind is None and self.estimates is not None:
            self.estimates.on_blind()
        self.blind = reason
        if not self.blind_since:
            self.blind_since = now
        return False

    def _fair_of(self, top: Top) -> float:
        """What we quote around, where that is not the mid."""
        name = self.fair_price
        if name == "microprice":
            return self.microprice.update(top.bid, top.bid_size, top.ask, top.ask_size)
        if name == "weighted_mid":
            return weighted_mid(top.bid, top.bid_size, top.ask, top.ask_size)
        assert self.estimates is not None
        return self.estimates.value_of(name) or (top.bid + top.ask) * 0.5


def _resize(volatility: RealisedVolatility | EwmaVolatility, config: PoolConfig) -> None:
    """Another window; the samples that are there stay."""
    if isinstance(volatility, RealisedVolatility):
        volatility.resize(config.vol_lookback_seconds)
    else:
        volatility.resize(float(config.ewma_half_life_seconds))


def _converted(
    volatility: RealisedVolatility | EwmaVolatility, config: PoolConfig
) -> RealisedVolatility | EwmaVolatility:
    """The other kind, with what this one has seen."""
    if isinstance(volatility, RealisedVolatility):
        return volatility.averaged(float(config.ewma_half_life_seconds))
    return volatility.windowed(config.vol_lookback_seconds)


def _warmup_of(config: PoolConfig) -> int:
    """No more samples than the window of realised volatility can hold."""
    if config.volatility == "ewma":
        return config.warmup_samples
    return min(config.warmup_samples, config.vol_lookback_seconds)


def _volatility_of(config: PoolConfig) -> RealisedVolatility | EwmaVolatility:
    if config.volatility == "ewma":
        return EwmaVolatility(float(config.ewma_half_life_seconds))
    return RealisedVolatility(config.vol_lookback_seconds)

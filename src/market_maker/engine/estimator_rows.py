"""What a row of the table of estimators is made of, and what its estimator is fed.

A new estimator is a module in `estimators` and a row in one of fair_estimators, quoted_estimators
and reader_estimators: status, metrics, the API, `market_maker estimates` and docs/estimators.md
read the rows.
"""

from collections.abc import Callable
from typing import Generic, TypeAlias, TypeVar

from msgspec import Struct, field

from market_maker.engine.book import Book
from market_maker.engine.orders import OwnOrders
from market_maker.engine.others import OthersBook
from market_maker.engine.solid_top import SolidTop
from market_maker.estimators.depth import LEVELS_MAX
from market_maker.estimators.estimate import Estimate, Estimating
from market_maker.estimators.flow import TradeFlow
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos

BPS_OF_MID = "bps of the mid"

E = TypeVar("E", bound=Estimating)
S = TypeVar("S")
"""Where a line's figure is read from: an estimator or a market."""

MidSince: TypeAlias = tuple[Nanos, float]
"""A mid, ticks, and since when; 0 when there was none."""

LevelSizes: TypeAlias = tuple[tuple[int, int], ...]
"""(price, size) levels, best first; ticks and lots."""

Lacking: TypeAlias = tuple[str, int, int]
"""What a warm-up still waits for: (what, seen, wanted)."""


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


class GammaFactors(Struct, frozen=True):
    """What gamma was last multiplied by, for each reason."""

    toxicity: float = 1.0
    inventory: float = 1.0
    tail: float = 1.0


class TradeInput(Struct, gc=False):
    """A public trade. side: of the aggressor, 0 a buyer, 1 a seller. order: the venue's stamp and
    the side, the same for all trades of one aggressive order; is_first: of that order. mid_x2:
    twice the mid as far as known, ticks; 0 when it is not. ticks, bucket: of the volume clock,
    which stands above the rows that read them."""

    ts: Nanos
    side: int
    price: int
    size: int
    order: tuple[int, int]
    mid_x2: int
    is_first: bool
    ticks: int = 0
    bucket: int = 0


class TopInput(Struct, gc=False):
    """New best prices of a book. top: bid, its size, ask, its size. sigma: bps per square root of
    hour. flow: of trades, where it is estimated."""

    ts: Nanos
    top: tuple[int, int, int, int]
    book: Book | OthersBook | SolidTop
    sigma: float
    flow: TradeFlow | None


class FillInput(Struct, gc=False):
    """A fill of ours: +1 we bought, -1 we sold. mid_x2: as for trades."""

    now: Nanos
    sign: int
    price: int
    mid_x2: int


class SampleInput(Struct, gc=False):
    """A moment at which samples are taken, once a second. mids: the last one before it, and the
    one at it. orders: our own, where there are any."""

    now: Nanos
    book: Book | OthersBook
    mids: tuple[MidSince, MidSince]
    orders: OwnOrders | None
    config: PoolConfig
    flow: TradeFlow | None
    _levels: tuple[LevelSizes, LevelSizes] | None = None

    @property
    def levels(self) -> tuple[LevelSizes, LevelSizes]:
        """The best bids and asks; where the feed has best prices alone, those."""
        if self._levels is None:
            book = self.book
            bids, asks = book.depth(LEVELS_MAX)
            self._levels = (
                bids or ((book.bid, book.bid_size),),
                asks or ((book.ask, book.ask_size),),
            )
        return self._levels


class EstimateMetric(Struct, frozen=True):
    """The published metric of an estimate. one: how much one of the metric's unit is in the
    estimate's: 1 per square root of second is 6e5 bps per square root of hour."""

    name: str
    help: str
    one: float = 1.0


class EstimateLine(Struct, Generic[S], frozen=True):
    """A figure that readers see. value: None while there is none. meaning, ready: for the
    documents: what the figure says, and from when on it may be relied on."""

    name: str
    unit: str
    value: Callable[[S, GammaFactors], float | None]
    meaning: str
    ready: str
    metric: EstimateMetric | None = None

    def off(self) -> Estimate:
        """The line of an estimator that nothing needs."""
        return Estimate(self.name, None, self.unit, 0, ready=False, off=True)

    def read(self, source: S, rests_on: Estimating, factors: GammaFactors) -> Estimate:
        """The line now; its count and whether it is ready are those of `rests_on`."""
        value = self.value(source, factors)
        ready = rests_on.ready and value is not None
        return Estimate(self.name, value, self.unit, rests_on.count, ready)


def own_value(source: Estimating, _: GammaFactors) -> float | None:
    """What an estimator is there for."""
    return source.value


def _never(_: PoolConfig) -> bool:
    return False


def _always(_: PoolConfig) -> bool:
    return True


def _nothing(_: PoolConfig) -> object:
    return None


class EstimatorRow(Struct, Generic[E], frozen=True, kw_only=True):
    """An estimator: when it is made, what it is fed, what quotes take from it, what readers see.

    needed: whether quotes of a configuration depend on it; readable: whether it is kept too where
    a pool asks for all. law: the figures that it is made with; when they change it begins anew.
    resize: takes another `vol_lookback_seconds`, and keeps what it holds. contribute: what it adds
    to Seen after a sample, where it is needed. on_blind: the book was lost. lacks: what quotes
    wait for, None when nothing. Rows are fed from the first to the last.
    """

    name: str
    make: Callable[[PoolConfig], E]
    needed: Callable[[PoolConfig], bool] = _never
    readable: Callable[[PoolConfig], bool] = _always
    law: Callable[[PoolConfig], object] = _nothing
    resize: Callable[[E, PoolConfig], None] | None = None
    on_trade: Callable[[E, TradeInput], object] | None = None
    on_top: Callable[[E, TopInput], object] | None = None
    on_blind: Callable[[E], object] | None = None
    on_fill: Callable[[E, FillInput], object] | None = None
    on_funding: Callable[[E, Nanos, int], object] | None = None
    on_lead: Callable[[E, Nanos, int], object] | None = None
    on_sample: Callable[[E, SampleInput], object] | None = None
    contribute: Callable[[E, SampleInput, Seen], None] | None = None
    lacks: Callable[[E, PoolConfig], Lacking | None] | None = None
    lines: tuple[EstimateLine[E], ...] = field(default=())

    def runs(self, config: PoolConfig) -> bool:
        """Whether it is kept with this configuration."""
        whole = config.estimators == "all"
        return self.needed(config) or (whole and self.readable(config))

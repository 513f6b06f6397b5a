"""The arrays behind the estimates that the kernel takes itself, and how they get back into an
engine's own estimators."""
# ruff: noqa: SLF001  the state of an engine moves as a whole

import numpy as np

from market_maker.decision_kernel import estimate_layout as layouts
from market_maker.engine.book import Book
from market_maker.engine.engine import Engine
from market_maker.engine.estimates import Estimates, needs_trades
from market_maker.engine.estimator_rows import Seen
from market_maker.estimators.depth import LEVELS_MAX, DepthMonitor
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.rolling import SLICES
from market_maker.model.events import BookSnapshot, BookTop
from market_maker.model.orders import SIDES, Side
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_trades import RecordedTrades

_SUMS = ("slice_ns", "number", "position", "since", "until")
_SEEN = ("pressure", "buys", "sells", "bid_depth", "ask_depth")


def is_asked_for(config: PoolConfig) -> bool:
    """Whether quotes rest on estimates that the kernel does not take itself. The engine's own
    objects then work out all of them, once a second, and what the strategy makes of them."""
    return bool(config.use_toxicity or config.use_inventory_gamma or config.sigma_horizon_seconds)


def show_book(book: Book, seen: BookTop | BookSnapshot) -> None:
    """An engine's own book is as it was received last."""
    if isinstance(seen, BookSnapshot):
        book.snapshot(seen)
    else:
        book.top(seen)


class AskedEstimates:
    """The engine's own, at the samples that the kernel asks for. trades: of the recording, where
    quotes rest on them."""

    def __init__(self, engine: Engine, trades: RecordedTrades | None) -> None:
        self._engine, self._trades = engine, trades

    def take_trades(self, now: Nanos) -> None:
        """Those that have reached us by `now`. Nothing reads their sums between samples."""
        if self._trades is not None:
            for trade in self._trades.until(now):
                self._engine._on_trade(trade)

    def sample(self, now: Nanos, mid_before: float, seen: BookTop | BookSnapshot) -> None:
        """A sample of volatility and of all else, with the book as it was received last."""
        market = self._engine.market
        self.take_trades(now)
        show_book(market.book, seen)
        market._sample(now, mid_before)


class EstimateState:
    """Of a fresh engine's estimates. trades: of the recording, none of them taken. addresses: of
    the records, by the names that the root has for them."""

    def __init__(self, estimates: Estimates, trades: RecordedTrades) -> None:
        flow = estimates.find(TradeFlow)
        assert flow is not None, "what is compiled rests on the flow of trades"
        self._trades = trades
        self._arrival, self._side, self._lots = trades.columns()
        self._ring = np.zeros((SLICES, len(SIDES)), np.int64)
        self._totals = np.zeros(len(SIDES), np.int64)
        self._flow = np.zeros(1, layouts.FLOW)
        self._seen = np.zeros(1, layouts.ESTIMATES)
        self._levels = np.zeros((2 * len(SIDES), LEVELS_MAX), np.int64)
        self._seen["levels"] = self._levels.ctypes.data
        record = self._flow[0]
        record["slice_ns"], record["trades"] = flow._sums.slice_ns, len(self._arrival)
        for name, array in (
            ("ring", self._ring),
            ("totals", self._totals),
            ("arrival", self._arrival),
            ("side", self._side),
            ("lots", self._lots),
        ):
            record[name] = array.ctypes.data
        self.addresses = {"flow": self._flow.ctypes.data, "estimates": self._seen.ctypes.data}

    def seen(self) -> Seen:
        """What quotes depend on, as of the last sample."""
        return Seen(**{name: float(self._seen[0][name]) for name in _SEEN})

    def hand_over(self, engine: Engine) -> None:
        """The engine's own estimators go on; they take the trades since the last sample, too."""
        estimates, flow_record = engine.market.estimates, self._flow[0]
        assert estimates is not None
        taken = int(flow_record["taken"])
        self._give_flow(estimates.find(TradeFlow), taken)
        self._give_depth(estimates.find(DepthMonitor))
        estimates.seen, estimates.trades = self.seen(), taken
        last = self._trades.skip(taken)
        if last is not None:
            side = 0 if last.aggressor is Side.BUY else 1
            estimates._order = last.ts_event or last.ts_recv, side
        engine.tally.trades += taken
        for trade in self._trades.until(engine.now):
            engine._on_trade(trade)

    def _give_flow(self, own: TradeFlow | None, taken: int) -> None:
        assert own is not None
        own.count, sums = taken, own._sums
        for name in _SUMS:
            setattr(sums, name, int(self._flow[0][name]))
        sums.take_up(self._ring.tolist(), self._totals.tolist())

    def _give_depth(self, own: DepthMonitor | None) -> None:
        assert own is not None
        record = self._seen[0]
        own.count, own._ts = int(record["samples"]), Nanos(int(record["sampled_at"]))
        own.bid, own.ask = float(record["bid_depth"]), float(record["ask_depth"])


def estimates_of(
    engine: Engine, trades: RecordedTrades | None
) -> tuple[EstimateState | None, AskedEstimates | None]:
    """Of an engine whose quotes rest on more than volatility and fair: those of the kernel, or
    those that it asks for."""
    estimates = engine.market.estimates
    assert trades is not None or not needs_trades(engine.config), "the venue is to report trades"
    if is_asked_for(engine.config):
        return None, AskedEstimates(engine, trades)
    if estimates is None or trades is None:
        return None, None
    return EstimateState(estimates, trades), None

"""The arrays behind the estimates that the kernel takes itself, and how they get back into an
engine's own estimators."""
# ruff: noqa: SLF001  the state of an engine moves as a whole

from collections.abc import Callable
from typing import Any

import numpy as np

from market_maker.decision_kernel import estimate_layout as layouts
from market_maker.decision_kernel.arrival_state import ArrivalState, ClockState
from market_maker.decision_kernel.forecast_state import RegressionState
from market_maker.decision_kernel.scope import is_asked_for
from market_maker.engine.book import Book
from market_maker.engine.engine import Engine
from market_maker.engine.estimates import Estimates, needs_trades
from market_maker.engine.estimator_rows import Seen
from market_maker.engine.fair_estimators import quotes_by_flow
from market_maker.estimators.arrivals import ArrivalCalibration
from market_maker.estimators.depth import LEVELS_MAX, DepthMonitor
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.regression import RegressionMicroprice
from market_maker.estimators.rolling import SLICES
from market_maker.estimators.volume_clock import VolumeClock
from market_maker.model.events import BookSnapshot, BookTop
from market_maker.model.orders import SIDES, Side
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_trades import RecordedTrades

_SUMS = ("slice_ns", "number", "position", "since", "until")
_SEEN = ("sigma", "kappa_hat", "intensity", "pressure", "buys", "sells", "bid_depth", "ask_depth")


class FlowState:
    """Of a fresh trade flow. address: of the record."""

    def __init__(self, own: TradeFlow) -> None:
        self._own = own
        self._ring = np.zeros((SLICES, len(SIDES)), np.int64)
        self._totals = np.zeros(len(SIDES), np.int64)
        self._record = np.zeros(1, layouts.FLOW)
        self._record["slice_ns"] = own._sums.slice_ns
        self._record["ring"] = self._ring.ctypes.data
        self._record["totals"] = self._totals.ctypes.data
        self.address: int = self._record.ctypes.data

    def give(self) -> None:
        """The engine's own sums are those of the kernel."""
        sums = self._own._sums
        for name in _SUMS:
            setattr(sums, name, int(self._record[0][name]))
        sums.take_up(self._ring.tolist(), self._totals.tolist())


_Given = FlowState | ClockState | ArrivalState | RegressionState
_STATES: tuple[tuple[str, type[Any], Callable[[Any], _Given]], ...] = (
    ("flow", TradeFlow, FlowState),
    ("clock", VolumeClock, ClockState),
    ("arrivals", ArrivalCalibration, ArrivalState),
    ("regression", RegressionMicroprice, RegressionState),
)
"""By the name that the root has for it, the estimator and what stands for it."""

BETWEEN = ("arrivals", "regression")
"""Those that are fed with the book, so that no sample of Python's can be."""


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

    def __init__(self, engine: Engine, trades: RecordedTrades, *, asked: bool = False) -> None:
        estimates, config = engine.market.estimates, engine.config
        assert estimates is not None
        self._estimates, self._trades = estimates, trades
        self._columns = trades.columns()
        self._rows = np.zeros(1, layouts.TRADES)
        self._rows["count"] = len(self._columns["arrival"])
        for name, column in self._columns.items():
            self._rows[name] = column.ctypes.data
        self._seen = np.zeros(1, layouts.ESTIMATES)
        self._levels = np.zeros((2 * len(SIDES), LEVELS_MAX), np.int64)
        seen = self._seen[0]
        seen["levels"] = self._levels.ctypes.data
        seen["asked"] = asked
        seen["by_depth"] = not asked and estimates.find(DepthMonitor) is not None
        seen["by_flow"] = not asked and quotes_by_flow(config)
        seen["warm"] = estimates.warm
        seen["least_trades"], seen["least_ticks"] = config.warmup_trades, config.warmup_volume_ticks
        self._shown = np.zeros(1, layouts.SHOWN)
        self.addresses = {
            "trades": self._rows.ctypes.data,
            "estimates": self._seen.ctypes.data,
            "shown": self._shown.ctypes.data,
        }
        self._states: dict[str, _Given] = {}
        for name, kind, state in _STATES:
            own = estimates.find(kind)
            if own is not None:
                self._states[name] = made = state(own)
                self.addresses[name] = made.address

    def seen(self) -> Seen:
        """What quotes depend on, as of the last sample."""
        return Seen(**{name: float(self._seen[0][name]) for name in _SEEN})

    def line(self) -> None:
        """Put a line through arrivals."""
        arrivals = self._states["arrivals"]
        assert isinstance(arrivals, ArrivalState)
        fit, seen = arrivals.line(), self._seen[0]
        if fit is not None:
            seen["kappa_hat"], seen["intensity"], seen["sigma"] = (
                fit.decay,
                fit.intensity,
                fit.sigma,
            )

    def hand_over(self, engine: Engine) -> None:
        """The engine's own estimators go on; they take the trades since the last sample, too."""
        estimates, taken = self._estimates, int(self._rows["taken"][0])
        self._give_shown(estimates)
        if self._seen["asked"][0]:  # the engine's own were fed trades beside
            for name in BETWEEN:
                if name in self._states:
                    self._states[name].give()
            return
        for state in self._states.values():
            state.give()
        flow = estimates.find(TradeFlow)
        if flow is not None:
            flow.count = taken
        self._give_depth(estimates.find(DepthMonitor))
        estimates.seen, estimates.trades = self.seen(), taken
        estimates.warm = bool(self._seen["warm"][0])
        last = self._trades.skip(taken)
        if last is not None:
            side = 0 if last.aggressor is Side.BUY else 1
            estimates._order = last.ts_event or last.ts_recv, side
        engine.tally.trades += taken
        for trade in self._trades.until(engine.now):
            engine._on_trade(trade)

    def _give_shown(self, estimates: Estimates) -> None:
        ts, *top = (int(self._shown[0][name]) for name in layouts.SHOWN.names or ())
        bid, bid_lots, ask, ask_lots = top
        if ts:
            estimates._shown = ts, (bid, bid_lots, ask, ask_lots)

    def _give_depth(self, own: DepthMonitor | None) -> None:
        if own is None:
            return
        record = self._seen[0]
        own.count, own._ts = int(record["samples"]), Nanos(int(record["sampled_at"]))
        own.bid, own.ask = float(record["bid_depth"]), float(record["ask_depth"])


def estimates_of(
    engine: Engine, trades: RecordedTrades | None
) -> tuple[EstimateState | None, AskedEstimates | None]:
    """Of an engine whose quotes rest on more than volatility and fair: those of the kernel, and
    what asks for those that it does not take."""
    estimates = engine.market.estimates
    assert trades is not None or not needs_trades(engine.config), "the venue is to report trades"
    asked = AskedEstimates(engine, trades) if is_asked_for(engine.config) else None
    if estimates is None or trades is None:
        return None, asked
    return EstimateState(engine, trades, asked=asked is not None), asked

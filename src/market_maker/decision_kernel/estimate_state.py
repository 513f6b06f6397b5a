"""The arrays behind the estimates that the kernel takes itself, and how they get back into an
engine's own estimators."""
# ruff: noqa: SLF001  the state of an engine moves as a whole

import numpy as np

from market_maker.decision_kernel import estimate_layout as layouts
from market_maker.engine.engine import Engine
from market_maker.engine.estimates import Estimates
from market_maker.engine.estimator_rows import Seen
from market_maker.estimators.depth import DepthMonitor
from market_maker.estimators.flow import TradeFlow
from market_maker.estimators.rolling import SLICES
from market_maker.model.orders import SIDES, Side
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_trades import RecordedTrades

_SUMS = ("slice_ns", "number", "position", "since", "until")
_SEEN = ("pressure", "buys", "sells", "bid_depth", "ask_depth")


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

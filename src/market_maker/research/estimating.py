"""Every estimator over a recording: what each says at its end, and how well the models fit.

The pool quotes while it runs, so that there are fills to judge; with `estimators = "all"` no quote
depends on what nothing asks for.
"""

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.engine.engine import Engine
from market_maker.engine.estimates_report import estimates_of
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.estimators.adverse_selection import MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.estimators.hawkes import HawkesFit, fit_hawkes
from market_maker.estimators.intensity import Fit
from market_maker.model.recording import Recording, RowKind
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.research.replay import Progress, ReplayPlan, replay

HAWKES_ORDERS_MAX = 1_000
"""The fit takes the last so many aggressive orders: its cost grows with them."""


class HawkesReport(Struct, frozen=True):
    """The likeliest self-exciting law of aggressive orders. base, jump, decay: mu, alpha, beta,
    1/s; branching: the share of orders that others caused; rate: mean, 1/s. gain: log-likelihood
    over that of a steady rate, nats per order. orders: that it was fitted to."""

    base: float
    jump: float
    decay: float
    branching: float
    rate: float
    gain: float
    orders: int


class History(Struct, frozen=True, eq=False):
    """What every estimate said once a second: ts in ns, values by name, NaN for none."""

    ts: NDArray[np.int64]
    values: dict[str, NDArray[np.float64]]


class EstimatesReport(Struct, frozen=True):
    """duration_s: of the recording. fair_source: what fair was at its end. fit: of fill intensity.
    hawkes: None for too few orders. remarks: what is to be known of the data."""

    symbol: str
    duration_s: float
    fills: int
    estimates: tuple[Estimate, ...]
    fit: Fit | None
    hawkes: HawkesReport | None
    markouts: tuple[MarkoutRow, ...]
    fair_source: str
    remarks: tuple[str, ...]


class _Watcher:
    """Notes every estimate once a second."""

    def __init__(self) -> None:
        self._ts: list[int] = []
        self._rows: list[tuple[Estimate, ...]] = []
        self._seen = 0

    def note(self, now: Nanos, engine: Engine) -> None:
        """After a step."""
        taken = engine.market.samples_taken
        if taken != self._seen:
            self._seen = taken
            self._ts.append(now)
            self._rows.append(estimates_of(engine.market))

    def history(self) -> History:
        """As columns."""
        columns = [
            (lines[0].name, np.array([_number(line.value) for line in lines]))
            for lines in zip(*self._rows, strict=True)
        ]
        return History(np.array(self._ts, dtype=np.int64), dict(columns))


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def estimate_recording(
    plan: ReplayPlan, progress: Progress | None = None
) -> tuple[EstimatesReport, History]:
    """Replay with every estimator on."""
    config = msgspec.structs.replace(plan.config, estimators="all")
    watcher = _Watcher()
    log = replay(msgspec.structs.replace(plan, config=config), progress, watcher.note)
    snapshot: EngineSnapshot = log.snapshot
    recording = plan.recording
    report = EstimatesReport(
        symbol=recording.instrument.symbol,
        duration_s=(recording.end - recording.start) / NANOS_PER_SECOND,
        fills=log.fills.count,
        **shared_fields(EstimatesReport, snapshot, but=("symbol",)),
        hawkes=hawkes_report(recording),
        remarks=recording.remarks,
    )
    return report, watcher.history()


def hawkes_report(recording: Recording) -> HawkesReport | None:
    """The fit to the last aggressive orders: all trades of one side with one stamp are one."""
    times = order_times(recording)[-HAWKES_ORDERS_MAX:]
    if len(times) < 2:  # noqa: PLR2004
        return None
    times -= times[0]
    fit = fit_hawkes(times.tolist(), float(times[-1]))
    return None if fit is None else _reported(fit)


def order_times(recording: Recording) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Seconds since the first row at which aggressive orders came."""
    kind = recording.kind
    traded = (kind == RowKind.BUY_TRADE) | (kind == RowKind.SELL_TRADE)
    stamps = np.stack([recording.ts_event[traded], kind[traded].astype(np.int64)])
    orders = np.unique(stamps, axis=1)[0]
    seconds: np.ndarray[tuple[int], np.dtype[np.float64]] = (
        orders - int(recording.ts_event[0])
    ) / NANOS_PER_SECOND
    return seconds


def _reported(fit: HawkesFit) -> HawkesReport:
    model = fit.model
    return HawkesReport(
        **shared_fields(HawkesReport, model),
        gain=(fit.log_likelihood - fit.steady) / fit.count,
        orders=fit.count,
    )

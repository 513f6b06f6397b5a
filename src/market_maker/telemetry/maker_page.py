"""The page of the stand-alone maker's metrics, written from its engine's state when it is asked."""

import math
from collections.abc import Iterable, Iterator

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.instrument import Instrument
from market_maker.model.units import (
    BPS,
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    RATE_SCALE,
    VALUE_SCALE,
    Nanos,
)
from market_maker.risk.guards import DRAWDOWN
from market_maker.telemetry import maker_names as names
from market_maker.telemetry.maker_names import MAKER_METRICS
from market_maker.telemetry.names import ESTIMATED, Metric
from market_maker.telemetry.page import braces

UNKNOWN = math.nan
"""Of what is not measured yet: a number would mean something, and no alert compares with this."""


class MakerReading(Struct, frozen=True, kw_only=True):
    """A maker as it stands at `now`. since: when it began. asset, quote: the labels, as the venue
    calls them. max_position: lots. cycle_ns: how long the last quote cycle took. killed: whether
    the kill switch was triggered."""

    asset: str
    quote: str
    instrument: Instrument
    snapshot: EngineSnapshot
    since: Nanos
    now: Nanos
    max_position: int
    cycle_ns: int
    killed: bool


def maker_page(readings: Iterable[MakerReading]) -> str:
    """In the text format of Prometheus. Each metric has its HELP and TYPE, and a sample for each
    maker, from the start; what is not measured yet is NaN."""
    lines: dict[str, list[str]] = {metric.name: [] for metric in MAKER_METRICS}
    for reading in readings:
        labels = braces(names.LABELS, (reading.asset, reading.quote))
        for metric, value in _values(reading):
            shown = "NaN" if math.isnan(value) else repr(value)
            lines[metric.name].append(f"{metric.name}{labels} {shown}\n")
    return "".join(
        f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
        + "".join(lines[metric.name])
        for metric in MAKER_METRICS
    )


def _values(reading: MakerReading) -> Iterator[tuple[Metric, float]]:
    yield from _position(reading)
    yield from _pnl(reading)
    yield from _market(reading)
    yield from _estimates(reading)
    snapshot = reading.snapshot
    yield names.KILL_SWITCH, int(reading.killed)
    yield names.CYCLE_LATENCY, reading.cycle_ns / NANOS_PER_MS
    yield names.PLACED, snapshot.counters.placed
    yield names.FILLED, snapshot.counters.fills


def _position(reading: MakerReading) -> Iterator[tuple[Metric, float]]:
    lot, held = float(reading.instrument.lot_size), reading.snapshot.position
    most = reading.max_position
    yield names.POSITION, held * lot
    yield names.MAX_POSITION, most * lot
    yield names.UTILIZATION, abs(held) / most if most else float(bool(held))


def _pnl(reading: MakerReading) -> Iterator[tuple[Metric, float]]:
    snapshot = reading.snapshot
    unit = float(reading.instrument.tick_size * reading.instrument.lot_size) / VALUE_SCALE
    realised = (snapshot.realised - snapshot.fees + snapshot.funding) * unit
    unrealised = snapshot.unrealised * unit
    yield names.DAILY_PNL, realised + unrealised
    yield names.REALIZED_PNL, realised
    yield names.UNREALIZED_PNL, unrealised
    yield names.PEAK_PNL, max(snapshot.peak_net, snapshot.net) * unit
    fallen = next((guard.value for guard in snapshot.guards if guard.name == DRAWDOWN), 0)
    yield names.DRAWDOWN, fallen / RATE_SCALE


def _market(reading: MakerReading) -> Iterator[tuple[Metric, float]]:
    snapshot, tick = reading.snapshot, float(reading.instrument.tick_size)
    yield names.MID_PRICE, snapshot.mid_x2 / 2 * tick if snapshot.mid_x2 else UNKNOWN
    both = snapshot.best_bid + snapshot.best_ask
    seen = snapshot.best_bid and snapshot.best_ask and not snapshot.book_detail
    width = snapshot.best_ask - snapshot.best_bid
    yield names.SPREAD, width * 2 * BPS / both if seen else UNKNOWN
    # The engine's clock stands still when nothing comes in; ours does not.
    begun = snapshot.now - snapshot.book_age_ns
    if not snapshot.mid_x2 and not snapshot.book_age_ns:
        begun = reading.since
    age = reading.now - begun
    yield names.STALENESS, max(0, age) / NANOS_PER_SECOND


_MEASURED: dict[str, Metric] = {
    "sigma": names.SIGMA,
    "kappa_hat": names.KAPPA,
    "jump_ratio": names.JUMP_RATIO,
    "microprice_deviation": names.MICROPRICE_DEVIATION,
    "book_imbalance": names.BOOK_IMBALANCE,
    "flow_imbalance": names.FLOW_IMBALANCE,
    "beta_book": names.BETA_BOOK,
    "beta_flow": names.BETA_FLOW,
    "cascade_severity": names.CASCADE_SEVERITY,
    "adverse_selection": names.ADVERSE_SELECTION,
    "tail_factor": names.TAIL_RISK,
    "volatility_regime": names.REGIME,
}
_ASSUMED = {"cascade_severity": 0.0, "tail_factor": 1.0, "volatility_regime": 0.0}
"""What quoting goes by until it is measured."""


def _estimates(reading: MakerReading) -> Iterator[tuple[Metric, float]]:
    known = {
        line.name: line.value
        for line in reading.snapshot.estimates
        if line.ready and line.value is not None
    }
    for name, metric in _MEASURED.items():
        _, one = ESTIMATED[name]
        value = known.get(name)
        yield metric, _ASSUMED.get(name, UNKNOWN) if value is None else value / one

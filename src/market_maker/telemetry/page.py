"""The page that Prometheus reads, in its text format.

Written by hand because it is written beside running engines: the client library takes 35 to 70 ms
for a hundred pools, in one piece, in which no quote would be pulled. Here it is a few milliseconds
for the same, and it is made pool by pool, so that the task that makes it can yield in
between. What is said about the process itself still comes from the library.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot, MemberSnapshot
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import OrderState, Side
from market_maker.model.units import BPS, NANOS_PER_SECOND, VALUE_SCALE
from market_maker.telemetry import names
from market_maker.telemetry.histogram import Histogram
from market_maker.telemetry.measures import PoolMeasures
from market_maker.telemetry.names import METRICS, Metric

MetricValues: TypeAlias = Sequence[tuple[Metric, float]]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class ReconciliationReading(Struct, frozen=True):
    """The comparison with the venue's own lists. age_ns: since the last complete one; None until
    then. mismatches: comparisons in a row with another position there. Others: since the start."""

    age_ns: int | None
    failures: int
    mismatches: int
    missed_fills: int
    foreign_orders: int


class PoolReading(Struct, frozen=True):
    """A pool as it stands. state: where the pool is, which after a crash is not where the engine
    was. unconfirmed: cancels not proved. foreign: orders of ours that only the venue knows.
    reconciliation: None where there is no venue to compare with."""

    instrument: Instrument
    snapshot: EngineSnapshot
    state: PoolState
    unconfirmed: bool
    foreign: int
    failed: bool
    reconciliation: ReconciliationReading | None = None


class ProcessReading(Struct, frozen=True, kw_only=True):
    """The process as it stands. Spans in nanoseconds."""

    outbox_waiting: int
    outbox_parked: int
    outbox_lag_ns: int
    outbox_published: int
    topics_parked: int
    topics_lag_ns: int
    records_waiting: int
    records_refused: int
    orders_unrecorded: int
    audit_head: int
    journal_turns_lost: int
    journal_failures: int
    log_lines_dropped: int
    anchor_failures: int
    clock_drift_s: float
    clock_steps: int
    watchdog_attached: bool
    shadow_mode: bool
    version: str
    fingerprint: str


class MoneyReading(Struct, frozen=True, kw_only=True):
    """Scores and settlements as last read. q_scores: by symbol and participant;
    settlements: by status; snapshots, rollups: by symbol. Counts are since the start."""

    q_scores: Mapping[tuple[str, str], float]
    settlements: Mapping[str, int]
    snapshots: Mapping[str, int]
    rollups: Mapping[str, int]
    snapshots_waiting: int
    snapshots_lost: int
    rounds_missed: int
    fills_marked: int
    marks_lost: int
    transfers_unknown: int
    month_end_failed: bool


class MetricsPage:
    """Takes samples in any order and puts them together by metric."""

    def __init__(self) -> None:
        self._lines: dict[str, list[str]] = {metric.name: [] for metric in METRICS}

    def add(self, metric: Metric, value: float, *labels: str) -> None:
        """One sample."""
        assert len(labels) == len(metric.labels), (metric, labels)
        self._put(metric.name, metric.name, braces(metric.labels, labels), value)

    def add_all(self, values: MetricValues, braced: str) -> None:
        """One sample of each of several metrics with the same labels, `braced` already."""
        for metric, value in values:
            self._put(metric.name, metric.name, braced, value)

    def add_histogram(self, metric: Metric, histogram: Histogram, *labels: str) -> None:
        """All buckets, cumulated, with their count and sum."""
        counts, seen, name = tuple(histogram.counts), 0, metric.name
        inner = _inner(metric.labels, labels)
        comma = "," if inner else ""
        for bound, count in zip(histogram.labels, counts, strict=True):
            seen += count
            self._put(name, f"{name}_bucket", f'{{{inner}{comma}le="{bound}"}}', seen)
        braced = f"{{{inner}}}" if inner else ""
        self._put(name, f"{name}_sum", braced, histogram.total / NANOS_PER_SECOND)
        self._put(name, f"{name}_count", braced, seen)

    def pieces(self) -> Iterator[str]:
        """The page, metric by metric; each has its HELP and TYPE from the start, with samples or
        without."""
        for metric in METRICS:
            head = f"# HELP {metric.name} {metric.help}\n# TYPE {metric.name} {metric.kind}\n"
            yield head + "".join(f"{line}\n" for line in self._lines[metric.name])

    def _put(self, name: str, sample: str, braced: str, value: float) -> None:
        self._lines[name].append(f"{sample}{braced} {value!r}")


def add_process(page: MetricsPage, reading: ProcessReading, lag: Histogram) -> None:
    """Everything about the process."""
    page.add_histogram(names.LOOP_LAG, lag)
    values: MetricValues = (
        (names.OUTBOX_WAITING, reading.outbox_waiting),
        (names.OUTBOX_PARKED, reading.outbox_parked),
        (names.OUTBOX_LAG, reading.outbox_lag_ns / NANOS_PER_SECOND),
        (names.OUTBOX_PUBLISHED, reading.outbox_published),
        (names.TOPICS_PARKED, reading.topics_parked),
        (names.TOPICS_LAG, reading.topics_lag_ns / NANOS_PER_SECOND),
        (names.RECORDS_WAITING, reading.records_waiting),
        (names.RECORDS_REFUSED, reading.records_refused),
        (names.ORDERS_UNRECORDED, reading.orders_unrecorded),
        (names.AUDIT_HEAD, reading.audit_head),
        (names.JOURNAL_TURNS_LOST, reading.journal_turns_lost),
        (names.JOURNAL_FAILURES, reading.journal_failures),
        (names.LOG_LINES_DROPPED, reading.log_lines_dropped),
        (names.ANCHOR_FAILURES, reading.anchor_failures),
        (names.CLOCK_DRIFT, reading.clock_drift_s),
        (names.CLOCK_STEPS, reading.clock_steps),
        (names.WATCHDOG, int(reading.watchdog_attached)),
        (names.SHADOW_MODE, int(reading.shadow_mode)),
    )
    page.add_all(values, "")
    page.add(names.BUILD_INFO, 1, reading.version, reading.fingerprint)


def add_money(page: MetricsPage, reading: MoneyReading) -> None:
    """Everything about scores and settlements."""
    for (symbol, participant_id), q_score in reading.q_scores.items():
        page.add(names.Q_SCORE, q_score, symbol, participant_id)
    for metric, counts in (
        (names.SETTLEMENT_COUNT, reading.settlements),
        (names.SNAPSHOTS, reading.snapshots),
        (names.ROLLUPS, reading.rollups),
    ):
        for label, count in counts.items():
            page.add(metric, count, label)
    values: MetricValues = (
        (names.SNAPSHOTS_WAITING, reading.snapshots_waiting),
        (names.SNAPSHOTS_LOST, reading.snapshots_lost),
        (names.ROUNDS_MISSED, reading.rounds_missed),
        (names.FILLS_MARKED, reading.fills_marked),
        (names.MARKS_LOST, reading.marks_lost),
        (names.TRANSFERS_UNKNOWN, reading.transfers_unknown),
        (names.MONTH_END_FAILED, int(reading.month_end_failed)),
    )
    page.add_all(values, "")


def add_pool(page: MetricsPage, reading: PoolReading, measures: PoolMeasures) -> None:
    """Everything about one pool."""
    symbol = reading.snapshot.symbol
    page.add_all(_pool_values(reading, measures), braces(("symbol",), (symbol,)))
    if reading.reconciliation is not None:
        values = _reconciliation_values(reading.reconciliation)
        page.add_all(values, braces(("symbol",), (symbol,)))
    _add_by_label(page, reading)
    _add_estimates(page, reading)
    for member in reading.snapshot.members:
        braced = braces(("symbol", "participant_id"), (symbol, member.participant_id))
        page.add_all(_member_values(reading, member), braced)
    page.add_histogram(names.QUOTE_COMPUTE_LATENCY, measures.compute, symbol)
    page.add_histogram(names.ALLOCATION_LATENCY, measures.allocation, symbol)
    page.add_histogram(names.TURN_LATENCY, measures.turn, symbol)


def _pool_values(reading: PoolReading, measures: PoolMeasures) -> MetricValues:
    snapshot, tick = reading.snapshot, float(reading.instrument.tick_size)
    counters = snapshot.counters
    unit = tick * float(reading.instrument.lot_size)
    return (
        (names.MEMBER_COUNT, sum(member.active for member in snapshot.members)),
        (names.POOL_FAILED, int(reading.failed)),
        (names.CONFIG_VERSION, snapshot.config_version),
        (names.UNCONFIRMED, int(reading.unconfirmed)),
        (names.FOREIGN_ORDERS, reading.foreign),
        (names.DATA_AGE, snapshot.book_age_ns / NANOS_PER_SECOND),
        (names.FAIR_PRICE, snapshot.fair_ticks * tick),
        (names.SIGMA, snapshot.sigma_bps),
        (names.SPREAD, snapshot.spread_bps),
        (names.POOL_POSITION, snapshot.position * snapshot.mid_x2 / 2 * unit),
        (names.TURNS, counters.turns),
        (names.PLACED, counters.placed),
        (names.CANCELS, counters.cancels),
        (names.FILLS, counters.fills),
        (names.UNATTRIBUTED_FILLS, counters.unattributed_fills),
        (names.IMPOSSIBLE_FILLS, counters.impossible_fills),
        (names.MAILBOX_DEPTH, measures.waiting),
        (names.FAILURES, measures.failures),
    )


_FACTORS = {f"{factor}_factor": factor for factor in ("toxicity", "inventory", "tail")}


def _add_estimates(page: MetricsPage, reading: PoolReading) -> None:
    """What may be relied on; the rest is left out, because a number that means nothing alarms."""
    snapshot, symbol = reading.snapshot, reading.snapshot.symbol
    values: list[tuple[Metric, float]] = []
    if snapshot.mid_x2:
        mid = snapshot.mid_x2 / 2 * float(reading.instrument.tick_size)
        values.append((names.MID_PRICE, mid))
    if snapshot.best_bid and snapshot.best_ask and not snapshot.book_detail:
        mid_x2 = snapshot.best_bid + snapshot.best_ask
        spread_bps = (snapshot.best_ask - snapshot.best_bid) * 2 * BPS / mid_x2
        values.append((names.MARKET_SPREAD, spread_bps))
    for line in snapshot.estimates:
        if line.value is None or not line.ready:
            continue
        if line.name in names.ESTIMATED:
            metric, one = names.ESTIMATED[line.name]
            values.append((metric, line.value / one))
        if line.name in _FACTORS:
            page.add(names.GAMMA_FACTOR, line.value, symbol, _FACTORS[line.name])
    page.add_all(values, braces(("symbol",), (symbol,)))


def _reconciliation_values(reading: ReconciliationReading) -> MetricValues:
    age = [] if reading.age_ns is None else [(names.RECONCILED_AGE, reading.age_ns)]
    return (
        *((metric, nanos / NANOS_PER_SECOND) for metric, nanos in age),
        (names.RECONCILIATION_FAILURES, reading.failures),
        (names.RECONCILIATION_MISMATCHES, reading.mismatches),
        (names.MISSED_FILLS, reading.missed_fills),
        (names.CANCELLED_STRANGERS, reading.foreign_orders),
    )


def _add_by_label(page: MetricsPage, reading: PoolReading) -> None:
    """What a pool has several of."""
    snapshot, symbol = reading.snapshot, reading.snapshot.symbol
    for state in PoolState:
        page.add(names.POOL_STATE, int(reading.state is state), symbol, state)
    for side, status in ((Side.BUY, snapshot.bid), (Side.SELL, snapshot.ask)):
        page.add(names.QUOTING, int(status.quoting), symbol, side)
    states = [order.state for order in snapshot.orders]
    for order_state in OrderState:
        page.add(names.ORDERS, states.count(order_state), symbol, order_state)
    for guard in snapshot.guards:
        ratio = guard.headroom / guard.threshold if guard.threshold else 0.0
        page.add(names.GUARD_HEADROOM, ratio, symbol, guard.name)
    page.add(names.REJECTS, snapshot.counters.rejects, symbol, "refused")
    page.add(names.REJECTS, snapshot.counters.post_only_rejects, symbol, "post_only")
    unit = float(reading.instrument.tick_size * reading.instrument.lot_size) / VALUE_SCALE
    for component in ("realised", "unrealised", "fees", "funding"):
        # A pool's columns are the sums of its members': see service.summary.
        total = sum(getattr(member, component) for member in snapshot.members)
        page.add(names.POOL_PNL, total * unit, symbol, component)


def _member_values(reading: PoolReading, member: MemberSnapshot) -> MetricValues:
    lot = float(reading.instrument.lot_size)
    unit = float(reading.instrument.tick_size) * lot
    return (
        (names.NET_POSITION, member.position * reading.snapshot.mid_x2 / 2 * unit),
        (names.MEMBER_PNL, member.realised * unit / VALUE_SCALE),
        (names.MEMBER_INVENTORY, member.position * lot),
        (names.MEMBER_OPEN_ORDERS, member.open_orders),
        (names.MEMBER_UNKNOWN_ORDERS, member.unknown_orders),
        (names.MEMBER_UNREALISED, member.unrealised * unit / VALUE_SCALE),
        (names.MEMBER_STOPPED, int(bool(member.stopped))),
    )


def braces(labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    """Labels as they stand behind a metric's name; nothing without any."""
    inner = _inner(labels, values)
    return f"{{{inner}}}" if inner else ""


def _inner(labels: tuple[str, ...], values: tuple[str, ...]) -> str:
    pairs = zip(labels, values, strict=True)
    return ",".join(f'{label}="{_escaped(value)}"' for label, value in pairs)


def _escaped(value: str) -> str:
    if value.isalnum():
        return value
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

"""What a replay answers: `ReplayResult` is the object of `--json`, the table and the report.

Every field is defined for readers in docs/reading-a-report.md.
"""

from decimal import Decimal

from msgspec import Struct, field

from market_maker.model.units import Nanos


def plain(number: Decimal) -> str:
    """All digits, no exponent, no trailing zeros: how money is written."""
    return format(number.normalize(), "f")


class PnlFigures(Struct, frozen=True, kw_only=True):
    """PnL by cause, in the PnL's currency, exact. adverse_*: parts of inventory, not of the sum."""

    spread: str
    adverse_1s: str
    adverse_5s: str
    adverse_30s: str
    inventory: str
    fees: str
    funding: str


class MarkoutFigures(Struct, frozen=True, kw_only=True):
    """Mean price move after a fill, bps; None where no fill is that far from the end."""

    one_second: float | None = field(name="1s")
    five_seconds: float | None = field(name="5s")
    thirty_seconds: float | None = field(name="30s")


class RecordingFacts(Struct, frozen=True, kw_only=True):
    """Where the data came from. start, end: receipt of the first and last row, ns.
    clock_shift_ns: added to the recorder's stamps by the importer. remarks: what its importer found
    a reader should know, such as outages, or that it holds no trades."""

    origin: str
    start: Nanos
    end: Nanos
    clock_shift_ns: int
    remarks: tuple[str, ...]


class RunSettings(Struct, frozen=True, kw_only=True):
    """Everything that decides a run. config: the pool's fields as run, decimals as text.
    Latencies in ms. lead: the recording whose market may lead this one's."""

    config: dict[str, object]
    step_ms: str
    feed_latency_ms: str
    entry_latency_ms: str
    response_latency_ms: str
    queue: str
    queue_exponent: float
    partial_fills: bool
    maker_fee_bps: str
    seed: int
    recording: RecordingFacts
    lead: RecordingFacts | None = None


class QueueFigures(Struct, frozen=True, kw_only=True):
    """What a run comes to under one queue model; exact texts as in ReplayResult."""

    fills: int
    volume: str
    turnover: str
    net_pnl: str


class ReplayResult(Struct, frozen=True, kw_only=True):
    """How a run went. Money and quantities are exact decimal texts; None means undefined. engine:
    what made the decisions, "python" or "compiled"; engine_reason: why not another, empty where it
    was asked for; whichever it was, all other figures are the same. pnl_currency: of PnL; turnover
    is in quote currency always, and of an inverse contract PnL is not, and volume counts
    contracts. by_queue: the run and its like under the other queue model, by the model's name;
    empty where that was not run. book_levels: a side that quotes rest on, at most; 0 where they
    rest on the best prices alone, 1 where the recording has nothing else. settings: on which terms
    all of it was earned."""

    symbol: str
    events: int
    duration_s: float
    events_per_second: float
    turns: int
    fills: int
    volume: str
    turnover: str
    net_pnl: str
    pnl: PnlFigures
    markout_bps: MarkoutFigures
    max_abs_position: str
    mean_abs_position_ratio: float
    quoting_uptime: float | None
    quoting_uptime_net: float | None
    outage_s: float
    resumed: int
    mean_spread_bps: float | None
    share_at_floor: float | None
    share_at_ceiling: float | None
    orders_placed: int
    orders_cancelled: int
    rejects: int
    cancels_per_fill: float | None
    state_hash: str
    engine: str
    engine_reason: str
    book_levels: int
    pnl_currency: str
    settings: RunSettings
    by_queue: dict[str, QueueFigures] = {}

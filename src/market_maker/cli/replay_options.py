"""What `replay`, `compare` and `sweep` are asked alike: latencies, queue, fees, step."""

import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from market_maker.config import load_pool_config
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.pool import PoolConfig
from market_maker.model.pool_document import decimal_of
from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import LATENCY_MAX_NS, ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.leading import led_by
from market_maker.research.pool_currency import in_quote_currency
from market_maker.research.queue_fit import read_fit
from market_maker.research.replay import default_config, with_in_house_member
from market_maker.research.shared_terms import SharedTerms
from market_maker.storage.recording import read_recording

QUEUES = tuple(model.value for model in QueueModel)
CALIBRATED = "calibrated"
"""The probability queue with the exponent of a fit."""

LATENCY_MS_MAX = LATENCY_MAX_NS // NANOS_PER_MS
STEP_MS_MIN, STEP_MS_MAX = Decimal("0.1"), 600_000
RESUME_SECONDS_MAX = 86_400
DEFAULT_LATENCY_MS = "5"
JOBS_MAX = 256
SEED_MAX = 2**32 - 1

RecordingPath = Annotated[Path, typer.Argument(help="A recording made by `import`.")]
ConfigPath = Annotated[
    Path | None,
    typer.Option(help="TOML file with the pool's fields. Without it: the documented start."),
]
LatencyMs = Annotated[
    str, typer.Option(help="Of our orders on their way, and of the answers.", metavar="MS")
]
FeedLatencyMs = Annotated[
    str, typer.Option(help="Of market data, on top of what was recorded.", metavar="MS")
]
EntryLatencyMs = Annotated[
    str | None, typer.Option(help="Of our orders, instead of --latency-ms.", metavar="MS")
]
ResponseLatencyMs = Annotated[
    str | None, typer.Option(help="Of the answers, instead of --latency-ms.", metavar="MS")
]
Lead = Annotated[
    Path | None,
    typer.Option(
        help="A second recording of the same time, whose market may lead this one: a term of the "
        "forecast of fair_price = regression.",
        metavar="RECORDING",
    ),
]
Queue = Annotated[
    str,
    typer.Option(
        help=f"What moves our orders up: {', '.join(QUEUES)}, or {CALIBRATED}: the probability of "
        "--queue-fit."
    ),
]
QueueFitPath = Annotated[
    Path | None,
    typer.Option(
        help="A fit to market-by-order data that `queue-models --out` wrote.", metavar="FILE"
    ),
]
MakerFeeBps = Annotated[str, typer.Option(help="Cost > 0, rebate < 0.", metavar="BPS")]
StepMs = Annotated[
    str | None,
    typer.Option(help="Time between two turns. Default: quote_interval_ms.", metavar="MS"),
]
QuoteRate = Annotated[
    str | None,
    typer.Option(
        help="USDT for one of the recording's quote currency; needed where that is no dollar.",
        metavar="RATE",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]
Report = Annotated[Path | None, typer.Option(help="Write an HTML page here.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing report.")]


class Leader(Struct, frozen=True):
    """A pool, and the recording of the market that it follows, if there is one."""

    pool: PoolConfig
    recording: Recording | None


class Latencies(Struct, frozen=True):
    """As given, in ms. entry, response: None where `common` holds."""

    common: str
    feed: str
    entry: str | None
    response: str | None


def exchange_settings(
    latencies: Latencies, queue: str, maker_fee_bps: str, fit: Path | None = None
) -> ReplaySettings:
    """The venue as asked for. fit: of the calibrated queue. Raises InvalidFieldError, and
    InvalidDataError for a fit that cannot be used."""
    feed = _latency("feed_latency_ms", latencies.feed)
    entry = _one_way("entry_latency_ms", latencies.entry, latencies.common)
    response = _one_way("response_latency_ms", latencies.response, latencies.common)
    model, exponent = _queue(queue, fit)
    return ReplaySettings(
        feed_latency_ns=feed,
        entry_latency_ns=entry,
        response_latency_ns=response,
        queue=model,
        queue_exponent=exponent,
        maker_rate=rate_from_bps("maker_fee_bps", decimal_of("maker_fee_bps", maker_fee_bps)),
    )


def _queue(queue: str, fit: Path | None) -> tuple[QueueModel, float]:
    """The model, and its exponent."""
    if queue not in (*QUEUES, CALIBRATED):
        raise InvalidFieldError("queue", queue, "one of " + ", ".join((*QUEUES, CALIBRATED)))
    if (queue == CALIBRATED) != (fit is not None):
        needs = "--queue-fit FILE beside it: a fit that `queue-models --out` wrote"
        allowed = needs if fit is None else f"{CALIBRATED}, where --queue-fit is given"
        raise InvalidFieldError("queue", queue, allowed)
    if fit is None:
        return QueueModel(queue), ReplaySettings().queue_exponent
    return QueueModel.PROBABILITY, read_fit(fit).exponent


def engine_choice(text: str) -> EngineChoice:
    """Raises InvalidFieldError."""
    names = [choice.value for choice in EngineChoice]
    if text not in names:
        raise InvalidFieldError("engine", text, "one of " + ", ".join(names))
    return EngineChoice(text)


def step_of(field: str, text: str) -> Nanos:
    """Time between two turns. Raises InvalidFieldError that names `field`."""
    return _span(field, text, STEP_MS_MIN, STEP_MS_MAX)


def resume_after(text: str | None) -> Nanos | None:
    """How long after a halt a pool is resumed; None without the option. Raises
    InvalidFieldError."""
    if text is None:
        return None
    seconds = decimal_of("resume_after_halt", text)
    if not 0 <= seconds <= RESUME_SECONDS_MAX:
        raise InvalidFieldError("resume_after_halt", text, f"seconds, 0 to {RESUME_SECONDS_MAX}")
    return Nanos(int(seconds * NANOS_PER_SECOND))


def _span(field: str, text: str, least_ms: Decimal, most_ms: int) -> Nanos:
    milliseconds = decimal_of(field, text)
    span = milliseconds * NANOS_PER_MS
    if not least_ms <= milliseconds <= most_ms or span != span.to_integral_value():
        allowed = f"milliseconds from {least_ms} to {most_ms}, at most six digits after the point"
        raise InvalidFieldError(field, milliseconds, allowed)
    return Nanos(int(span))


def _latency(field: str, text: str) -> Nanos:
    return _span(field, text, Decimal(0), LATENCY_MS_MAX)


def _one_way(field: str, own: str | None, common: str) -> Nanos:
    return _latency("latency_ms", common) if own is None else _latency(field, own)


def pool_config_of(path: Path | None, recording: Recording, quote_rate: str | None) -> PoolConfig:
    """The pool of a file, or the documented start, with a member, in the currency of the
    recording. Raises what reading raises, and InvalidFieldError where a rate is needed."""
    instrument = recording.instrument
    if path is None:
        pool = default_config(instrument.symbol)
    else:
        pool = with_in_house_member(load_pool_config(path, instrument.symbol))
    return priced(pool, recording, quote_rate)


def priced(pool: PoolConfig, recording: Recording, quote_rate: str | None) -> PoolConfig:
    """`pool` in the currency of the recording. Raises InvalidFieldError where a rate is needed."""
    rate = None if quote_rate is None else decimal_of("quote_rate", quote_rate)
    return in_quote_currency(pool, recording.instrument, rate)


def leading(path: Path | None, recording: Recording, pool: PoolConfig) -> Leader:
    """The second recording and the pool that follows it. Raises what reading raises, and as
    `led`."""
    lead = None if path is None else read_recording(path)
    return Leader(led(pool, recording, lead), lead)


def led(pool: PoolConfig, recording: Recording, lead: Recording | None) -> PoolConfig:
    """The pool that follows the second recording. Raises as leading.led_by, and InvalidFieldError
    for a pool with a leader without a recording of it."""
    if lead is not None:
        return led_by(pool, recording, lead)
    if pool.lead_symbol:
        allowed = f"--lead with a recording of {pool.lead_symbol}, or a pool without it"
        raise InvalidFieldError("lead_symbol", pool.lead_symbol, allowed)
    return pool


def lead_of_each(paths: Sequence[Path], recordings: int) -> Sequence[Path | None]:
    """Of each of so many recordings: none, the one that is given for all, or its own. Raises
    InvalidFieldError."""
    if len(paths) <= 1:
        return [*paths, *([None] if not paths else [])] * recordings
    if len(paths) != recordings:
        allowed = f"one, or {recordings}: one for each recording, in their order"
        raise InvalidFieldError("lead", len(paths), allowed)
    return paths


def shared_terms(exchange: ReplaySettings, step_ms: str | None, seed: int) -> SharedTerms:
    """On which all runs are judged. Raises InvalidFieldError."""
    return SharedTerms(
        exchange=exchange,
        step_ns=None if step_ms is None else step_of("step_ms", step_ms),
        seed=within("seed", seed, 0, SEED_MAX),
    )


def jobs_of(jobs: int | None) -> int:
    """How many processes; one for each processor where it is not said. Raises InvalidFieldError."""
    return (os.cpu_count() or 1) if jobs is None else within("jobs", jobs, 1, JOBS_MAX)


def within(field: str, value: int, least: int, most: int) -> int:
    """`value`, from `least` to `most`. Raises InvalidFieldError."""
    if not least <= value <= most:
        raise InvalidFieldError(field, value, f"a whole number from {least} to {most}")
    return value

"""What fair prices foretell of the mid: how much of its next moves, and whether as far as it goes.

Engines that never quote take the same events as in a replay, one for each source of fair, and are
asked on a grid. What a source has learned it has learned from moves before the moment at which it
is asked: everything here is out of sample.
"""

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.estimators.regression import RegressionMicroprice
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.prepared_rows import data_end
from market_maker.replay_venue.recorded_exchange import RecordedExchange, ReplaySettings
from market_maker.research.leading import LED, facts_of
from market_maker.research.replay import Progress, default_config
from market_maker.research.replay_accounting import Floats
from market_maker.research.resampling import BLOCKS_MIN
from market_maker.research.wakings import FactReader

SOURCES = ("mid", "weighted_mid", "microprice", "kalman", LED)
"""Of fair, each beside the others."""

WITH_LEAD = "regression with lead"

FORECAST, FORECAST_WITH_LEAD = "forecast", "forecast with lead"
"""What the regression foresees over the very horizon at which it is judged; as fair it is what is
foreseen of the first second."""

HORIZONS_S = (0.5, 1.0, 5.0)
"""After which the mid is compared, seconds."""

SAMPLE_EVERY = Nanos(100 * NANOS_PER_MS)
SAMPLES_PER_SECOND = NANOS_PER_SECOND // SAMPLE_EVERY

WARMUP_SECONDS = 60
"""Left out: a source has a minute to be ready in."""

BLOCK_SECONDS = 30
RESAMPLES = 2_000
TAIL_PCT = 2.5


class FairAccuracy(Struct, frozen=True, kw_only=True):
    """One source at one horizon. moves: of the mid that were compared; blocks: of BLOCK_SECONDS,
    the number of independent pieces at most. slope: of the move on what fair said, 1 is right;
    r_squared: of that line through 0; as_it_stands: share of the moves' variance that the
    forecasts take away unscaled, below 0 where they add to it. low, high: 95 % of resampled
    blocks; None for fewer blocks than BLOCKS_MIN. None where the source never left the mid."""

    source: str
    horizon_s: float
    moves: int
    blocks: int
    r_squared: float | None
    slope: float | None
    slope_low: float | None
    slope_high: float | None
    as_it_stands: float
    as_it_stands_low: float | None
    as_it_stands_high: float | None


def fair_accuracy(
    recording: Recording, lead: Recording | None, progress: Progress | None = None
) -> tuple[FairAccuracy, ...]:
    """Every source at every horizon. lead: a second recording, for a source of its own. Empty for
    a recording that ends within the warm-up and the longest horizon."""
    symbol = recording.instrument.symbol
    configs = {source: _config(symbol, source) for source in SOURCES}
    if lead is not None:
        configs[WITH_LEAD] = _config(symbol, LED, lead.instrument.symbol)
    asked = _asked(recording, lead, list(configs.values()), progress)
    forecasts = (FORECAST, FORECAST_WITH_LEAD)[: len(asked.foreseen)]
    found = []
    for place, horizon in enumerate(HORIZONS_S):
        rows = zip(configs, asked.fair, strict=True)
        own = zip(forecasts, asked.foreseen[:, :, place], strict=True)
        found += [_judged(source, horizon, asked.logs, said) for source, said in (*rows, *own)]
    return tuple(each for each in found if each is not None)


def _config(symbol: str, source: str, lead_symbol: str = "") -> PoolConfig:
    return msgspec.structs.replace(
        default_config(symbol), fair_price=source, lead_symbol=lead_symbol
    )


class _Answers(Struct, frozen=True, eq=False):
    """On every moment of the grid, NaN where no book could be trusted. logs: of the mid, bps. fair:
    what each engine's fair says of it, bps, a row each. foreseen: the move that each regression
    foresees, bps, by engine, moment and HORIZONS_S."""

    logs: Floats
    fair: Floats
    foreseen: Floats


def _asked(
    recording: Recording,
    lead: Recording | None,
    configs: Sequence[PoolConfig],
    progress: Progress | None,
) -> _Answers:
    engines = [Engine(recording.instrument, config, own_in_feed=False) for config in configs]
    exchange = RecordedExchange([recording], ReplaySettings(), trades=True)
    facts, end = FactReader(facts_of(recording, lead, Nanos(0))), data_end(recording)
    logs: list[float] = []
    fair: list[list[float]] = []
    foreseen: list[list[tuple[float, ...]]] = []
    due = Nanos(recording.start + SAMPLE_EVERY)
    for moment in _moments(recording, lead):
        while due < moment:
            logs.append(_log(engines[0]))
            fair.append([_said(engine) for engine in engines])
            foreseen.append([_foreseen(each) for each in engines if each.market.fair_price == LED])
            due = Nanos(due + SAMPLE_EVERY)
            if progress is not None:
                progress(due)
        exchange.advance(moment)
        events = [*exchange.events(0), *facts.until(moment)]
        for engine in engines:
            engine.turn(moment, events)
        if moment >= end:
            break
    shape = len(logs), sum(config.fair_price == LED for config in configs), len(HORIZONS_S)
    return _Answers(
        logs=np.array(logs),
        fair=np.array(fair).reshape(len(logs), len(engines)).T,
        foreseen=np.array(foreseen).reshape(shape).swapaxes(0, 1),
    )


def _moments(recording: Recording, lead: Recording | None) -> Iterator[Nanos]:
    stamps = recording.ts_recv
    if lead is not None:
        within = (lead.ts_recv > recording.start) & (lead.ts_recv < recording.end)
        stamps = np.concatenate((stamps, lead.ts_recv[within]))
    return map(Nanos, np.unique(stamps).tolist())


def _log(engine: Engine) -> float:
    market = engine.market
    return np.nan if market.blind is not None else float(BPS * np.log(market.mid_x2 * 0.5))


def _said(engine: Engine) -> float:
    market = engine.market
    blind = market.blind is not None
    return np.nan if blind else float(BPS * np.log(market.fair / (market.mid_x2 * 0.5)))


def _foreseen(engine: Engine) -> tuple[float, ...]:
    estimates = engine.market.estimates
    found = None if estimates is None else estimates.find(RegressionMicroprice)
    assert found is not None
    half, five = found.moves_bps
    return half, found.deviation_bps, five


def _judged(source: str, horizon_s: float, logs: Floats, said: Floats) -> FairAccuracy | None:
    steps, first = round(horizon_s * SAMPLES_PER_SECOND), WARMUP_SECONDS * SAMPLES_PER_SECOND
    last = len(logs) - round(HORIZONS_S[-1] * SAMPLES_PER_SECOND)
    if last <= first:
        return None
    move, forecast = logs[first + steps : last + steps] - logs[first:last], said[first:last]
    known = np.isfinite(move) & np.isfinite(forecast)
    move, forecast = np.where(known, move, 0.0), np.where(known, forecast, 0.0)
    sums = _by_block(np.stack([forecast * forecast, forecast * move, move * move]))
    drawn = _resampled(sums)
    enough = sums.shape[1] >= BLOCKS_MIN
    low, high = _between(_taken(drawn)) if enough else (None, None)
    whole = sums.sum(axis=1)
    slope = slope_low = slope_high = r_squared = None
    if whole[0] > 0.0 and whole[2] > 0.0:
        slope = float(whole[1] / whole[0])
        r_squared = float(whole[1] ** 2 / (whole[0] * whole[2]))
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = drawn[1] / drawn[0]
        if enough:
            slope_low, slope_high = _between(slopes[np.isfinite(slopes)])
    return FairAccuracy(
        source=source,
        horizon_s=horizon_s,
        moves=int(known.sum()),
        blocks=sums.shape[1],
        r_squared=r_squared,
        slope=slope,
        slope_low=slope_low,
        slope_high=slope_high,
        as_it_stands=float(_taken(whole)),
        as_it_stands_low=low,
        as_it_stands_high=high,
    )


def _between(drawn: Floats) -> tuple[float, float]:
    """Where 95 % of what was drawn lie."""
    low, high = np.percentile(drawn, [TAIL_PCT, 100 - TAIL_PCT]).tolist()
    return low, high


def _by_block(products: Floats) -> Floats:
    """Sums over blocks of BLOCK_SECONDS; what is left over belongs to the last one."""
    size = BLOCK_SECONDS * SAMPLES_PER_SECOND
    starts = np.arange(max(1, products.shape[1] // size)) * size
    sums: Floats = np.add.reduceat(products, starts, axis=1)
    return sums


def _resampled(sums: Floats) -> Floats:
    """The sums of as many blocks, drawn with replacement; equal sums have equal draws."""
    blocks = sums.shape[1]
    drawn = np.random.default_rng(0).integers(0, blocks, size=(RESAMPLES, blocks))
    totals: Floats = sums[:, drawn].sum(axis=2)
    return totals


def _taken(sums: Floats) -> Floats:
    """Share of the moves' variance that forecasts take away; 0 where nothing moved."""
    seen = np.where(sums[2] > 0.0, sums[2], 1.0)
    share: Floats = (2.0 * sums[1] - sums[0]) / seen
    return share

"""Figures out of a replay's log. Each is defined for readers in docs/reading-a-report.md."""

from fractions import Fraction
from itertools import pairwise

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.engine.estimates import levels_needed
from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, Value
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.research import replay_accounting
from market_maker.research.equity import equity_path, pnl_currency, traded_by_fill
from market_maker.research.funding import exact_text
from market_maker.research.inverse import money_of, moved, written
from market_maker.research.metrics import SAMPLES_MIN, RunMetrics, metrics
from market_maker.research.replay import ReplayLog, ReplayPlan
from market_maker.research.replay_accounting import Int64s, Markout, PnlSplit
from market_maker.research.result import (
    MarkoutFigures,
    PnlFigures,
    RecordingFacts,
    ReplayResult,
    RunSettings,
    plain,
)
from market_maker.research.timeline import (
    QuoteLine,
    QuotingFigures,
    Samples,
    quote_line,
    quoting_figures,
    weighted_sum,
)
from market_maker.research.venue_terms import milliseconds, venue_terms

SECONDS_PER_DAY = 86_400

HORIZONS_NS = tuple(Nanos(ms * NANOS_PER_MS) for ms in (500, 1_000, 5_000, 10_000, 30_000, 60_000))
"""Of the markout curve."""

_, _SECOND, _FIVE_SECONDS, _, _THIRTY_SECONDS, _ = HORIZONS_NS


class RunEnd(Struct, frozen=True, kw_only=True):
    """How the run ended. position: base currency, or contracts of an inverse one, signed, marked
    at `mid`, quote currency.
    open_orders: still resting at the last row; they count as neither filled nor cancelled.
    state: the pool's; reason: why."""

    position: str
    mid: str
    open_orders: int
    state: str
    reason: str


class Evaluation(Struct, frozen=True, kw_only=True, eq=False):
    """A run's figures, and the series a report draws. samples: at the run's turns, the last one
    at the end of the recording. metrics: of the equity once a second; None for a run of less
    than two seconds. traded: by all fills, in the currency of the PnL."""

    log: ReplayLog
    result: ReplayResult
    closing: RunEnd
    metrics: RunMetrics | None
    split: PnlSplit
    markouts: tuple[Markout, ...]
    line: QuoteLine
    samples: Samples
    traded: float

    @property
    def settings(self) -> RunSettings:
        """On which terms."""
        return self.result.settings


class _Mids(Struct, frozen=True, eq=False):
    """Twice the market's mid at the turns, once a second, at the end and after each fill by
    horizon."""

    turns: Int64s
    seconds: Int64s
    final: int
    later: dict[Nanos, Int64s]


class _Parts(Struct, frozen=True, eq=False):
    """What the result is made of."""

    log: ReplayLog
    mids: _Mids
    split: PnlSplit
    markouts: tuple[Markout, ...]
    samples: Samples
    figures: QuotingFigures


def evaluate(log: ReplayLog, wall_seconds: float) -> Evaluation:
    """Figures of a run that took `wall_seconds`, the only number here that is not repeatable.

    Asserts that the parts of the PnL add up, to the last unit, to what the engine's own books
    say: two computations that share nothing but the final mid. Funding that the recording holds
    then takes the place of what the engine booked, which is rounded to its units.
    """
    mids = _mids(log)
    samples = Samples(ts=_turns(log), mid_x2=mids.turns, clamp=log.clamp)
    line = quote_line(log.resting, log.plan.start)
    split = replay_accounting.split(log.fills, mids.final, log.books.holding().funding)
    assert split.net == log.books.net(mids.final), (split, log.snapshot)
    if log.funding is not None:
        split = msgspec.structs.replace(split, funding=Value(0))
    markouts = _markouts(log, mids)
    figures = quoting_figures(line, samples, log.plan.end)
    parts = _Parts(log, mids, split, markouts, samples, figures)
    return Evaluation(
        log=log,
        result=_charged(parts, _result(parts, wall_seconds)),
        metrics=_metrics(parts),
        closing=_closing(parts),
        split=split,
        markouts=markouts,
        line=line,
        samples=samples,
        traded=float(traded_by_fill(log).sum()),
    )


def _markouts(log: ReplayLog, mids: _Mids) -> tuple[Markout, ...]:
    fills, recording, end = log.fills, log.plan.recording, log.plan.end
    counted = replay_accounting.reached(fills, HORIZONS_NS, recording, end)
    return tuple(
        replay_accounting.markout(fills, horizon, mids.later[horizon], known)
        for horizon, known in zip(HORIZONS_NS, counted, strict=True)
    )


def _turns(log: ReplayLog) -> Int64s:
    # The closing turn comes after the data have ended.
    return np.minimum(log.turn_ts, log.plan.end)


def every_second(plan: ReplayPlan) -> Int64s:
    """Once a second, ending with the data."""
    return np.arange(plan.end, plan.start, -NANOS_PER_SECOND, dtype=np.int64)[::-1]


def _mids(log: ReplayLog) -> _Mids:
    """One pass over the recording for all the moments that matter."""
    end = log.plan.end
    parts = [_turns(log), every_second(log.plan), np.array([end], np.int64)]
    parts += [np.minimum(log.fills.ts + horizon, end) for horizon in HORIZONS_NS]
    times = np.concatenate(parts)
    order = np.argsort(times, kind="stable")
    mid_x2 = np.empty(len(times), np.int64)
    mid_x2[order] = mids_at(log.plan.recording, times[order])
    edges = np.cumsum([0, *(len(part) for part in parts)]).tolist()
    turns, seconds, final, *later = (mid_x2[low:high] for low, high in pairwise(edges))
    return _Mids(turns, seconds, int(final[0]), dict(zip(HORIZONS_NS, later, strict=True)))


def _net_uptime(log: ReplayLog, figures: QuotingFigures) -> float | None:
    """Of the time in which there were market data to quote on: what was quoted of the whole run,
    over what is left of it without the outages. Orders are pulled in those at once."""
    total = log.plan.end - log.plan.start
    heard = total - log.plan.recording.outage_ns
    if figures.uptime is None or heard <= 0:
        return None
    return min(figures.uptime * total / heard, 1.0)


def _result(parts: _Parts, wall_seconds: float) -> ReplayResult:
    log, fills, figures = parts.log, parts.log.fills, parts.figures
    recording, instrument = log.plan.recording, log.plan.recording.instrument
    means = {markout.horizon_ns: markout.mean for markout in parts.markouts}
    held = np.abs(np.cumsum(fills.signed_lots))
    return ReplayResult(
        **shared_fields(ReplayResult, log, but=("fills", "rejects")),
        symbol=instrument.symbol,
        events=recording.rows,
        duration_s=(log.plan.end - log.plan.start) / NANOS_PER_SECOND,
        events_per_second=recording.rows / wall_seconds,
        turns=len(log.turn_ts),
        fills=fills.count,
        volume=plain(log.plan.counted.quantity(fills.volume)),
        turnover=_money(instrument, fills.turnover),
        net_pnl=_money(instrument, parts.split.net),
        pnl=_pnl(parts),
        markout_bps=MarkoutFigures(
            one_second=means[_SECOND],
            five_seconds=means[_FIVE_SECONDS],
            thirty_seconds=means[_THIRTY_SECONDS],
        ),
        max_abs_position=plain(log.plan.counted.quantity(int(held.max(initial=0)))),
        mean_abs_position_ratio=_position_ratio(parts),
        quoting_uptime=figures.uptime,
        quoting_uptime_net=_net_uptime(log, figures),
        outage_s=recording.outage_ns / NANOS_PER_SECOND,
        mean_spread_bps=figures.mean_spread_bps,
        share_at_floor=figures.at_floor,
        share_at_ceiling=figures.at_ceiling,
        rejects=sum(count for _, count in log.rejects),
        cancels_per_fill=log.orders_cancelled / fills.count if fills.count else None,
        engine=log.ran_by.engine.value,
        engine_reason=log.ran_by.why,
        book_levels=_book_levels(log.plan),
        pnl_currency=pnl_currency(log.plan.counted),
        settings=_settings(log.plan),
    )


def _book_levels(plan: ReplayPlan) -> int:
    """How many levels a side quotes rest on, at most."""
    wanted = levels_needed(plan.config)
    return wanted if plan.recording.has_levels else min(wanted, 1)


def _charged(parts: _Parts, result: ReplayResult) -> ReplayResult:
    """With what the recording's payments of funding took or brought, a line of its own, and an
    inverse contract in its own money."""
    log = parts.log
    if log.plan.inverse is not None:
        return _in_contracts(parts, result, log.plan.inverse)
    if log.funding is None:
        return result
    charged = log.funding.total
    return msgspec.structs.replace(
        result,
        net_pnl=exact_text(Fraction(result.net_pnl) + charged),
        pnl=msgspec.structs.replace(result.pnl, funding=exact_text(charged)),
    )


def _in_contracts(parts: _Parts, result: ReplayResult, inverse: Instrument) -> ReplayResult:
    """Turnover by its contracts' value, PnL in base currency, exact."""
    log = parts.log
    plan, fills = log.plan, log.fills
    rate = plan.exchange.maker_rate
    money = money_of(inverse, fills, parts.mids.final, rate)
    charged = Fraction(0) if log.funding is None else log.funding.total

    def within(horizon: Nanos) -> str:
        return written(moved(inverse, fills, parts.mids.later[horizon]))

    return msgspec.structs.replace(
        result,
        turnover=written(money.turnover),
        net_pnl=written(money.net + charged),
        pnl=PnlFigures(
            spread=written(money.spread),
            adverse_1s=within(_SECOND),
            adverse_5s=within(_FIVE_SECONDS),
            adverse_30s=within(_THIRTY_SECONDS),
            inventory=written(money.inventory),
            fees=written(money.fees),
            funding=written(charged),
        ),
    )


def _pnl(parts: _Parts) -> PnlFigures:
    instrument, split, fills = parts.log.plan.recording.instrument, parts.split, parts.log.fills

    def within(horizon: Nanos) -> str:
        return _money(instrument, replay_accounting.adverse(fills, parts.mids.later[horizon]))

    return PnlFigures(
        spread=_money(instrument, split.spread),
        adverse_1s=within(_SECOND),
        adverse_5s=within(_FIVE_SECONDS),
        adverse_30s=within(_THIRTY_SECONDS),
        inventory=_money(instrument, split.inventory),
        fees=_money(instrument, split.fees),
        funding=_money(instrument, split.funding),
    )


def _metrics(parts: _Parts) -> RunMetrics | None:
    """Of the equity once a second; the first step, from nothing, may be a shorter one."""
    log, times = parts.log, every_second(parts.log.plan)
    if len(times) + 1 < SAMPLES_MIN:
        return None
    path = equity_path(log, times, parts.mids.seconds)
    equity = np.concatenate((np.zeros(1), path.net))
    return metrics(equity, float(traded_by_fill(log).sum()), SECONDS_PER_DAY)


def _position_ratio(parts: _Parts) -> float:
    """Mean of what the position is worth at the mid / max_pool_position_usdt, by time."""
    plan, samples = parts.log.plan, parts.samples
    held = np.abs(replay_accounting.positions_at(parts.log.fills, samples.ts))
    if plan.inverse is None:
        held, unit = held * samples.mid_x2, plan.counted.notional(1, 1) / 2  # half a tick x lot
    else:
        unit = plan.inverse.lot_size * plan.inverse.contract_value
    weight = np.diff(samples.ts)
    if not weight.sum():
        return 0.0
    mean = weighted_sum(held[:-1], weight) / float(weight.sum())
    return mean * float(unit / plan.config.max_pool_position_usdt)


def _closing(parts: _Parts) -> RunEnd:
    log = parts.log
    counted, seen = log.plan.counted, log.snapshot
    return RunEnd(
        position=plain(counted.quantity(seen.position)),
        mid=plain(counted.price(parts.mids.final) / 2),
        open_orders=log.unfinished,
        state=log.state,
        reason=log.state_reason,
    )


def _settings(plan: ReplayPlan) -> RunSettings:
    config: dict[str, object] = msgspec.to_builtins(plan.config)
    return RunSettings(
        config=config,
        step_ms=milliseconds(plan.step_ns),
        **shared_fields(RunSettings, venue_terms(plan.exchange)),
        seed=plan.seed,
        recording=_facts(plan.recording),
        lead=_facts(plan.lead) if plan.lead is not None else None,
    )


def _facts(recording: Recording) -> RecordingFacts:
    return RecordingFacts(**shared_fields(RecordingFacts, recording))


def _money(instrument: Instrument, value: Value) -> str:
    return plain(instrument.money(value))

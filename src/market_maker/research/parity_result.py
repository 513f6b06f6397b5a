"""What a parity run answers: the object of `--json`, of the table and of the page.

Every field is defined for readers in docs/reading-a-report.md.
"""

from collections.abc import Iterator
from fractions import Fraction

from msgspec import Struct

from market_maker.model.units import BPS, NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.research.equity import pnl_currency
from market_maker.research.live_stretch import Lived, LiveStretch
from market_maker.research.parity import (
    FILLS_MIN,
    MATCH_NS,
    REST,
    FillMatches,
    Parity,
    SeenLatency,
    SideOutcome,
)
from market_maker.research.result import MarkoutFigures, plain


class SideFigures(Struct, frozen=True, kw_only=True):
    """One side, from a flat start on. Money exact, in the PnL's currency; net is the sum of the
    four causes. fee_bps, per_turnover_bps: None without a fill."""

    fills: int
    turnover: str
    net_pnl: str
    spread: str
    inventory: str
    fees: str
    funding: str
    markout_bps: MarkoutFigures
    fee_bps: float | None
    per_turnover_bps: float | None


class PartFigures(Struct, frozen=True, kw_only=True):
    """One cause of the gap. assumed, seen: the term, in words."""

    cause: str
    pnl: str
    per_turnover_bps: float | None
    assumed: str
    seen: str


class LatencyFigures(Struct, frozen=True, kw_only=True):
    """Of acknowledged orders, ms, there and back; entry, response: the two ways of the median."""

    orders: int
    median_ms: float
    p90_ms: float
    entry_ms: float
    response_ms: float


class ParityResult(Struct, frozen=True, kw_only=True):
    """Live against simulation. simulated: on the terms assumed; as_seen: on all terms that were
    seen live. gap: live less simulated; the parts add up to it. held: the position of the
    beginning, and what it made: in neither side. limits: what the figures do not know."""

    symbol: str
    since: Nanos
    until: Nanos
    duration_s: float
    turns: int
    pnl_currency: str
    live: SideFigures
    simulated: SideFigures
    as_seen: SideFigures
    latency: LatencyFigures | None
    gap: str
    gap_per_turnover_bps: float | None
    parts: tuple[PartFigures, ...]
    matches: FillMatches
    held: str
    held_pnl: str
    decided: bool
    limits: tuple[str, ...]


def result_of(found: Lived, parity: Parity) -> ParityResult:
    """The figures of a comparison."""
    stretch, instrument = parity.stretch, parity.instrument
    recording = stretch.recording
    return ParityResult(
        symbol=instrument.symbol,
        since=recording.start,
        until=recording.end,
        duration_s=stretch.span / NANOS_PER_SECOND,
        turns=stretch.turns,
        pnl_currency=pnl_currency(instrument),
        live=_side(parity, parity.live),
        simulated=_side(parity, parity.simulated),
        as_seen=_side(parity, parity.as_seen),
        latency=None if parity.latency is None else _latency(parity.latency),
        gap=plain(instrument.money(parity.gap)),
        gap_per_turnover_bps=_bps(parity.gap_per_turnover),
        parts=tuple(
            PartFigures(
                cause=part.cause,
                pnl=plain(instrument.money(part.money)),
                per_turnover_bps=_bps(part.per_turnover),
                assumed=part.assumed,
                seen=part.seen,
            )
            for part in parity.parts
        ),
        matches=parity.matches,
        held=plain(instrument.quantity(stretch.held)),
        held_pnl=plain(instrument.money(parity.held_pnl)),
        decided=not parity.few,
        limits=tuple(_limits(found, parity)),
    )


def verdict(result: ParityResult) -> str:
    """The gap and its largest cause, in words."""
    live, simulated = result.live, result.simulated
    text = (
        f"Live made {live.net_pnl} {result.pnl_currency} in {live.fills} fills, the simulation "
        f"{simulated.net_pnl} in {simulated.fills}: a gap of {result.gap}."
    )
    largest = max(result.parts, key=lambda part: abs(float(part.pnl)))
    if float(largest.pnl):
        text += f" The largest part of it is {largest.cause}: {largest.pnl}."
    if not result.decided:
        text += f" Fewer than {FILLS_MIN} fills decide nothing."
    return text


def _side(parity: Parity, side: SideOutcome) -> SideFigures:
    instrument, parts = parity.instrument, side.split
    return SideFigures(
        fills=side.fills.count,
        turnover=plain(instrument.money(side.fills.turnover)),
        net_pnl=plain(instrument.money(parts.net)),
        spread=plain(instrument.money(parts.spread)),
        inventory=plain(instrument.money(parts.inventory)),
        fees=plain(instrument.money(parts.fees)),
        funding=plain(instrument.money(parts.funding)),
        markout_bps=MarkoutFigures(
            one_second=side.markouts[0].mean,
            five_seconds=side.markouts[1].mean,
            thirty_seconds=side.markouts[2].mean,
        ),
        fee_bps=_bps(side.fee_rate),
        per_turnover_bps=_bps(side.per_turnover),
    )


def _latency(latency: SeenLatency) -> LatencyFigures:
    return LatencyFigures(
        orders=latency.count,
        median_ms=latency.median / NANOS_PER_MS,
        p90_ms=latency.p90 / NANOS_PER_MS,
        entry_ms=latency.to_venue / NANOS_PER_MS,
        response_ms=latency.back / NANOS_PER_MS,
    )


def _bps(share: Fraction | None) -> float | None:
    return None if share is None else float(share) * BPS


def _limits(found: Lived, parity: Parity) -> Iterator[str]:
    stretch, instrument = parity.stretch, parity.instrument
    yield "The replay starts flat and without orders, with what the engine had learnt by then."
    if stretch.held:
        held = plain(instrument.quantity(stretch.held))
        made = plain(instrument.money(parity.held_pnl))
        yield f"Live began with a position of {held}; it made {made}, which is in neither side."
    if found.cuts:
        whys = ", ".join(dict.fromkeys(found.cuts))
        yield f"The span has {found.stretches} stretches, cut by {whys}: the longest is compared."
    yield from _of_the_market(stretch)
    if parity.latency is None:
        yield "No order was acknowledged in the span: its latency is not known."
    if parity.few:
        yield f"With fewer than {FILLS_MIN} fills on a side chance alone can make the gap."
    yield (
        f"Fills count as the same one at equal side and price within "
        f"{MATCH_NS / NANOS_PER_SECOND:g} s. What is in '{REST}' is everything that no single term "
        "explains: how our orders moved the market, the model of the queue, latencies that vary."
    )


def _of_the_market(stretch: LiveStretch) -> Iterator[str]:
    if not stretch.with_depth:
        yield "The feed has best prices only: nothing is known of the queue behind them."
    if stretch.shadow:
        yield "The pool was a shadow: its live orders were simulated as well."
    if stretch.recording.outage_ns:
        lost = stretch.recording.outage_ns / NANOS_PER_SECOND
        yield f"The book was lost for {lost:.1f} s of it; nothing is quoted in that time."
    if stretch.ahead:
        ahead = stretch.ahead / NANOS_PER_MS
        yield f"The venue's clock is ahead of ours: its stamps were set back by {ahead:.3f} ms."

"""What an import read and what it noticed."""

import numpy as np
from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.recording import Recording, RowKind
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.research.book_check import BookCheck
from market_maker.venues.recorded.clocks import CLOCK_STEP_NS, CaptureClock
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.outages import OUTAGE_NS, MarkedRows
from market_maker.venues.recorded.rows import ExpectedTop


class ImportReport(Struct, frozen=True):
    """What was read and what was noticed; the counts are those of counting.CaptureCounts.

    inferred: which of tick_size and lot_size were found from the data. crossed: messages after
    which best bid >= best ask. tops_compared, tops_agreed: best prices of another feed at the
    same sequence number as the book. rounded_prices: prices of levels (each counted once) that are
    none of the grid, left out. rounded_sizes: sizes (each counted once) between two lots, kept as
    the upper one. outages: silences after which the book began anew. clock_shift_ns: added to the
    recorder's stamps, at first. clock_steps: how often the recorder's clock was set anew.
    receipt_reversals: receipts that went back otherwise. span_s: first to last receipt, seconds.
    payments: of funding.
    remarks: what a reader of the recording should know.
    """

    format: str
    instrument: Instrument
    inferred: tuple[str, ...]
    lines: int
    messages: dict[str, int]
    left_out: dict[str, int]
    malformed: int
    malformed_samples: tuple[str, ...]
    stale_depth: int
    unusable_snapshots: int
    late_tickers: int
    duplicate_trades: int
    backlog_trades: int
    missing_trades: int
    receipt_reversals: int
    clock_steps: int
    mismatches: int
    rounded_prices: int
    rounded_sizes: int
    gaps: int
    outages: int
    crossed: int
    tops_compared: int
    tops_agreed: int
    clock_shift_ns: int
    span_s: float
    rows: int
    rows_by_kind: dict[str, int]
    payments: int
    remarks: tuple[str, ...]


_TRADES = np.array([RowKind.BUY_TRADE, RowKind.SELL_TRADE], dtype=np.uint8)
_BOOK = np.array(
    [RowKind.BID, RowKind.ASK, RowKind.BEST_BID, RowKind.BEST_ASK, RowKind.CLEAR], dtype=np.uint8
)


class Assembled(Struct, frozen=True, eq=False):
    """A recording with all that was found while it was made."""

    recording: Recording
    counts: CaptureCounts
    clock: CaptureClock
    inferred: tuple[str, ...]
    rounded_prices: int
    rounded_sizes: int
    expected: tuple[ExpectedTop, ...]
    outages: int


def report_of(format_name: str, made: Assembled, check: BookCheck) -> ImportReport:
    """The report of one import."""
    recording, counts = made.recording, made.counts
    by_kind = np.bincount(recording.kind, minlength=len(RowKind))
    return ImportReport(
        format=format_name,
        **shared_fields(ImportReport, recording, made),
        **shared_fields(ImportReport, counts, but=("left_out", "remarks")),
        messages=dict(counts.kinds),
        left_out=dict(counts.left_out),
        malformed_samples=tuple(counts.samples),
        receipt_reversals=made.clock.reversals,
        clock_steps=len(made.clock.pieces) - 1,
        crossed=check.crossed,
        tops_compared=check.compared,
        tops_agreed=check.agreed,
        span_s=(recording.end - recording.start) / NANOS_PER_SECOND,
        rows_by_kind={kind.name: int(by_kind[kind]) for kind in RowKind},
        payments=len(recording.funding),
    )


NOTHING_FILLS = "nothing fills by the queue, and kappa cannot be estimated"


def remarks_of(counts: CaptureCounts, clock: CaptureClock, marked: MarkedRows) -> tuple[str, ...]:
    """What a reader of the recording should know, one sentence each."""
    remarks = []
    trades, book = (marked.ts_recv[np.isin(marked.kind, kinds)] for kinds in (_TRADES, _BOOK))
    if not len(trades):
        remarks.append(f"no trades: {NOTHING_FILLS}")
    elif trades[-1] < book[0] or trades[0] > book[-1] + OUTAGE_NS:
        remarks.append(f"no trade falls into the time of the book: {NOTHING_FILLS}")
    if len(clock.pieces) > 1:
        steps = [
            f"{(piece.shift_ns - before.shift_ns) / NANOS_PER_SECOND:+.3f} s"
            for before, piece in zip(clock.pieces, clock.pieces[1:], strict=False)
        ]
        remarks.append(f"the recorder's clock was stepped: corrected by {', '.join(steps[:5])}")
    if clock.fastest >= CLOCK_STEP_NS:
        late = clock.fastest / NANOS_PER_SECOND
        remarks.append(
            f"no message arrived sooner than {late:,.3f} s after it happened: the recorder's clock "
            "was ahead of the venue's, or the feed that slow; quotes are decided that late"
        )
    if marked.outages:
        lasted = marked.silent_ns / NANOS_PER_SECOND
        remarks.append(f"{marked.outages} outages of the feed, {lasted:,.1f} s in all")
    for count, what in (
        (counts.gaps, "breaks of the sequence of depth messages"),
        (counts.duplicate_trades, "trades received twice"),
        (counts.missing_trades, "trades missing by their numbers"),
        (counts.malformed, "lines malformed and left out"),
        (clock.odd, "stamps far off those beside them, taken to be the one before"),
    ):
        if count:
            remarks.append(f"{count} {what}")
    return (*counts.remarks, *remarks)


def remarks_of_book(check: BookCheck) -> tuple[str, ...]:
    """What a reader should know of the book: that it crosses, or never has two sides."""
    remarks = []
    if check.crossed:
        remarks.append(f"{check.crossed} messages leave the book crossed: nothing is quoted then")
    if not check.usable:
        remarks.append("the book never has two sides that do not cross: nothing is ever quoted")
    return tuple(remarks)

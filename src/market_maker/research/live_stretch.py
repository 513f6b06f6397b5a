"""What a pool lived through, out of its journal: the market as a recording, and its own orders.

A stretch is a part of the journal in which turns follow one another without a gap, a restart or a
change of the configuration. It begins when the pool quotes on a book that it knows. The engine
is run along, for what it has learnt of the market by then.
"""

import difflib
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import TypeVar

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from market_maker.engine.book import Book, BookState
from market_maker.engine.engine import Engine
from market_maker.journaling.checkpoint import frozen_learnt, thawed
from market_maker.journaling.journal_files import began, read_segment, segments
from market_maker.model.actions import Place, RecordFill, RecordState, Turn
from market_maker.model.errors import InvalidFieldError, NotFoundError
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookLost,
    BookSnapshot,
    BookTop,
    Configured,
    Event,
    ExposureTold,
    FundingPaid,
    InstrumentStatus,
    LeadMoved,
    LimitsChanged,
    MarkPrice,
    Operated,
    Restored,
    Trade,
)
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import Nanos, OrderId
from market_maker.research.event_rows import EventRows
from market_maker.research.own_shown import OwnShown

Kind = TypeVar("Kind", bound=Event)

MARKET = (BookSnapshot, BookDelta, BookTop, Trade)
FACTS = (MarkPrice, LeadMoved, InstrumentStatus, LimitsChanged, ExposureTold, Operated)
"""What an engine takes beside market data, fills and funding, which a replay takes as it was."""

LATEST = (MarkPrice, LeadMoved, LimitsChanged, ExposureTold)
"""Facts whose last one before the beginning still holds then."""

WHOLE_BOOK = 1 << 30
"""Levels; more than any book has."""

BROKEN = (ArithmeticError, AssertionError, LookupError, TypeError, ValueError)
"""What an engine raises on a turn that broke it; it was recorded without actions."""

GAP = "a gap in the journal"
RESTART = "a restart of the pool"
CONFIGURED = "a change of the configuration"


class OrderDelay(Struct, frozen=True):
    """How long an order took. to_venue: by the venue's stamp; there_and_back: by our clock."""

    to_venue: Nanos
    there_and_back: Nanos


class LiveStretch(Struct, frozen=True, kw_only=True, eq=False):
    """recording: the market without our orders. moments: of all turns but the first row's. facts:
    other events, in order of receipt; funding: payments, each once. fills: as the engine recorded
    them. held: lots at the beginning; learnt: what the engine had learnt of
    the market then, frozen. turns: how many. placed: orders. ahead: by how much the
    venue's stamps were set back, so that nothing is received before it has happened. with_depth:
    whether the book had more than its best prices. shadow: the orders were in no real book."""

    recording: Recording
    config: PoolConfig
    moments: tuple[Nanos, ...]
    facts: tuple[Event, ...]
    funding: tuple[FundingPaid, ...]
    fills: tuple[RecordFill, ...]
    held: int
    learnt: bytes
    turns: int
    placed: int
    answered: tuple[OrderDelay, ...]
    ahead: Nanos
    with_depth: bool
    shadow: bool

    @property
    def span(self) -> int:
        """Nanoseconds."""
        return self.recording.end - self.recording.start


class Lived(Struct, frozen=True, eq=False):
    """longest: the stretch that is compared; stretches: how many there are; cuts: what ended each,
    in words, the last one not counted."""

    longest: LiveStretch
    stretches: int
    cuts: tuple[str, ...]


def lived(folder: Path, symbol: str, since: Nanos | None, until: Nanos | None) -> Lived:
    """The longest stretch of a pool between two moments. Raises NotFoundError where the journal has
    nothing of it, InvalidDataError where it is damaged or of another version of the program,
    InvalidFieldError for an inverse contract."""
    paths = segments(folder, symbol)
    if not paths:
        raise NotFoundError("journal", None, _where(folder, symbol))
    if until is not None:
        paths = [path for path in paths if began(path) <= until]
    if since is not None:
        first = max((n for n, path in enumerate(paths) if began(path) <= since), default=0)
        paths = paths[first:]
    reader = _Reader(since)
    for path in paths:
        _read(reader, path, until)
    reader.end("")
    if reader.longest is None:
        wanted = f"of {symbol} in which it quoted on a book that it knew, in the span asked for"
        raise NotFoundError("turn", None, wanted)
    return Lived(reader.longest, reader.stretches, tuple(reader.cuts[: reader.stretches - 1]))


def _where(folder: Path, symbol: str) -> str:
    names = sorted({path.parent.name for path in segments(folder)})
    if not names:
        return f"in {folder}"
    near = difflib.get_close_matches(symbol, names, n=3, cutoff=0.0)
    return f"of {symbol} in {folder}; the nearest names there: {', '.join(near)}"


def _read(reader: "_Reader", path: Path, until: Nanos | None) -> None:
    beginning, turns = read_segment(path)
    engine = thawed(beginning.checkpoint, str(path))
    if engine.instrument.contract is ContractKind.INVERSE:
        raise InvalidFieldError("symbol", engine.instrument.symbol, "of a linear contract")
    reader.segment(engine)
    for turn in turns:
        if until is not None and turn.now > until:
            return
        reader.turn(turn)


class _Reader:
    """Goes through turns in order; keeps the longest stretch."""

    def __init__(self, since: Nanos | None) -> None:
        self._since = since or 0
        self.longest: LiveStretch | None = None
        self.stretches = 0
        self.cuts: list[str] = []
        self._engine: Engine | None = None
        self._turns_next = -1
        self._book, self._own, self._own_in_feed = Book(), OwnShown(), True
        self._config: PoolConfig | None = None
        self._state, self._held = PoolState.PAUSED, 0
        self._funded_at = Nanos(0)
        self._latest: dict[type, Event] = {}
        self._open: _StretchMaking | None = None

    def segment(self, engine: Engine) -> None:
        """A checkpoint: the one that the turns so far have led to, or another after a gap."""
        if engine.tally.turns != self._turns_next:
            if self._turns_next >= 0:
                self.end(GAP if engine.tally.turns else RESTART)
            self._book = deepcopy(engine.market.book)
            self._own = OwnShown(engine.orders.slots.values())
            self._own_in_feed = engine.market.own_in_feed
            self._config, self._state = engine.config, engine.state
            self._held, self._latest = engine.accounts.pool.lots, {}
            self._turns_next = engine.tally.turns
        self._engine = engine

    def turn(self, turn: Turn) -> None:
        """Take in one turn."""
        self._turns_next += 1
        assert self._engine is not None
        for event in turn.events:
            self._event(turn.now, event)
        self._own.note(turn.events, turn.actions)
        for action in turn.actions:
            if isinstance(action, RecordState):
                self._state = action.state
            elif isinstance(action, RecordFill):
                self._fill(action)
        if self._open is not None:
            self._open.turn(turn)
        elif self._may_begin(turn.now):
            self._begin(turn)
        with suppress(*BROKEN):
            self._engine.turn(turn.now, turn.events)

    def _event(self, now: Nanos, event: Event) -> None:
        if isinstance(event, (*MARKET, BookLost)):
            applied = _applied(self._book, event)
            if self._open is not None and applied is not None:
                self._open.market(applied)
        elif isinstance(event, FundingPaid):
            self._fund(now, event)
        elif isinstance(event, Restored | Configured):
            self._begins_anew(event)
        elif isinstance(event, FACTS):
            self._latest[type(event)] = event
            if self._open is not None:
                self._open.facts.append(_received_at(event, now))

    def _begins_anew(self, event: Restored | Configured) -> None:
        if isinstance(event, Restored):
            self.end(RESTART)
            self._held, self._funded_at = event.pool.lots, event.funded_at
            return
        if event.config != self._config:
            self.end(CONFIGURED)
        self._config = event.config

    def _fund(self, now: Nanos, paid: FundingPaid) -> None:
        """A payment that is not newer than the last one is the same, repeated."""
        if paid.ts_event > self._funded_at:
            self._funded_at = paid.ts_event
            if self._open is not None:
                self._open.funding.append(_received_at(paid, now))

    def _fill(self, fill: RecordFill) -> None:
        lots = fill.side.sign * fill.size
        if self._open is not None and not self._open.takes(fill):
            self._open.held += lots
        self._held += lots

    def _may_begin(self, now: Nanos) -> bool:
        known = self._book.state is BookState.OK
        return now >= self._since and known and self._state is PoolState.ACTIVE

    def _begin(self, turn: Turn) -> None:
        assert self._engine is not None
        assert self._config is not None
        self._open = _StretchMaking(turn.now, self._engine.instrument, self._config, self._held)
        self._open.begin(self._book)
        self._open.learnt = frozen_learnt(self._engine)
        self._open.sent(turn)
        for kind in LATEST:
            if kind in self._latest:
                self._open.facts.append(_received_at(self._latest[kind], turn.now))

    def end(self, why: str) -> None:
        """Close the stretch that is open. why: in words, empty at the end of all turns."""
        done, self._open = self._open, None
        if done is None or not done.moments[1:]:
            return
        stretch = done.stretch(self._own if self._own_in_feed else None)
        self.stretches += 1
        self.cuts.append(why)
        if self.longest is None or stretch.span > self.longest.span:
            self.longest = stretch


def _applied(book: Book, event: Event) -> Event | None:
    """The event, if it changes the book; that the book is lost, if it breaks it."""
    match event:
        case BookSnapshot():
            book.snapshot(event)
        case BookTop():
            book.top(event)
        case BookLost():
            book.lost(event)
        case BookDelta():
            stale, before = book.stale_deltas, book.state
            book.delta(event)
            if book.state is BookState.GAPPED:
                lost = before is not BookState.GAPPED
                return BookLost(event.ts_recv, book.detail) if lost else None
            if book.stale_deltas > stale or (book.ts_event, book.ts_recv) != (
                event.ts_event,
                event.ts_recv,
            ):
                return None
        case _:
            pass
    return event


class _StretchMaking:
    """One stretch in the making."""

    def __init__(self, now: Nanos, instrument: Instrument, config: PoolConfig, held: int) -> None:
        self._instrument, self._config = instrument, config
        self.held = held
        self.learnt = b""
        self.moments = [now]
        self._rows = EventRows()
        self.facts: list[Event] = []
        self.funding: list[FundingPaid] = []
        self._fills: list[RecordFill] = []
        self._begins_event = Nanos(0)
        self._received = Nanos(0)
        self._placed: dict[OrderId, Nanos] = {}
        self._count = 0
        self._answered: list[OrderDelay] = []
        self._depth = False

    def begin(self, book: Book) -> None:
        """The book as it is in the first turn, received just before it."""
        received = Nanos(min(book.ts_recv, self.moments[0] - 1))
        self._begins_event = Nanos(book.ts_event - (book.ts_recv - received))
        stamps = self._begins_event, received
        bids, asks = book.depth(WHOLE_BOOK)
        self._depth = bool(bids and asks)
        best = (bids[:1], asks[:1])
        if self._depth:
            self._rows.add(BookSnapshot(*stamps, book.seq, bids, asks))
        if best != (((book.bid, book.bid_size),), ((book.ask, book.ask_size),)):
            top = BookTop(*stamps, book.bid, book.bid_size, book.ask, book.ask_size)
            self._rows.add(top)
        self._received = received

    def market(self, event: Event) -> None:
        """Market data; receipts never go back in a recording."""
        self._depth = self._depth or isinstance(event, BookSnapshot | BookDelta)
        self._received = max(self._received, event.ts_recv)
        self._rows.add(_received_at(event, self._received))

    def takes(self, fill: RecordFill) -> bool:
        """Whether a fill happened in the stretch, and not before it."""
        inside = fill.ts_event >= self._begins_event
        if inside:
            self._fills.append(fill)
        return inside

    def turn(self, turn: Turn) -> None:
        """One turn after the first; its market data and facts have been taken."""
        self.moments.append(turn.now)
        for event in turn.events:
            if isinstance(event, Accepted) and event.order_id in self._placed:
                sent = self._placed.pop(event.order_id)
                took = OrderDelay(Nanos(event.ts_event - sent), Nanos(event.ts_recv - sent))
                self._answered.append(took)
        self.sent(turn)

    def sent(self, turn: Turn) -> None:
        """What a turn sent."""
        for action in turn.actions:
            if isinstance(action, Place):
                self._placed[action.order_id] = turn.now
                self._count += 1

    def stretch(self, own: OwnShown | None) -> LiveStretch:
        """All of it. own: None where the feed does not show our orders."""
        self._rows.alive(max(self.moments[-1], self._received))
        recording = self._rows.recording(self._instrument, "the journal of the pool")
        recording, ahead = _set_back(recording if own is None else own.taken_out(recording))
        return LiveStretch(
            recording=recording,
            config=self._config,
            moments=tuple(now for now in self.moments if recording.start < now < recording.end),
            facts=tuple(self.facts),
            funding=tuple(self.funding),
            fills=tuple(_earlier(self._fills, ahead)),
            held=self.held,
            learnt=self.learnt,
            turns=len(self.moments),
            placed=self._count,
            answered=tuple(
                OrderDelay(Nanos(each.to_venue - ahead), each.there_and_back)
                for each in self._answered
            ),
            ahead=ahead,
            with_depth=self._depth,
            shadow=own is None,
        )


def _received_at(event: Kind, moment: Nanos) -> Kind:
    return replace(event, ts_recv=moment)


def _set_back(recording: Recording) -> tuple[Recording, Nanos]:
    """No row is received before it has happened."""
    ahead = max(0, int(np.max(recording.ts_event - recording.ts_recv)))
    if not ahead:
        return recording, Nanos(0)
    ts_event = recording.ts_event - ahead
    return replace(recording, ts_event=ts_event), Nanos(ahead)


def _earlier(fills: list[RecordFill], ahead: Nanos) -> Iterator[RecordFill]:
    for fill in sorted(fills, key=lambda fill: fill.ts_event):
        yield replace(fill, ts_event=Nanos(fill.ts_event - ahead))

"""Replay of the journal: does the engine still do what it did, and why did it do it?"""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.engine.snapshot import EngineSnapshot
from market_maker.journaling.checkpoint import thawed
from market_maker.journaling.journal_files import (
    SegmentEnd,
    began,
    end_of,
    read_segment,
    segments,
)
from market_maker.model.actions import Action, Cancel, Place, Turn
from market_maker.model.errors import InvalidDataError, NotFoundError
from market_maker.model.events import Event
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos

SENT_SHOWN = 3
"""Earlier turns that sent something, in an explanation."""


class TurnDifference(Struct, frozen=True):
    """A turn that came out otherwise. number: within its segment, from 0. failure: what the
    engine raised this time; empty if it did not."""

    number: int
    now: Nanos
    recorded: tuple[Action, ...]
    replayed: tuple[Action, ...]
    failure: str


class SegmentReplay(Struct, frozen=True):
    """One segment gone through. agreed: turns with equal actions; a turn on which the engine
    broke agrees if it breaks again. difference: the first; what comes after it proves nothing.
    end: how its file ends."""

    path: Path
    symbol: str
    build: str
    agreed: int
    difference: TurnDifference | None
    end: SegmentEnd


def replay_segment(path: Path) -> SegmentReplay:
    """Run the turns of a segment again, up to the first difference. Raises InvalidDataError."""
    # Read first: a segment that is being written grows.
    end = end_of(path)
    beginning, turns = read_segment(path)
    engine = thawed(beginning.checkpoint, str(path))
    agreed, difference = 0, None
    for turn in turns:
        difference = _compare(engine, agreed, turn)
        if difference is not None:
            break
        agreed += 1
    if end is SegmentEnd.CUT:
        # Unless it was being written at that very moment.
        end = end_of(path)
    return SegmentReplay(path, beginning.symbol, beginning.build, agreed, difference, end)


def _compare(engine: Engine, number: int, turn: Turn) -> TurnDifference | None:
    failure, replayed = "", tuple[Action, ...]()
    try:
        replayed = tuple(engine.turn(turn.now, turn.events))
    except (ArithmeticError, AssertionError, LookupError, TypeError, ValueError) as error:
        failure = f"{type(error).__name__}: {error}"
    # A turn that broke the engine was recorded without actions.
    if replayed == turn.actions and not (failure and turn.actions):
        return None
    return TurnDifference(number, turn.now, turn.actions, replayed, failure)


class Sent(Struct, frozen=True):
    """What a turn sent to the venue."""

    now: Nanos
    orders: tuple[Place | Cancel, ...]


class Explanation(Struct, frozen=True):
    """A turn in full. at: the last one until the moment that was asked for. events: what it
    took; before, after: the engine around it; wanted: prices per side and level that it wanted
    to quote after it, ticks, best first; sent: by it and by the turns before it, newest first."""

    instrument: Instrument
    config: PoolConfig
    at: Nanos
    events: tuple[Event, ...]
    before: EngineSnapshot
    after: EngineSnapshot
    wanted: tuple[tuple[int, ...], tuple[int, ...]]
    sent: tuple[Sent, ...]


def explain(folder: Path, symbol: str, moment: Nanos) -> Explanation:
    """What `symbol` did at `moment` and why. Raises NotFoundError where the journal does not
    reach, InvalidDataError where it is damaged or of another version of the program."""
    paths = [path for path in segments(folder, symbol) if began(path) <= moment]
    if not paths:
        raise NotFoundError("journal", None, f"of {symbol} that reaches back to {_utc(moment)}")
    path = paths[-1]
    beginning, turns = read_segment(path)
    engine = thawed(beginning.checkpoint, str(path))
    sent: deque[Sent] = deque(maxlen=SENT_SHOWN)
    # The engine is shown before and after the last turn, so the engine is kept one turn behind.
    last: Turn | None = None
    for turn in turns:
        if turn.now > moment:
            break
        if last is not None:
            _advance(engine, last, sent.appendleft, path)
        last = turn
    if last is None:
        raise NotFoundError("turn", None, f"of {symbol} in {path.name} until {_utc(moment)}")
    before = engine.snapshot()
    _advance(engine, last, sent.appendleft, path)
    bids, asks = engine.ladder.prices
    return Explanation(
        instrument=engine.instrument,
        config=engine.config,
        at=last.now,
        events=last.events,
        before=before,
        after=engine.snapshot(),
        wanted=(tuple(bids), tuple(asks)),
        sent=tuple(sent),
    )


def _advance(engine: Engine, turn: Turn, keep: Callable[[Sent], None], path: Path) -> None:
    actions = tuple(engine.turn(turn.now, turn.events))
    if actions != turn.actions:
        problem = f"the turn at {_utc(turn.now)} comes out otherwise today; see `audit replay`"
        raise InvalidDataError(str(path), problem)
    orders = tuple(action for action in actions if isinstance(action, Place | Cancel))
    if orders:
        keep(Sent(turn.now, orders))


def _utc(moment: Nanos) -> str:
    """As `explain --at` takes it."""
    seconds, nanos = divmod(moment, NANOS_PER_SECOND)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"

"""What a run amounts to so far: fills, volume, time quoting and why not."""

from collections import Counter, deque
from collections.abc import Iterable

from msgspec import Struct

from market_maker.engine.snapshot import EngineSnapshot
from market_maker.model.actions import Action, RecordFill
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_SECOND, Nanos, ParticipantId

TAPE_LENGTH = 200
HISTORY_LENGTH = 600
HISTORY_STEP = Nanos(NANOS_PER_SECOND // 4)


class Moment(Struct, frozen=True, gc=False):
    """One point of the history. fair_ticks: what we quoted around; position: lots."""

    now: Nanos
    fair_ticks: float
    position: int


class Tally:
    """Counts what the engine asks to be recorded, and how it spends its time.

    Times are nanoseconds. active: spent ACTIVE; quoting: ACTIVE with both sides on the book;
    reasons: ACTIVE, by side and reason. volume: ticks x lots.
    """

    def __init__(self) -> None:
        self.tape: deque[RecordFill] = deque(maxlen=TAPE_LENGTH)
        self.history: deque[Moment] = deque(maxlen=HISTORY_LENGTH)
        self.fills: Counter[ParticipantId] = Counter()
        self.volume: Counter[ParticipantId] = Counter()
        self.bought: Counter[ParticipantId] = Counter()
        self.reasons: Counter[tuple[Side, str]] = Counter()
        self.active = self.quoting = self.worst_position = 0
        self._before: EngineSnapshot | None = None

    def add(self, actions: Iterable[Action], snapshot: EngineSnapshot) -> None:
        """Take in one turn: what it asked, and the engine after it."""
        for action in actions:
            if isinstance(action, RecordFill):
                self._add_fill(action)
        if self._before is not None:
            self._add_span(self._before, Nanos(snapshot.now - self._before.now))
        self._before = snapshot
        self.worst_position = max(self.worst_position, abs(snapshot.position))
        self._add_moment(snapshot)

    def _add_fill(self, fill: RecordFill) -> None:
        self.tape.append(fill)
        self.fills[fill.member] += 1
        self.volume[fill.member] += fill.price * fill.size
        self.bought[fill.member] += fill.side.sign * fill.size

    def _add_span(self, then: EngineSnapshot, span: Nanos) -> None:
        if then.state is not PoolState.ACTIVE:
            return
        self.active += span
        self.quoting += span if then.bid.quoting and then.ask.quoting else 0
        self.reasons[Side.BUY, then.bid.reason.value] += span
        self.reasons[Side.SELL, then.ask.reason.value] += span

    def _add_moment(self, snapshot: EngineSnapshot) -> None:
        due = not self.history or snapshot.now - self.history[-1].now >= HISTORY_STEP
        if due and snapshot.fair_ticks:
            self.history.append(Moment(snapshot.now, snapshot.fair_ticks, int(snapshot.position)))

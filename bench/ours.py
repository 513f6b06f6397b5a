"""The real engine over the replay venue."""

import gc
import time
from collections.abc import Sequence
from typing import Any

from bench.strategy import CONFIG, STEP_NS, settings
from market_maker.engine.engine import Engine
from market_maker.model.actions import Action, Cancel, Place
from market_maker.model.events import Operated
from market_maker.model.lifecycle import Command
from market_maker.model.recording import Recording
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import RecordedExchange


class Run:
    """One backtest: `steps` steps of STEP_NS from `start`. turn_ns: of every turn, if asked for."""

    def __init__(self, recordings: Sequence[Recording], start: int, *, partial_fills: bool) -> None:
        self.exchange = RecordedExchange(recordings, settings(partial_fills=partial_fills))
        self.engines = [Engine(recording.instrument, CONFIG) for recording in recordings]
        self.now = Nanos(start)
        self.submits = self.cancels = 0
        self.turn_ns: list[int] = []
        for engine in self.engines:
            engine.turn(self.now, [Operated(self.now, Command.ENABLE, "bench", "")])

    def steps(self, count: int) -> None:
        exchange, events = self.exchange, self.exchange.events
        turns = [(index, engine.turn) for index, engine in enumerate(self.engines)]
        for _ in range(count):
            self.now = now = Nanos(self.now + STEP_NS)
            exchange.advance(now)
            for index, turn in turns:
                for action in turn(now, events(index)):
                    self._send(index, now, action)

    def timed_steps(self, count: int) -> None:
        """The same with a stop watch around every turn."""
        clock, spent = time.perf_counter_ns, self.turn_ns
        for _ in range(count):
            self.now = now = Nanos(self.now + STEP_NS)
            self.exchange.advance(now)
            for index, engine in enumerate(self.engines):
                events = self.exchange.events(index)
                before = clock()
                actions = engine.turn(now, events)
                spent.append(clock() - before)
                for action in actions:
                    self._send(index, now, action)

    def _send(self, index: int, now: Nanos, action: Action) -> None:
        if type(action) is Place:
            self.submits += 1
            self.exchange.place(index, now, action)
        elif type(action) is Cancel:
            self.cancels += 1
            self.exchange.cancel(index, now, action.order_id)

    def outcome(self) -> dict[str, Any]:
        """What both engines must agree on; position in lots by symbol."""
        return {
            "submits": self.submits,
            "cancels": self.cancels,
            "fills": sum(engine.tally.fills for engine in self.engines),
            "position": [engine.accounts.pool.lots for engine in self.engines],
        }


def backtest(
    recordings: Sequence[Recording], start: int, steps: int, *, partial_fills: bool = False
) -> tuple[float, dict[str, Any]]:
    """(CPU seconds, outcome); what can be loaded is loaded before the clock starts."""
    run = Run(recordings, start, partial_fills=partial_fills)
    gc.collect()
    before = time.process_time()
    run.steps(steps)
    return time.process_time() - before, run.outcome()

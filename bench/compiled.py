"""The engine's decision in the compiled kernel, over the replay venue: what `replay` runs."""

import gc
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from bench.strategy import CONFIG, LATENCY_NS, STEP_NS, settings
from market_maker.decision_kernel.decision_layout import DONE
from market_maker.decision_kernel.decision_state import DecisionState
from market_maker.decision_kernel.scope import why_not_compiled
from market_maker.decision_kernel.stepping import make_steps
from market_maker.engine.engine import Engine
from market_maker.model.events import Operated
from market_maker.model.lifecycle import Command
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import RecordedExchange


def backtest(
    recordings: Sequence[Recording],
    start: int,
    steps: int,
    *,
    partial_fills: bool = False,
    config: PoolConfig = CONFIG,
) -> tuple[float, dict[str, Any]]:
    """(CPU seconds, outcome); what can be loaded is loaded before the clock starts. The log of
    actions, from which the state hash is made, is written and kept as a table; it is not made into
    actions."""
    exchange = RecordedExchange(recordings, settings(partial_fills=partial_fills))
    moments = np.arange(1, steps + 1, dtype=np.int64) * STEP_NS + start
    states = []
    for index, recording in enumerate(recordings):
        ladder = exchange.windows[index]
        engine = Engine(recording.instrument, config, own_in_feed=False)
        now = Nanos(start)
        engine.turn(now, [Operated(now, Command.ENABLE, "bench", "")])
        highest = ladder.low + ladder.width
        reason = why_not_compiled(engine, highest, 0)
        assert reason is None, reason
        shown = partial(exchange.received, index)
        states.append(DecisionState(engine, moments, LATENCY_NS, 0, shown=shown))
        states[-1].root["highest"] = highest
    log: list[Any] = []
    gc.collect()
    before = time.process_time()
    for index, state in enumerate(states):
        keep = partial(_keep, log, state)
        assert make_steps(exchange.state, index, state, keep) == DONE
        keep()
    spent = time.process_time() - before
    return spent, {
        "submits": sum(int(state.root["placed"]) for state in states),
        "cancels": sum(int(state.root["cancelled"]) for state in states),
        "fills": sum(int(state.root["fills"]) for state in states),
        "position": [int(state.part("pool")["lots"]) for state in states],
    }


def _keep(log: list[Any], state: DecisionState) -> None:
    log.append(state.take_entries())

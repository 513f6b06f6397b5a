"""Calling the kernel until a symbol has made its steps, and what it asks for in between."""

from collections.abc import Callable

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.decision_state import DecisionState
from market_maker.decision_kernel.run_kernels import run
from market_maker.replay_venue.replay_state import ReplayState

_ENDS = (layouts.DONE, layouts.HALTS, layouts.TOO_LARGE)


def make_steps(
    venue: ReplayState,
    index: int,
    state: DecisionState,
    empty_log: Callable[[], object],
) -> int:
    """Let the kernel make the steps of the symbol `index`. empty_log: takes what was put down
    (DecisionState.take_log). Returns DONE after the last step, HALTS within one that a guard ends,
    or TOO_LARGE before one whose products are beyond 64 bits."""
    works_out = {
        layouts.WANTS_RINGS: lambda: venue.grow_rings(index),
        layouts.WANTS_FIT: state.fit,
        layouts.WANTS_SAMPLE: state.sample,
        layouts.WANTS_LINE: state.line,
        layouts.WANTS_TARGET: state.target,
        layouts.WANTS_SPLIT: state.split,
    }
    while (came := run(venue.address, state.address, index)) not in _ENDS:
        if came != layouts.WANTS_ROOM:
            works_out[came]()
        elif state.root["log_count"]:
            empty_log()
        else:
            state.grow_log()
    return came

"""Estimates that go with a symbol from one worker to another: its successor need not warm up.

They say of which program, instrument and configuration they are, and from when. The successor uses
them only where all of that is its own and they are fresh; otherwise it begins with none.
"""

import hashlib

import msgspec

from market_maker.api.health import build
from market_maker.engine.learnt import Learnt
from market_maker.execution.pool_runner import PoolRunner
from market_maker.execution.recovery import PoolStart
from market_maker.journaling.checkpoint import thawed_learnt
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.worker_wire import HandedEstimates

AGE_MAX = Nanos(10 * NANOS_PER_SECOND)
"""Older ones are not used: a planned move is over long before, and what the market did in a longer
silence is not known."""


def basis_of(instrument: Instrument, config: PoolConfig) -> str:
    """A digest of everything that the meaning of estimates depends on. Who the members are is no
    part of it, nor the number of the configuration's version."""
    alone = msgspec.structs.replace(config, members=(), version=1)
    content = msgspec.json.encode((build().fingerprint, instrument, alone))
    return hashlib.sha256(content).hexdigest()


def handed(runner: PoolRunner, now: Nanos) -> HandedEstimates | None:
    """What the engine of a runner has learnt; None while it does not see its market."""
    learnt = runner.learnt()
    if learnt is None:
        return None
    return HandedEstimates(basis_of(runner.instrument, runner.config), now, learnt)


def taken(
    handed: HandedEstimates | None, start: PoolStart, now: Nanos
) -> tuple[Learnt | None, str]:
    """What the engine of `start` begins with, and why with nothing, in words; empty where it begins
    with what was handed over. Raises InvalidDataError where that cannot be read."""
    if handed is None:
        return None, "there are none"
    if handed.basis != basis_of(start.instrument, start.config):
        return None, "they are of another configuration or program"
    age = now - handed.at
    if not 0 <= age <= AGE_MAX:
        return None, f"they are {age / NANOS_PER_SECOND:.1f} s old"
    return thawed_learnt(handed.learnt, f"estimates of {start.instrument.symbol}"), ""

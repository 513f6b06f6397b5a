"""When a replayed engine is woken: on a grid of steps, or when that of a session that ran was."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from msgspec import Struct

from market_maker.engine.engine import Engine
from market_maker.journaling.checkpoint import thawed_learnt
from market_maker.model.events import Event
from market_maker.model.pool import PoolConfig
from market_maker.model.recording import Recording
from market_maker.model.units import Nanos

NEVER = Nanos(2**63 - 1)
"""After every moment that a stamp can name."""


class SessionCourse(Struct, frozen=True):
    """What a session went through beside what a recording holds. moments: when its engine was
    woken; after the start, before the end. facts: other events it took, such as mark prices and
    funding. Both in order, on the recording's clock. learnt: what it had learnt of the market
    before, frozen; empty where it began with nothing."""

    moments: tuple[Nanos, ...]
    facts: tuple[Event, ...] = ()
    learnt: bytes = b""

    def teach(self, engine: Engine) -> None:
        """Before the first market data. Raises InvalidDataError for what is not ours."""
        if self.learnt:
            engine.market.take_up(thawed_learnt(self.learnt, "what the session had learnt"))


class FactReader:
    """Facts in order of receipt, each once."""

    def __init__(self, facts: tuple[Event, ...] = ()) -> None:
        self._facts, self._next = facts, 0

    @property
    def next_at(self) -> Nanos:
        """When the next one is received; after all time without one."""
        left = self._next < len(self._facts)
        return self._facts[self._next].ts_recv if left else NEVER

    def until(self, now: Nanos) -> list[Event]:
        """What was received by `now` since the last call."""
        first = self._next
        while self._next < len(self._facts) and self._facts[self._next].ts_recv <= now:
            self._next += 1
        return list(self._facts[first : self._next])


class GridPlan(Protocol):
    """What a ReplayPlan says of when its engine is woken."""

    @property
    def recording(self) -> Recording: ...
    @property
    def lead(self) -> Recording | None: ...
    @property
    def config(self) -> PoolConfig: ...
    @property
    def step_ns(self) -> Nanos: ...
    @property
    def end(self) -> Nanos: ...


def on_a_grid(plan: GridPlan, latency: Nanos) -> Iterator[Nanos]:
    """Moments after the start and before the end. latency: of market data, on top of that in the
    recordings. A pool that reacts is also woken whenever market data arrive, the leader's too,
    which then begin the grid anew."""
    recording, step, end = plan.recording, plan.step_ns, plan.end
    now = Nanos(recording.start + latency)
    if plan.config.react:
        stamps = recording.ts_recv
        if plan.lead is not None:
            stamps = np.concatenate((stamps, plan.lead.ts_recv))
        received = np.unique(stamps) + latency
        for moment in received[(received > now) & (received < end)].tolist():
            while now + step < moment:
                now = Nanos(now + step)
                yield now
            now = Nanos(moment)
            yield now
    yield from map(Nanos, range(now + step, end, step))

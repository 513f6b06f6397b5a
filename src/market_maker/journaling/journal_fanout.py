"""Passes the turns of an engine to several journals, in the place of one."""

from market_maker.engine.engine import Engine
from market_maker.model.actions import Turn
from market_maker.ports import Journal
from market_maker.telemetry.measures import PoolMeasures


class JournalFanout:
    """ports.Journal: passes every turn on, and attaches the pool's stopwatch to each new engine.
    first: is asked first, so that what it keeps is not lost to a failure of the others."""

    def __init__(self, measures: PoolMeasures, first: Journal, *others: Journal) -> None:
        self._measures, self._journals = measures, (first, *others)

    def begin(self, engine: Engine) -> None:
        engine.reconciler.stopwatch = self._measures
        for journal in self._journals:
            journal.begin(engine)

    def append(self, turn: Turn) -> None:
        self._measures.has_turned = True
        for journal in self._journals:
            journal.append(turn)

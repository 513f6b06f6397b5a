"""How many connections were made and given up, and a line in the log of those that ended before
their time."""

from collections import Counter

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock
from market_maker.ports.connections import GivenUp
from market_maker.telemetry import names
from market_maker.telemetry.logging import Logger
from market_maker.telemetry.page import MetricsPage

SAID_EVERY = Nanos(60 * NANOS_PER_SECOND)
"""The log says of the same end and reason no more often that connections are given up."""

UNSAID = (GivenUp.IDLE, GivenUp.LEFT)
"""Reasons of our own: they are counted."""


class ConnectionTally:
    """ports.connections.ConnectionWatch. made_to: by what is at the other end; given_up_to: by that
    and the reason."""

    def __init__(self, clock: Clock, log: Logger) -> None:
        self._clock, self._log = clock, log
        self._said: dict[tuple[str, GivenUp], Nanos] = {}
        self.made_to: Counter[str] = Counter()
        self.given_up_to: Counter[tuple[str, GivenUp]] = Counter()

    def made(self, to: str) -> None:
        self.made_to[to] += 1

    def given_up(self, to: str, why: GivenUp, problem: str = "") -> None:
        self.given_up_to[to, why] += 1
        now = self._clock.now()
        if why in UNSAID or now - self._said.get((to, why), -SAID_EVERY) < SAID_EVERY:
            return
        self._said[to, why] = now
        # What cannot be read is a fault of ours, or not the server that it should be.
        say = self._log.warning if why is GivenUp.UNREADABLE else self._log.info
        count = self.given_up_to[to, why]
        say("connection given up", to=to, why=why, problem=problem, count=count)

    def add_to(self, page: MetricsPage) -> None:
        """The samples, as they are now."""
        for to, count in sorted(self.made_to.items()):
            page.add(names.CONNECTIONS_MADE, count, to)
        for (to, why), count in sorted(self.given_up_to.items()):
            page.add(names.CONNECTIONS_GIVEN_UP, count, to, why)

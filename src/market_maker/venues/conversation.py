"""Whether a venue answers: the last exchange of words on each of its channels.

A channel is one kind of question (requests, the stream of one symbol). It fails when the venue
refuses, does not answer in time or says what cannot be read, and is well again with the next word.
Readiness follows this and nothing older.
"""

import re

from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.ports import Clock

SILENCE_MAX = Nanos(NANOS_PER_SECOND)
"""A channel that failed and received nothing for so long is broken: what is in flight is in
doubt."""

REQUESTS = "requests"

_AGE = re.compile(r"(?<=no good answer for )[\d.]+(?= s)")


def ageless(problem: str) -> str:
    """A problem without how long it has lasted: what several processes that ask the same venue have
    in common."""
    return _AGE.sub("…", problem)


class Conversation:
    """With one venue, by all of its connections. venue: its name, for people. clock: None where
    no age is reported."""

    def __init__(self, venue: str, clock: Clock | None = None) -> None:
        self._venue, self._clock = venue, clock
        self._heard: dict[str, Nanos] = {}
        self._problems: dict[str, str] = {}

    def heard(self, channel: str) -> None:
        """The venue said something on a channel."""
        self._heard[channel] = self._now()
        if self._problems:
            self._problems.pop(channel, None)

    def failed(self, channel: str, problem: str) -> None:
        """A question on a channel came to nothing."""
        self._problems[channel] = problem

    def closed(self, channel: str) -> None:
        """Nothing more is said on a channel."""
        self._heard.pop(channel, None)
        self._problems.pop(channel, None)

    @property
    def problem(self) -> str:
        """What does not answer, and why; empty while everything does."""
        if not self._problems:
            return ""
        channel, problem = next(iter(self._problems.items()))
        heard = self._heard.get(channel)
        since = "no good answer yet"
        if heard is not None:
            since = f"no good answer for {self._age(heard):.1f} s"
        return f"{self._venue}: {channel}: {since}: {problem}"

    @property
    def is_broken(self) -> bool:
        """Whether requests fail, and nothing was received for a while."""
        if REQUESTS not in self._problems:
            return False
        heard = self._heard.get(REQUESTS)
        return heard is None or self._now() - heard >= SILENCE_MAX

    def _age(self, heard: Nanos) -> float:
        return (self._now() - heard) / NANOS_PER_SECOND

    def _now(self) -> Nanos:
        return Nanos(0) if self._clock is None else self._clock.now()

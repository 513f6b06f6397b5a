"""Liquidation cascades: large aggressive orders that follow one another (math section 3.6)."""

import math

from market_maker.model.units import NANOS_PER_SECOND, Nanos

RATIO_MAX = 20.0
"""Times the usual intensity at which severity is 1."""

LARGE = 5.0
"""Times the mean size from which an aggressive order counts: venues seldom mark
liquidations, and a liquidation is one that sweeps."""

MARK_MAX = 10.0
"""One order counts as at most so many large ones: alone it may pull quotes, and never kill."""

DECAY_PER_S = 0.1
BRANCHING = 1.0 / 3.0
"""The ratio is then 1 + half of how much more often than usual large orders have come in the last
ten seconds: usual 1.5 (severity 0.14), three times as often 2.5 (0.3), 32 times 17 (0.95)."""
BASE_MIN_PER_S = 0.05
"""Usual large orders are at least one in 20 s: in a quiet market a single one is no cascade."""

MEAN_TRADES = 5_000.0
"""The mean size remembers about as many aggressive orders."""

USUAL_HALF_LIFE_MINUTES = 60.0
"""Of what is usual, which learns a minute when it is over: a cascade does not at once become its
own yardstick."""

READY_ORDERS = 50
READY_MINUTES = 2
"""Before that the usual rate is unknown."""

_SECONDS_PER_MINUTE = 60.0


def severity_of(ratio: float, ratio_max: float = RATIO_MAX) -> float:
    """ln(ratio)/ln(ratio_max), within 0 to 1. ratio: intensity over the usual one, > 0."""
    return min(max(math.log(ratio) / math.log(ratio_max), 0.0), 1.0)


class MarkedHawkes:
    """lambda = mu + S; S decays with beta and jumps by alpha x mark at an event, in O(1).

    base: mu. jump: alpha per mark of 1. decay: beta. All 1/s.
    """

    __slots__ = ("_at", "_excited", "base", "decay", "jump")

    def __init__(self, base: float, jump: float, decay: float) -> None:
        self.base, self.jump, self.decay = base, jump, decay
        self._excited = self._at = 0.0

    def event(self, seconds: float, mark: float) -> None:
        """One of size `mark` (>= 0) at `seconds`."""
        self._calm(seconds)
        self._excited += self.jump * mark

    def intensity(self, seconds: float) -> float:
        """At `seconds`, 1/s. Time that goes back counts as no time."""
        self._calm(seconds)
        return self.base + self._excited

    def _calm(self, seconds: float) -> None:
        if seconds > self._at:
            self._excited *= math.exp(-self.decay * (seconds - self._at))
            self._at = seconds


class CascadeSeverity:
    """Severity from aggressive orders of at least LARGE mean sizes, marked with their size over
    that. What is usual is their own mean rate over the last hours, and at least BASE_MIN_PER_S.

    An aggressive order is all trades of one side with one stamp of the venue. value: 0 to 1, as of
    the last moment fed; None until it is ready. count: aggressive orders. large:
    those that counted. ready: after READY_ORDERS and READY_MINUTES. Moments that go back count as
    the last one.
    """

    __slots__ = (
        "_first",
        "_key",
        "_lots",
        "_marks",
        "_mean",
        "_minute",
        "_model",
        "_rate",
        "_ts",
        "_weight",
        "count",
        "large",
        "value",
    )
    unit = "0 to 1"

    def __init__(self) -> None:
        self.value: float | None = None
        self.count = self.large = 0
        self._model = MarkedHawkes(BASE_MIN_PER_S, BRANCHING * DECAY_PER_S, DECAY_PER_S)
        self._mean = self._rate = self._weight = self._marks = 0.0
        self._key: tuple[int, int] | None = None
        self._lots = self._ts = self._first = self._minute = 0

    @property
    def ready(self) -> bool:
        """When the mean size, and what is usual, are known well enough."""
        return self.count >= READY_ORDERS and self._minute >= READY_MINUTES

    def trade(self, ts: Nanos, order: tuple[int, int], lots: int) -> None:
        """A trade; `order`, the venue's stamp and the side, separates one aggressive order from
        the next. Trades without size are ignored."""
        if lots <= 0:
            return
        if order == self._key:
            self._lots += lots
            return
        self._flush()
        self._key, self._lots = order, lots
        self._ts = max(self._ts, ts)

    def at(self, ts: Nanos) -> None:
        """It is `ts`: judge what has happened by then."""
        self._flush()
        self._ts = max(self._ts, ts)
        seconds = self._seconds()
        self._age(seconds)
        if self.ready:
            model = self._model
            model.base = max(BASE_MIN_PER_S, self._usual() * (1.0 - BRANCHING))
            self.value = severity_of(model.intensity(seconds) / model.base)

    def _flush(self) -> None:
        """The last aggressive order is complete."""
        lots = self._lots
        if not lots:
            return
        self._lots = 0
        self._key = None
        if not self.count:
            self._first = self._ts
        self.count += 1
        counted: float = lots
        if self.count > READY_ORDERS:
            large = LARGE * self._mean
            if lots >= large:
                self._note(min(lots / large, MARK_MAX))
                counted = large  # one enormous order must not make the next ones count as small
        remembered = min(MEAN_TRADES, self.count)
        self._mean += (counted - self._mean) / remembered

    def _note(self, mark: float) -> None:
        self.large += 1
        seconds = self._seconds()
        self._age(seconds)
        self._model.event(seconds, mark)
        self._marks += mark

    def _usual(self) -> float:
        """Marks per second in the long run."""
        return self._rate / self._weight if self._weight else 0.0

    def _seconds(self) -> float:
        """Since the first order."""
        return (self._ts - self._first) / NANOS_PER_SECOND if self.count else 0.0

    def _age(self, seconds: float) -> None:
        """Learn the minutes that are over; all but the first of them were empty."""
        minutes = int(seconds / _SECONDS_PER_MINUTE) - self._minute
        if minutes > 0:
            self._minute += minutes
            kept = 0.5 ** (1.0 / USUAL_HALF_LIFE_MINUTES)
            empty = kept ** (minutes - 1)
            rate = self._marks / _SECONDS_PER_MINUTE
            self._rate = (self._rate * kept + rate * (1.0 - kept)) * empty
            self._weight = 1.0 - (1.0 - self._weight) * kept * empty
            self._marks = 0.0

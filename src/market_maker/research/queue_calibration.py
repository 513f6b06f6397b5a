"""How far a queue model is from the truth, on data that say whose order was cancelled.

Every order of a market-by-order capture that joins a queue is a probe: what stood before it is
known event by event, and a model gets the sizes alone, as a replay does. The exponent of the
power model whose fronts are nearest to the true ones is the calibrated one; its error stands beside
it.
"""

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from msgspec import Struct

from market_maker.estimators.queue_position import QueuePosition

EXPONENTS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 6.0)
"""That are tried; between the best one and its neighbours a parabola has the least error."""

AT_THE_FRONT = 0.5
"""Lots before an order that is at the head of its queue."""

RESAMPLES = 500


class QueueMessage(Struct, frozen=True):
    """One event at one price of one side. added, cancelled, traded: lots of the order `order_id`,
    one of them above 0. displayed: lots at the price after it."""

    level: tuple[int, int]
    order_id: int
    added: int
    cancelled: int
    traded: int
    displayed: int


class ProbeStep(Struct, frozen=True):
    """What a probe saw: displayed lots of others before and after, what traded, and what truly
    stood before it afterwards."""

    before: int
    after: int
    traded: int
    front: int


class Probe(Struct, frozen=True):
    """An order from when it joined a queue until it was gone or reached the head. ahead: lots
    before it at first, > 0."""

    ahead: int
    steps: tuple[ProbeStep, ...]

    @property
    def arrived(self) -> int | None:
        """The step at which nothing stood before it any more."""
        return next((i for i, step in enumerate(self.steps) if step.front <= 0), None)


class QueueModelError(Struct, frozen=True):
    """exponent: None for the pessimistic model. probes, arrivals: how many there were. found: share
    of arrivals that the model saw. early: of those found, before they were true. false: of probes
    that never arrived. front: mean distance of fronts, as a share of what stood before the probe at
    first; front_error: its standard error over probes. bias: the same with its sign, > 0 where
    the model stands further back."""

    exponent: float | None
    probes: int
    arrivals: int
    found: float
    early: float
    false: float
    front: float
    front_error: float
    bias: float


def probes_of(messages: Iterable[QueueMessage]) -> list[Probe]:
    """Every order that joined a queue within the messages. What was displayed before the first of
    them stands before all that came since."""
    book: dict[tuple[int, int], _Queue] = {}
    done: list[Probe] = []
    for message in messages:
        queue = book.get(message.level)
        if queue is None:
            moved = message.added - message.cancelled - message.traded
            queue = book[message.level] = _Queue(max(message.displayed - moved, 0))
        done += queue.take(message)
    for queue in book.values():
        done += queue.finished()
    return [probe for probe in done if probe.ahead > 0 and probe.steps]


class _Queue:
    """One price of one side. unknown: lots of orders from before the first message."""

    def __init__(self, unknown: int) -> None:
        self.unknown = self.displayed = unknown
        self.orders: dict[int, int] = {}  # lots by order, in the order in which they came
        self._watched: dict[int, _Watched] = {}

    def take(self, message: QueueMessage) -> Iterator[Probe]:
        """Bring the queue up; the probes that end with it."""
        gone = message.cancelled + message.traded
        for order_id, watched in self._watched.items():
            own = order_id == message.order_id
            if not own:
                before = message.order_id not in self.orders or watched.is_behind(message.order_id)
                ahead = gone if before and not message.added else 0
                watched.see(self.displayed, message, ahead)
        if message.added:
            ahead = self.unknown + sum(self.orders.values())
            self._watched[message.order_id] = _Watched(ahead, message.added, set(self.orders))
            self.orders[message.order_id] = message.added
        elif message.order_id in self.orders:
            self.orders[message.order_id] -= gone
            if self.orders[message.order_id] <= 0:
                del self.orders[message.order_id]
        else:
            self.unknown = max(self.unknown - gone, 0)
        self.displayed = message.displayed
        ended = [
            order_id
            for order_id, watched in self._watched.items()
            if watched.front <= 0 or (order_id == message.order_id and not message.added)
        ]
        for order_id in ended:
            yield self._watched.pop(order_id).probe()

    def finished(self) -> Iterator[Probe]:
        """Those that were still waiting at the end."""
        return (watched.probe() for watched in self._watched.values())


class _Watched:
    """One probe while it waits."""

    def __init__(self, ahead: int, own: int, before: set[int]) -> None:
        self.ahead = self.front = ahead
        self._own, self._before = own, before
        self._steps: list[ProbeStep] = []

    def is_behind(self, order_id: int) -> bool:
        """Whether it came after that order."""
        return order_id in self._before

    def see(self, displayed: int, message: QueueMessage, gone_before: int) -> None:
        """What happened at its price, to others."""
        self.front = max(self.front - gone_before, 0)
        before, after = displayed - self._own, message.displayed - self._own
        self._steps.append(ProbeStep(before, after, message.traded, self.front))

    def probe(self) -> Probe:
        """As far as it was seen."""
        return Probe(self.ahead, tuple(self._steps))


def judged(probes: Sequence[Probe], exponent: float | None) -> QueueModelError:
    """A model against the truth; exponent None for the pessimistic one."""
    found = early = false = 0
    distances, signed = [], []
    for probe in probes:
        fronts = _fronts(probe, exponent)
        seen = next((i for i, front in enumerate(fronts) if front < AT_THE_FRONT), None)
        arrived = probe.arrived
        found += seen is not None and arrived is not None
        early += seen is not None and arrived is not None and seen < arrived
        false += seen is not None and arrived is None
        apart = [
            (model - step.front) / probe.ahead
            for model, step in zip(fronts, probe.steps, strict=True)
        ]
        distances.append(sum(map(abs, apart)) / len(apart))
        signed.append(sum(apart) / len(apart))
    arrivals = sum(probe.arrived is not None for probe in probes)
    waiting = len(probes) - arrivals
    return QueueModelError(
        exponent=exponent,
        probes=len(probes),
        arrivals=arrivals,
        found=found / arrivals if arrivals else math.nan,
        early=early / found if found else math.nan,
        false=false / waiting if waiting else math.nan,
        front=float(np.mean(distances)),
        front_error=float(np.std(distances) / math.sqrt(len(distances))),
        bias=float(np.mean(signed)),
    )


def _fronts(probe: Probe, exponent: float | None) -> list[float]:
    """What the model says stands before the probe, after each step."""
    own = QueuePosition(float(probe.ahead), n=exponent or 1.0, pessimistic=exponent is None)
    fronts = []
    for step in probe.steps:
        if step.traded:
            own.trade(float(step.traded))
        own.depth(float(step.before), float(step.after))
        own.front = max(own.front, 0.0)
        fronts.append(own.front)
    return fronts


def calibrated(probes: Sequence[Probe], seed: int = 0) -> tuple[float, float, float]:
    """The exponent whose fronts are nearest to the true ones, and where 95 % of resamples of the
    probes put it. At either end of EXPONENTS it is that end or beyond."""
    errors = np.array([[_distance(probe, n) for n in EXPONENTS] for probe in probes])
    chance = np.random.default_rng(seed)
    drawn = chance.integers(0, len(probes), size=(RESAMPLES, len(probes)))
    best = [_least(errors[each].mean(axis=0)) for each in drawn]
    low, high = np.quantile(best, [0.025, 0.975]).tolist()
    return _least(errors.mean(axis=0)), low, high


def _distance(probe: Probe, exponent: float) -> float:
    fronts = _fronts(probe, exponent)
    pairs = zip(fronts, probe.steps, strict=True)
    return sum(abs(model - step.front) for model, step in pairs) / len(fronts) / probe.ahead


def _least(errors: Sequence[float]) -> float:
    """Where a parabola through the least error and its neighbours is least."""
    place = int(np.argmin(errors))
    if not 0 < place < len(EXPONENTS) - 1:
        return EXPONENTS[place]
    x, y = np.array(EXPONENTS[place - 1 : place + 2]), np.array(errors[place - 1 : place + 2])
    square, slope, _ = np.polyfit(x, y, 2)
    return float(-slope / (2.0 * square)) if square > 0.0 else EXPONENTS[place]

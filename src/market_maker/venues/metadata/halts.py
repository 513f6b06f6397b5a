"""A halt comes by the venue's own stream and by the metadata service: either of them halts,
and only both together let orders go out again."""

from collections.abc import Callable

from market_maker.model.events import Event, InstrumentStatus
from market_maker.model.units import Nanos
from market_maker.ports import MarketData


class JoinedHalts:
    """ports.MarketData in front of another. listed_halted: asks the metadata service."""

    def __init__(self, inner: MarketData, listed_halted: Callable[[], bool]) -> None:
        self._inner, self._listed_halted = inner, listed_halted
        self._streamed = self._told = False

    def poll(self, now: Nanos) -> list[Event]:
        events = [self._judged(event) for event in self._inner.poll(now)]
        if self._halted != self._told:
            self._told = self._halted
            events.append(InstrumentStatus(now, self._told))
        return events

    def due(self, now: Nanos) -> Nanos:
        return now if self._halted != self._told else self._inner.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._inner.request_snapshot(now)

    @property
    def _halted(self) -> bool:
        return self._streamed or self._listed_halted()

    def _judged(self, event: Event) -> Event:
        if not isinstance(event, InstrumentStatus):
            return event
        self._streamed = event.halted
        self._told = self._halted
        return InstrumentStatus(event.ts_recv, self._told)

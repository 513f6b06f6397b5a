"""What the metadata service changes of an instrument reaches its engine: halts, and what it takes
of orders.

A halt comes by the venue's own stream too: either of them halts, and only both together let orders
go out again.
"""

from typing import Protocol

from market_maker.model.events import Event, InstrumentStatus, LimitsChanged
from market_maker.model.instrument import Instrument
from market_maker.model.units import Nanos
from market_maker.ports import MarketData


class ListedInstruments(Protocol):
    """The exchange's list of instruments, as far as it is used here."""

    def find(self, symbol: str) -> Instrument | None:
        """As it is listed now."""

    def is_halted(self, symbol: str) -> bool:
        """Whether it says that orders must not be sent."""


class JoinedListing:
    """ports.MarketData in front of another. instrument: as the engine knows it at first. On another
    grid its lots are others, and limits stay until there is an engine on that grid."""

    def __init__(
        self, inner: MarketData, listing: ListedInstruments, instrument: Instrument
    ) -> None:
        self._inner, self._listing = inner, listing
        self._known = self._seen = instrument
        self._streamed = self._told = False

    def poll(self, now: Nanos) -> list[Event]:
        events = [self._judged(event) for event in self._inner.poll(now)]
        if self._halted != self._told:
            self._told = self._halted
            events.append(InstrumentStatus(now, self._told))
        listed = self._changed()
        if listed is not None:
            self._known = self._seen = listed
            events.append(LimitsChanged(now, listed.limits))
        return events

    def due(self, now: Nanos) -> Nanos:
        if self._halted != self._told or self._changed() is not None:
            return now
        return self._inner.due(now)

    def request_snapshot(self, now: Nanos) -> None:
        self._inner.request_snapshot(now)

    @property
    def _halted(self) -> bool:
        return self._streamed or self._listing.is_halted(self._known.symbol)

    def _changed(self) -> Instrument | None:
        """The instrument as it is listed, where its limits are not those that the engine knows."""
        known, listed = self._known, self._listing.find(self._known.symbol)
        if listed is None or listed is self._seen:
            return None
        grid = (known.tick_size, known.lot_size)
        if listed.limits != known.limits and (listed.tick_size, listed.lot_size) == grid:
            return listed
        self._seen = listed
        return None

    def _judged(self, event: Event) -> Event:
        if not isinstance(event, InstrumentStatus):
            return event
        self._streamed = event.halted
        self._told = self._halted
        return InstrumentStatus(event.ts_recv, self._told)

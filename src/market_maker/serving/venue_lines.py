"""The lines of a process to all of its venues: each pool's go where its configuration says."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from msgspec import Struct, structs

from market_maker.execution.engine_host import Connection, ConnectRequest
from market_maker.model.pool import VENUES
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.ports.dead_man import WatchedAccount

DEFAULT = VENUES[0]


class TopicsRead(Struct, frozen=True):
    """parked: messages since the start that could not be read. lag: how long the newest that was
    wanted had lain at the broker; None before the first one, and where there are no topics."""

    parked: int = 0
    lag: Nanos | None = None


NO_TOPICS = TopicsRead()


class VenueConnector(Protocol):
    """One venue's lines."""

    @property
    def venue(self) -> str:
        """Its name."""

    @property
    def is_deaf(self) -> bool:
        """Whether the venue does not answer us."""

    async def run(self) -> None:
        """Keep what has to be kept open."""

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades."""

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line on which nothing is sent."""

    async def problem(self) -> str:
        """Why the venue cannot be worked with now; empty while it can."""

    @property
    def topics(self) -> TopicsRead:
        """How its topics are read; NO_TOPICS where it has none."""

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest."""

    def leap(self, span: Nanos) -> None:
        """The clock leapt forward."""


class VenueLines:
    """connectors: by what pools call the venue. The first is where pools trade that do not say
    otherwise."""

    def __init__(self, connectors: Mapping[str, VenueConnector]) -> None:
        self._connectors = dict(connectors)

    @property
    def venue(self) -> str:
        """Their names."""
        return ", ".join(each.venue for each in self._connectors.values())

    @property
    def deaf_at(self) -> tuple[str, ...]:
        """The venues that do not answer us, as `watched` names them."""
        return tuple(_named(name) for name, each in self._connectors.items() if each.is_deaf)

    @property
    def topics(self) -> TopicsRead:
        """Of all venues: one of them has topics at most."""
        read = [each.topics for each in self._connectors.values()]
        return next((each for each in read if each != NO_TOPICS), NO_TOPICS)

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for each in self._connectors.values():
                tasks.create_task(each.run())

    async def connect(self, opening: ConnectRequest) -> Connection:
        """A line that trades, where the pool's configuration says."""
        return await self._of(opening).connect(opening)

    async def connect_shadow(self, opening: ConnectRequest) -> Connection:
        """A line there on which nothing is sent."""
        return await self._of(opening).connect_shadow(opening)

    async def problem(self) -> str:
        """Of all venues that cannot be worked with now."""
        found = [await each.problem() for each in self._connectors.values()]
        return "; ".join(filter(None, found))

    def watched(self) -> tuple[WatchedAccount, ...]:
        """Where orders may rest, with the venue where that is not the first."""
        return tuple(
            structs.replace(account, venue=venue) if (venue := _named(name)) else account
            for name, each in self._connectors.items()
            for account in each.watched()
        )

    def leap(self, span: Nanos) -> None:
        """The clock leapt forward."""
        for each in self._connectors.values():
            each.leap(span)

    def _of(self, opening: ConnectRequest) -> VenueConnector:
        return self._connectors[opening.start.config.venue]


def told_lag(lag: Nanos | None) -> str:
    """In words; empty where none is known."""
    return "" if lag is None else f"read {lag / NANOS_PER_MS:.0f} ms behind the broker"


def _named(name: str) -> str:
    return "" if name == DEFAULT else name

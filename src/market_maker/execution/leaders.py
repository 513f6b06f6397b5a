"""Markets that lead others: each new mid of one is an event for the engines that follow it.

A pool names its leader by `lead_symbol`. The leader is another pool of this process, whatever its
state: an engine keeps its book while it is PAUSED. Without an engine the leader is unknown, and the
follower's forecast is that of its own book alone.
"""

from collections.abc import Iterable, Mapping
from typing import Protocol

from market_maker.model.events import Event, LeadMoved
from market_maker.model.instrument import Instrument
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, Nanos

FIND_INTERVAL = NANOS_PER_SECOND


class LedPool(Protocol):
    """What is needed of a PoolRunner."""

    @property
    def instrument(self) -> Instrument: ...
    @property
    def config(self) -> PoolConfig: ...
    @property
    def sighted(self) -> bool: ...
    @property
    def mid_x2(self) -> int: ...
    @property
    def failure(self) -> str | None: ...

    def tell(self, events: Iterable[Event]) -> None:
        """Events for its next turn."""


class Leaders:
    """runners: by symbol, as they are at any time."""

    def __init__(self, runners: Mapping[str, LedPool]) -> None:
        self._runners = runners
        self._followers: dict[str, list[LedPool]] = {}
        self._told: dict[str, int] = {}
        self._find_at = 0

    def find_followers(self, now: Nanos) -> None:
        """Who follows whom, once a second; called at every pass over all engines."""
        if now < self._find_at:
            return
        self._find_at = now + FIND_INTERVAL
        followers: dict[str, list[LedPool]] = {}
        for symbol, runner in self._runners.items():
            leader = runner.config.lead_symbol
            if leader and leader != symbol and runner.failure is None:
                followers.setdefault(leader, []).append(runner)
        if followers != self._followers:
            self._followers = followers
            self._told.clear()  # the next step reaches a new follower too

    def stepped(self, leader: LedPool, now: Nanos) -> list[str]:
        """An engine has had its turn: its followers get a mid that is new. Which these are."""
        symbol = leader.instrument.symbol
        followers = self._followers.get(symbol)
        if followers is None:
            return []
        mid_x2 = leader.mid_x2 if leader.sighted else 0
        if self._told.get(symbol) == mid_x2:
            return []
        self._told[symbol] = mid_x2
        # A broken engine takes nothing.
        well = [follower for follower in followers if follower.failure is None]
        for follower in well:
            follower.tell([LeadMoved(now, now, mid_x2)])
        return [follower.instrument.symbol for follower in well]

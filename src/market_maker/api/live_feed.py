"""Live pictures for streams: each is made once, however many readers want it.

A picture that is younger than PICTURE_LIFE serves every reader that asks meanwhile, so the cost
of the stream does not grow with the number of readers, and is nothing while there is none.
"""

import asyncio
from collections import deque
from itertools import count

import msgspec
from msgspec import Struct

from market_maker.api.literals import write_time
from market_maker.api.wire import encode
from market_maker.application import Application
from market_maker.model.errors import NotFoundError
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.alert_views import AlertView, alert_view
from market_maker.operations.pool_book import PoolBook, pool_book
from market_maker.operations.views import Glance, PoolStatusView
from market_maker.ports import Clock

PICTURE_LIFE = Nanos(90 * NANOS_PER_MS)
"""A reader at 10 Hz, the fastest there is, gets a new picture every time."""

LEVELS = 20
"""Of each side of a book."""
MOVES_KEPT = 1_000
"""Moves between states that a reader may have missed, the latest."""


class LiveDocument(Struct, frozen=True):
    """An encoded JSON document. at: when it was made. number: grows with each change."""

    at: Nanos
    number: int
    text: str


class StateMove(Struct, frozen=True):
    """A pool that is in another state than in the picture before. number: grows with each."""

    number: int
    symbol: str
    text: str


class LiveFeed:
    """The pictures, and the moves between states that they show."""

    def __init__(self, application: Application, clock: Clock) -> None:
        self._application, self._clock = application, clock
        self._making = asyncio.Lock()
        self._numbers = count(1)
        self._glance: LiveDocument | None = None
        self._pools: dict[str, LiveDocument] = {}
        self._books: dict[str, LiveDocument] = {}
        self._alerts: LiveDocument | None = None
        self._states: dict[str, str] = {}
        self._moves: deque[StateMove] = deque(maxlen=MOVES_KEPT)
        self._last_move = 0

    @property
    def last_move(self) -> int:
        """The number of the latest move, 0 before any."""
        return self._last_move

    def now(self) -> Nanos:
        """The service's time."""
        return self._clock.now()

    def now_text(self) -> str:
        """The service's time, as it is written on the wire."""
        return write_time(self._clock.now())

    async def glance(self) -> LiveDocument:
        """All pools in a line each. Raises StoreUnavailableError."""
        async with self._making:
            if self._glance is None or self._is_old(self._glance):
                seen = await self._application.controls.summary()
                self._note_moves(seen)
                self._glance = self._next(self._glance, _text(encode(Glance, seen)))
            return self._glance

    def alerts(self) -> LiveDocument:
        """All alerts that hold."""
        if self._alerts is None or self._is_old(self._alerts):
            held = map(alert_view, self._application.alerts.holding())
            seen = [encode(AlertView, each) for each in held]
            self._alerts = self._next(self._alerts, _text({"items": seen}))
        return self._alerts

    async def pool(self, symbol: str) -> LiveDocument | None:
        """One pool in full; None for a symbol without. Raises StoreUnavailableError."""
        async with self._making:
            before = self._pools.get(symbol)
            if before is not None and not self._is_old(before):
                return before
            try:
                seen = await self._application.controls.status(symbol)
            except NotFoundError:
                self._pools.pop(symbol, None)
                return None
            made = self._next(before, _text(encode(PoolStatusView, seen)))
            self._pools[symbol] = made
            return made

    def book(self, symbol: str) -> LiveDocument | None:
        """The book of one pool's market with own orders; None without an engine."""
        before = self._books.get(symbol)
        if before is not None and not self._is_old(before):
            return before
        runner = self._application.running.engine_host.get(symbol)
        if runner is None or runner.failure:
            self._books.pop(symbol, None)
            return None
        made = self._next(before, _text(encode(PoolBook, pool_book(runner, LEVELS))))
        self._books[symbol] = made
        return made

    def moves_after(self, number: int) -> tuple[StateMove, ...] | None:
        """The moves after `number`, oldest first; None where some are no longer kept."""
        if number < self._last_move - len(self._moves) or number > self._last_move:
            return None
        return tuple(move for move in self._moves if move.number > number)

    def _is_old(self, picture: LiveDocument) -> bool:
        return self._clock.now() - picture.at >= PICTURE_LIFE

    def _next(self, before: LiveDocument | None, text: str) -> LiveDocument:
        same = before is not None and before.text == text
        number = before.number if same and before is not None else next(self._numbers)
        return LiveDocument(self._clock.now(), number, text)

    def _note_moves(self, seen: Glance) -> None:
        for pool in seen.pools:
            before, now = self._states.get(pool.symbol), str(pool.state)
            self._states[pool.symbol] = now
            if before is not None and before != now:
                self._last_move += 1
                fields = {
                    "symbol": pool.symbol,
                    "state": now,
                    "reason": pool.reason,
                    "by": pool.by,
                    "ts": self.now_text() if pool.since is None else write_time(pool.since),
                }
                self._moves.append(StateMove(self._last_move, pool.symbol, _text(fields)))


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()

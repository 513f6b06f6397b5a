"""Live pictures for streams: each is made and encoded once, however many readers want it.

A picture that is younger than PICTURE_LIFE serves every reader that asks meanwhile, and readers ask
at the same moments (api.stream), so that the cost of the pictures does not grow with the number of
readers, and is nothing while there is none. Engines do not wait for it: pictures are made in their
spare time.
"""

import asyncio
from itertools import count
from typing import Any

import msgspec
from msgspec import Struct, structs

from market_maker.api.literals import write_time
from market_maker.api.live_notices import TAIL, Notices, frame_of, head_of
from market_maker.api.live_record import RecordWatch
from market_maker.api.packing import Piece, piece_of, together
from market_maker.api.wire import encode
from market_maker.application import Application
from market_maker.model.errors import NotFoundError, StoreUnavailableError
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.operations.alert_views import AlertView, alert_view
from market_maker.operations.pool_book import PoolBook, pool_book
from market_maker.operations.views import Glance, PoolGlance, PoolStatusView
from market_maker.ports import Clock

PICTURE_LIFE = Nanos(90 * NANOS_PER_MS)
"""A reader at 10 Hz, the fastest there is, gets a new picture every time."""
MADE_WITHIN = Nanos(60 * NANOS_PER_MS)
"""Engines that never rest wait for what is missing of a picture after so long."""

LEVELS = 20
"""Of each side of a book."""
ROWS_AT_ONCE = 10
"""Lines of pools that are encoded in one turn of spare time."""

APART_FROM = 16_384
"""Bytes from which a picture is compressed beside the loop that quotes."""

PICTURES_KEPT = 1_000
"""Beyond it those that no reader asks for any more are forgotten."""


_TAIL_PIECE = piece_of(TAIL)


class LiveDocument:
    """One thing to be shown, encoded. key: what it is of. at: when it was begun. number: grows with
    each change. piece: the content compressed, once a reader wanted that."""

    __slots__ = (
        "_frame", "_of", "_packed", "_packed_of", "at", "content", "key", "kind", "number", "piece",
    )  # fmt: skip

    def __init__(self, kind: str, key: str, at: Nanos, number: int, content: bytes) -> None:
        self.kind, self.key, self.at, self.number, self.content = kind, key, at, number, content
        self.piece: Piece | None = None
        self._of, self._frame = -1, b""
        self._packed_of = -1
        self._packed: Piece | None = None

    def frame(self, last: int) -> bytes:
        """The event as it is sent to readers that have all notices up to `last`: made once for all
        of them."""
        if self._of != last:
            self._of, self._frame = last, frame_of(self.kind, last, self.content)
        return self._frame

    def packed(self, last: int, content: Piece) -> Piece:
        """The same of a compressed stream. content: the piece."""
        if self._packed is None or self._packed_of != last:
            self._packed_of = last
            self._packed = together(piece_of(head_of(self.kind, last)), content, _TAIL_PIECE)
        return self._packed


class Wanted(Struct, frozen=True):
    """What one reader wants beside all pools: pools in full, with these fields of them, all where
    there are none; and books."""

    symbols: tuple[str, ...] = ()
    books: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()


class LiveFeed:
    """The pictures, and what happened between them."""

    def __init__(self, application: Application, clock: Clock) -> None:
        self._application, self._clock = application, clock
        self._making, self._packing = asyncio.Lock(), asyncio.Lock()
        self._numbers = count(1)
        self._pictures: dict[str, LiveDocument] = {}
        self._states: dict[str, str] = {}
        self._spare = application.running.engine_host.spare
        self.notices = Notices(clock.now)
        self._record = RecordWatch(application.running.store, self.notices)

    def now(self) -> Nanos:
        """The service's time."""
        return self._clock.now()

    def now_text(self) -> str:
        """The service's time, as it is written on the wire."""
        return write_time(self._clock.now())

    async def spare_turn(self) -> None:
        """A moment in which no engine waits, soon."""
        await self._spare.turn(Nanos(self._clock.now() + MADE_WITHIN))

    async def pictures(self, wanted: Wanted) -> list[LiveDocument]:
        """All that a reader may be shown now. What the store alone knows is left out while it is
        away."""
        found = [await self.glance()]
        for symbol in wanted.symbols:
            try:
                pool = await self.pool(symbol, wanted.fields)
            except StoreUnavailableError:
                continue
            if pool is not None:
                found.append(pool)
        books = map(self.book, wanted.books)
        found += [book for book in books if book is not None]
        found.append(self.alerts())
        return found

    async def packed(self, document: LiveDocument) -> Piece:
        """A picture's content compressed, once for all readers that take it so."""
        if document.piece is not None:
            return document.piece
        async with self._packing:
            made = document.piece
            if made is None:
                large = len(document.content) >= APART_FROM
                # zlib leaves the interpreter to others while it works.
                made = document.piece = (
                    await asyncio.to_thread(piece_of, document.content)
                    if large
                    else piece_of(document.content)
                )
        return made

    async def glance(self) -> LiveDocument:
        """All pools in a line each."""
        asked = self._clock.now()
        async with self._making:
            before = self._fresh("glance", asked)
            if before is not None:
                return before
            now = self._clock.now()
            by = Nanos(now + MADE_WITHIN)
            seen = await self._application.controls.live_summary(now, by)
            self._note_moves(seen)
            if seen.records_available:
                await self._record.read_new(now)
            return self._next("glance", "glance", now, await self._encoded(seen, by))

    def alerts(self) -> LiveDocument:
        """All alerts that hold."""
        now = self._clock.now()
        before = self._fresh("alerts", now)
        if before is not None:
            return before
        held = map(alert_view, self._application.alerts.holding())
        content = _json({"items": [encode(AlertView, each) for each in held]})
        return self._next("alerts", "alerts", now, content)

    async def pool(self, symbol: str, fields: tuple[str, ...] = ()) -> LiveDocument | None:
        """One pool in full, or these fields of it; None for a symbol without. Raises
        StoreUnavailableError."""
        key, asked = f"pool {symbol} {','.join(fields)}", self._clock.now()
        async with self._making:
            before = self._fresh(key, asked)
            if before is not None:
                return before
            await self.spare_turn()
            now = self._clock.now()
            try:
                seen = await self._application.controls.status(symbol)
            except NotFoundError:
                self._pictures.pop(key, None)
                return None
            sent: Any = encode(PoolStatusView, seen)
            if fields:
                sent = {name: sent[name] for name in ("symbol", *fields)}
            return self._next("pool", key, now, _json(sent))

    def book(self, symbol: str) -> LiveDocument | None:
        """The book of one pool's market with own orders; None without an engine."""
        key, now = f"book {symbol}", self._clock.now()
        before = self._fresh(key, now)
        if before is not None:
            return before
        runner = self._application.running.engine_host.get(symbol)
        if runner is None or runner.failure:
            self._pictures.pop(key, None)
            return None
        return self._next("book", key, now, _json(encode(PoolBook, pool_book(runner, LEVELS))))

    def _fresh(self, key: str, asked: Nanos) -> LiveDocument | None:
        """The picture of `key`, unless it was too old when it was asked for."""
        before = self._pictures.get(key)
        return before if before is not None and asked - before.at < PICTURE_LIFE else None

    def _next(self, kind: str, key: str, now: Nanos, content: bytes) -> LiveDocument:
        before = self._pictures.get(key)
        if before is not None and before.content == content:
            before.at = now
            return before
        if len(self._pictures) > PICTURES_KEPT:
            held = self._pictures.items()
            self._pictures = {name: each for name, each in held if now - each.at < PICTURE_LIFE}
        made = self._pictures[key] = LiveDocument(kind, key, now, next(self._numbers), content)
        return made

    async def _encoded(self, seen: Glance, by: Nanos) -> bytes:
        rows = []
        for number, pool in enumerate(seen.pools):
            if number % ROWS_AT_ONCE == 0:
                await self._spare.turn(by)
            rows.append(msgspec.Raw(_json(encode(PoolGlance, pool))))
        await self._spare.turn(by)
        head: Any = encode(Glance, structs.replace(seen, pools=()))
        return _json({**head, "pools": rows})

    def _note_moves(self, seen: Glance) -> None:
        for pool in seen.pools:
            before, now = self._states.get(pool.symbol), str(pool.state)
            self._states[pool.symbol] = now
            if before is not None and before != now:
                fields = {
                    "symbol": pool.symbol,
                    "from": before,
                    "state": now,
                    "reason": pool.reason,
                    "by": pool.by,
                    "ts": self.now_text() if pool.since is None else write_time(pool.since),
                }
                self.notices.add("state", fields)


def _json(value: object) -> bytes:
    return msgspec.json.encode(value)

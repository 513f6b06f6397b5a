"""/v1/stream: live pictures as server-sent events, for as long as a reader stays.

Events: `hello` first; `glance`, all pools in a line each, when it changed; `pool` for each symbol
that was asked for, when it changed; `book`, the market of each that was asked for, when it changed;
`alerts`, all that hold, when one changed; `state` when a pool moved between states; `fill` of each
symbol that was asked for; `audit` with the newest seq when something was recorded; `alive` when
nothing else was sent in a round; `reset` where what happened since Last-Event-ID is no longer
known; `expired` at the end, when what the reader signed in with is not accepted any more.

Readers come in the same moments: pictures are made and encoded once for all. Each is then served in
a turn of the engines' spare time. Who accepts `deflate` gets each picture compressed, once for all
who do (api.packing).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from msgspec import structs

from market_maker.api.health import build
from market_maker.api.live_feed import LiveDocument, LiveFeed, Wanted
from market_maker.api.live_notices import frame_of
from market_maker.api.packing import HEAD, PackedStream, piece_of, takes_deflate
from market_maker.api.reading import Query
from market_maker.api.routes import EVERYONE, Asked, Route, Text
from market_maker.api.wire import plan
from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import line, number
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.operations.views import PoolStatusView

SYMBOLS_MAX = 50
STREAM_S_MAX = 300
"""A stream ends after this; the reader comes back, and its token is judged again."""
JUDGED_EVERY = 5 * NANOS_PER_SECOND
"""How often it is judged while the stream lasts."""

DIGITS_MAX = 18
"""Of the number of an event."""

MEDIA = "text/event-stream"
POOL_FIELDS = tuple(plan(PoolStatusView).schema["properties"])

Pause = Callable[[float], Awaitable[object]]


class StreamQuery(Query, frozen=True, kw_only=True):
    """symbols, books, fields: separated by commas. last_event_id: as the header of that name."""

    hz: Annotated[int, number("1", "10", "per second", "Pictures a second.")] = 5
    seconds: Annotated[
        int, number("0", str(STREAM_S_MAX), "s", "How long it lasts; 0 for one round.")
    ] = STREAM_S_MAX
    symbols: Annotated[str, line(2_000, "Pools to send in full, separated by commas.")] = ""
    fields: Annotated[str, line(2_000, "Fields of those pools, separated by commas; or all.")] = ""
    books: Annotated[str, line(2_000, "Books to send, of symbols separated by commas.")] = ""
    last_event_id: Annotated[str, line(20, "The last event that was received.")] = ""


class StreamFollower:
    """One reader: what it wants, and what it has. last: the number of the last notice it has.
    packed: its compressed stream, None for one that takes it plain."""

    def __init__(
        self,
        feed: LiveFeed,
        wanted: Wanted,
        last_event_id: str,
        packed: PackedStream | None = None,
    ) -> None:
        self._feed, self._wanted, self._packed = feed, wanted, packed
        self._sent: dict[str, int] = {}
        self.last = feed.notices.last
        self.missed = False
        if (
            last_event_id.isascii()
            and last_event_id.isdecimal()
            and len(last_event_id) <= DIGITS_MAX
        ):
            self.missed = feed.notices.after(int(last_event_id)) is None
            self.last = self.last if self.missed else int(last_event_id)

    def event(self, kind: str, text: str) -> bytes:
        """One that is this reader's alone."""
        return self._sendable(frame_of(kind, self.last, text.encode()))

    async def news(self) -> bytes:
        """All that is new since its last round; where nothing is, that the service is alive."""
        pictures = await self._feed.pictures(self._wanted)
        new = [each for each in pictures if self._sent.get(each.key) != each.number]
        if self._packed is not None:
            for each in new:
                await self._feed.packed(each)
        await self._feed.spare_turn()
        parts = self._notices()
        for each in new:
            self._sent[each.key] = each.number
            parts.append(self._picture(each))
        if not parts:
            return self.event("alive", f'{{"server_time":"{self._feed.now_text()}"}}')
        # One picture alone is sent as it is, without a copy.
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _picture(self, picture: LiveDocument) -> bytes:
        if self._packed is None:
            return picture.frame(self.last)
        assert picture.piece is not None, picture.key
        return self._packed.add(picture.packed(self.last, picture.piece))

    def _sendable(self, frame: bytes) -> bytes:
        return frame if self._packed is None else self._packed.add(piece_of(frame))

    def _notices(self) -> list[bytes]:
        found = self._feed.notices.after(self.last)
        self.last = self._feed.notices.last
        if found is None:
            return [self.event("reset", "{}")]
        wanted = self._wanted.symbols
        return [
            self._sendable(each.frame) for each in found if not each.only or each.only in wanted
        ]


async def events(
    feed: LiveFeed,
    query: StreamQuery,
    wanted: Wanted,
    pause: Pause = asyncio.sleep,
    *,
    accepted: Callable[[], bool] = lambda: True,
    packed: PackedStream | None = None,
) -> AsyncIterator[bytes]:
    """The stream, piece by piece. accepted: whether the reader still may read. packed: compresses
    it; what begins and ends such a stream is `packed_events`'."""
    reader = StreamFollower(feed, wanted, query.last_event_id, packed)
    hello = f'{{"server_time":"{feed.now_text()}","hz":{query.hz},"build":"{build().fingerprint}"}}'
    yield reader.event("hello", hello)
    if reader.missed:
        yield reader.event("reset", "{}")
    period, due = NANOS_PER_SECOND // query.hz, feed.now()
    until, judged = due + query.seconds * NANOS_PER_SECOND, due
    # Rounds take their time where the machine is busy: a stream lasts its seconds all the same.
    for left in range(query.seconds * query.hz, -1, -1):
        yield await reader.news()
        if feed.now() - judged >= JUDGED_EVERY:
            judged = feed.now()
            if not accepted():
                yield reader.event("expired", "{}")
                return
        if not left or feed.now() > until:
            return
        # By the round before, not by the clock alone: a pause may end a little early.
        due = Nanos((max(due, feed.now()) // period + 1) * period)
        await pause((due - feed.now()) / NANOS_PER_SECOND)


async def packed_events(parts: AsyncIterator[bytes], packed: PackedStream) -> AsyncIterator[bytes]:
    """A compressed stream from its first byte to its last."""
    yield HEAD
    async for part in parts:
        yield part
    yield packed.end()


async def _stream(asked: Asked) -> Text:
    query, credentials = asked.query_as(StreamQuery), asked.credentials
    query = structs.replace(query, last_event_id=query.last_event_id or asked.last_event_id)
    wanted = Wanted(
        symbols=_names("symbols", query.symbols),
        books=_names("books", query.books),
        fields=_fields(query.fields),
    )
    headers = {
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
        "Vary": "Accept-Encoding",
    }
    packed = PackedStream() if takes_deflate(asked.accept_encoding) else None
    parts = events(
        asked.services.feed,
        query,
        wanted,
        accepted=lambda: asked.services.sessions.still_accepts(credentials),
        packed=packed,
    )
    if packed is not None:
        headers["Content-Encoding"] = "deflate"
        parts = packed_events(parts, packed)
    return Text(media_type=MEDIA, parts=parts, headers=headers)


def _names(field: str, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    if len(names) > SYMBOLS_MAX:
        raise InvalidFieldError(field, len(names), f"at most {SYMBOLS_MAX} symbols")
    return names


def _fields(text: str) -> tuple[str, ...]:
    names = tuple(sorted(set(filter(None, text.split(",")))))
    for name in names:
        if name not in POOL_FIELDS:
            raise InvalidFieldError("fields", name, "of " + ", ".join(POOL_FIELDS))
    return names


ROUTES = (
    Route(
        method="GET",
        path="/v1/stream",
        name="getStream",
        summary="Live pictures of all pools, and of chosen ones in full, as server-sent events.",
        family="live",
        roles=EVERYONE,
        handle=_stream,
        answer=str,
        media=(MEDIA,),
        query=StreamQuery,
    ),
)

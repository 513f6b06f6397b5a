"""/v1/stream: live pictures as server-sent events, for as long as a reader stays.

Events: `hello` first; `glance`, all pools in a line each, when it changed; `pool` for each symbol
that was asked for, when it changed; `book`, the market of each that was asked for, when it changed;
`alerts`, all that hold, when one changed; `state` when a pool moved between states; `alive` when
nothing else was sent in a round; `reset` where moves since Last-Event-ID are no longer known.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated

from market_maker.api.live_feed import LiveFeed
from market_maker.api.reading import Query
from market_maker.api.routes import EVERYONE, Asked, Route, Text
from market_maker.model.errors import InvalidFieldError, StoreUnavailableError
from market_maker.model.fields import line, number
from market_maker.model.units import NANOS_PER_SECOND

SYMBOLS_MAX = 50
STREAM_S_MAX = 300
"""A stream ends after this; the reader comes back, and its token is judged again."""

ALERTS, BOOK = "alerts", "book"
MEDIA = "text/event-stream"

Pause = Callable[[float], Awaitable[object]]


class StreamQuery(Query, frozen=True, kw_only=True):
    """symbols, books: separated by commas. last_event_id: as the header of that name."""

    hz: Annotated[int, number("1", "10", "per second", "Pictures a second.")] = 5
    seconds: Annotated[
        int, number("0", str(STREAM_S_MAX), "s", "How long it lasts; 0 for one round.")
    ] = STREAM_S_MAX
    symbols: Annotated[str, line(2_000, "Pools to send in full, separated by commas.")] = ""
    books: Annotated[str, line(2_000, "Books to send, of symbols separated by commas.")] = ""
    last_event_id: Annotated[str, line(20, "The last event that was received.")] = ""


async def events(
    feed: LiveFeed,
    query: StreamQuery,
    symbols: tuple[str, ...],
    pause: Pause = asyncio.sleep,
    *,
    books: tuple[str, ...] = (),
) -> AsyncIterator[str]:
    """The text of the stream, event by event."""
    moved, reset = _resumed(feed, query.last_event_id)
    yield _event("hello", f'{{"server_time":"{feed.now_text()}","hz":{query.hz}}}', moved)
    if reset:
        yield _event("reset", "{}", moved)
    sent: dict[str, int] = {}
    # Rounds take their time where the machine is busy: a stream lasts its seconds all the same.
    until = feed.now() + query.seconds * NANOS_PER_SECOND
    for left in range(query.seconds * query.hz, -1, -1):
        quiet = True
        try:
            async for kind, text in _changed(feed, symbols, books, sent):
                quiet = False
                yield _event(kind, text, moved)
            for move in feed.moves_after(moved) or ():
                moved, quiet = move.number, False
                yield _event("state", move.text, moved)
        except StoreUnavailableError:
            pass  # what the store alone knows is not there; the engines' own words come next time
        if quiet:
            yield _event("alive", f'{{"server_time":"{feed.now_text()}"}}', moved)
        if not left or feed.now() > until:
            return
        await pause(1 / query.hz)


async def _changed(
    feed: LiveFeed, symbols: tuple[str, ...], books: tuple[str, ...], sent: dict[str, int]
) -> AsyncIterator[tuple[str, str]]:
    glance = await feed.glance()
    if sent.get("") != glance.number:
        sent[""] = glance.number
        yield "glance", glance.text
    for symbol in symbols:
        picture = await feed.pool(symbol)
        if picture is not None and sent.get(symbol) != picture.number:
            sent[symbol] = picture.number
            yield "pool", picture.text
    for symbol in books:
        book = feed.book(symbol)
        if book is not None and sent.get(f"{symbol} {BOOK}") != book.number:
            sent[f"{symbol} {BOOK}"] = book.number
            yield BOOK, book.text
    alerts = feed.alerts()
    if sent.get(ALERTS) != alerts.number:
        sent[ALERTS] = alerts.number
        yield ALERTS, alerts.text


def _resumed(feed: LiveFeed, last_event_id: str) -> tuple[int, bool]:
    """The number of the last move that the reader has, and whether it may have missed some."""
    if not last_event_id.isdecimal():
        return feed.last_move, False
    number = int(last_event_id)
    known = feed.moves_after(number) is not None
    return (number, False) if known else (feed.last_move, True)


def _event(kind: str, text: str, number: int) -> str:
    return f"event: {kind}\nid: {number}\ndata: {text}\n\n"


async def _stream(asked: Asked) -> Text:
    query = asked.query_as(StreamQuery)
    symbols, books = _names("symbols", query.symbols), _names("books", query.books)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    parts = events(asked.services.feed, query, symbols, books=books)
    return Text(media_type=MEDIA, parts=parts, headers=headers)


def _names(field: str, text: str) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(filter(None, text.split(","))))
    if len(names) > SYMBOLS_MAX:
        raise InvalidFieldError(field, len(names), f"at most {SYMBOLS_MAX} symbols")
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

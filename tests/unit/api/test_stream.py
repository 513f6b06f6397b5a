"""What a reader of the stream receives, event by event."""

import asyncio
import zlib

import msgspec
import pytest

from market_maker.api.live_feed import PICTURE_LIFE, LiveFeed, Wanted
from market_maker.api.live_notices import KEPT_MAX
from market_maker.api.live_record import READ_INTERVAL
from market_maker.api.packing import PackedStream
from market_maker.api.stream import (
    JUDGED_EVERY,
    STREAM_S_MAX,
    SYMBOLS_MAX,
    StreamQuery,
    events,
    packed_events,
)
from market_maker.clocks import SimClock
from market_maker.execution.spare_time import ALWAYS, AT_WORK
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.serving.connections import DONE_WITHIN_S
from tests.support.office import ANN, SYMBOL, Office
from tests.unit.api.serving import client_of

pytestmark = pytest.mark.anyio


class Reader:
    """Reads a stream round by round: each pause moves the office's clock on."""

    def __init__(self, office: Office, last_event_id: str = "", feed=None, **more) -> None:
        self._office = office
        self.feed = feed or LiveFeed(office.application, office.clock)
        query = StreamQuery(hz=10, last_event_id=last_event_id)
        wanted = Wanted(symbols=(SYMBOL,))
        self.pieces = events(self.feed, query, wanted, self._pause, **more)
        self._events: list[tuple[str, str, object]] = []
        self.pauses: list[float] = []

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self._office.clock.advance_to(Nanos(self._office.clock.now() + PICTURE_LIFE))

    async def event(self) -> tuple[str, str, object]:
        """Kind, number and data of the next one."""
        while not self._events:
            blocks = (await anext(self.pieces)).decode().strip().split("\n\n")
            self._events += map(_parsed, blocks)
        return self._events.pop(0)

    async def kinds(self, count: int) -> list[str]:
        return [(await self.event())[0] for _ in range(count)]

    async def next_of(self, kind: str) -> tuple[str, object]:
        """Number and data of the next one of a kind."""
        while True:
            found, number, data = await self.event()
            if found == kind:
                return number, data

    async def rest(self) -> list[str]:
        """The kinds of all that still come."""
        found = [kind for kind, _, _ in self._events]
        async for piece in self.pieces:
            found += [_parsed(block)[0] for block in piece.decode().strip().split("\n\n")]
        return found


def _parsed(block: str) -> tuple[str, str, object]:
    kind, number, data = (line.partition(": ")[2] for line in block.split("\n"))
    return kind, number, msgspec.json.decode(data)


async def test_a_stream_begins_with_hello_and_whole_pictures(office):
    await office.quoting()
    reader = Reader(office)
    kind, _, hello = await reader.event()
    assert kind == "hello"
    assert set(hello) == {"server_time", "hz", "build"}
    assert await reader.kinds(2) == ["glance", "pool"]


async def test_a_compressed_stream_holds_what_the_plain_one_says(office):
    await office.quoting()
    feed = LiveFeed(office.application, SimClock(office.clock.now()))
    plain, stream = Reader(office, feed=feed), PackedStream()
    packed = packed_events(Reader(office, feed=feed, packed=stream).pieces, stream)
    inflate = zlib.decompressobj()
    assert inflate.decompress(await anext(packed)) == b""
    for _ in range(3):
        assert inflate.decompress(await anext(packed)) == await anext(plain.pieces)


async def test_a_compressed_stream_is_whole_at_its_end(office):
    stream = PackedStream()
    reader = Reader(office, packed=stream, accepted=lambda: False)
    sent = b"".join([part async for part in packed_events(reader.pieces, stream)])
    assert zlib.decompress(sent).endswith(b"data: {}\n\n")


async def test_pictures_are_compressed_once_for_all_readers(office):
    feed = LiveFeed(office.application, office.clock)
    picture = await feed.glance()
    first, second = await asyncio.gather(feed.packed(picture), feed.packed(picture))
    assert first is second


async def test_a_round_without_news_says_that_the_service_is_alive(office):
    reader = Reader(office)
    assert (await reader.kinds(4))[2:] == ["alerts", "alive"]


async def test_a_pause_comes_as_a_new_picture_and_as_a_move(office):
    await office.quoting()
    reader = Reader(office)
    await reader.kinds(4)
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    seen = await reader.kinds(3)
    assert "glance" in seen
    assert "state" in seen


async def test_a_move_says_from_where_to_where_by_whom_and_why(office):
    await office.quoting()
    reader = Reader(office)
    await reader.kinds(4)
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    _, move = await reader.next_of("state")
    said = {name: move[name] for name in ("symbol", "from", "state", "reason", "by")}
    assert said == {
        "symbol": SYMBOL,
        "from": "ACTIVE",
        "state": "PAUSED",
        "reason": "lunch",
        "by": "ann",
    }


async def test_what_was_recorded_is_sent_as_the_number_of_its_newest_record(office):
    await office.quoting()
    reader = Reader(office)
    await reader.kinds(4)
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    _, audit = await reader.next_of("audit")
    async with office.store.reading() as unit:
        head = await unit.audit.head()
    assert audit == {"seq": head.seq}


async def test_a_fill_is_sent_once_to_readers_of_its_pool_and_its_account_is_masked(office):
    await office.quoting()
    feed = LiveFeed(office.application, office.clock)
    reader = Reader(office, feed=feed)
    await reader.kinds(4)
    venue = office.venues[SYMBOL]
    venue.fill(next(iter(venue.open)))
    await office.passes(300)
    _, fill = await reader.next_of("fill")
    assert fill["symbol"] == SYMBOL
    assert fill["account_id"].startswith("…")
    kept = feed.notices.after(0)
    office.clock.advance_to(Nanos(office.clock.now() + READ_INTERVAL))
    await feed.glance()
    told = [each for each in feed.notices.after(0) if each.kind == "fill"]
    assert len(told) == len([each for each in kept if each.kind == "fill"])
    other = [
        piece async for piece in events(feed, StreamQuery(seconds=0, last_event_id="0"), Wanted())
    ]
    assert b"event: fill" not in b"".join(other)


async def test_a_reader_that_comes_back_gets_what_it_missed(office):
    await office.quoting()
    feed = LiveFeed(office.application, office.clock)
    first = Reader(office, feed=feed)
    await first.kinds(4)
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    number, _ = await first.next_of("state")
    again = Reader(office, last_event_id=str(int(number) - 1), feed=feed)
    assert await again.kinds(2) == ["hello", "state"]


async def test_a_reader_that_missed_too_much_is_asked_to_begin_anew(office):
    reader = Reader(office, last_event_id="99")
    assert await reader.kinds(2) == ["hello", "reset"]


async def test_a_reader_that_is_too_slow_for_what_happens_is_asked_to_begin_anew(office):
    reader = Reader(office)
    await reader.kinds(3)
    for _ in range(KEPT_MAX + 1):
        reader.feed.notices.add("state", {})
    assert "reset" in await reader.kinds(1)


async def test_a_stream_ends_with_expired_when_its_reader_is_not_let_in_any_more(office):
    signed_in = [True]
    reader = Reader(office, accepted=lambda: signed_in[0])
    await reader.kinds(1)
    signed_in[0] = False
    assert (await reader.rest())[-1] == "expired"
    assert sum(reader.pauses) <= 2 * JUDGED_EVERY / NANOS_PER_SECOND


async def test_readers_come_in_the_same_moments(office):
    readers = [Reader(office) for _ in range(3)]
    for reader in readers:
        for _ in range(4):
            await reader.event()
    assert all(0 < pause <= 0.1 for reader in readers for pause in reader.pauses)


async def test_a_pause_that_ends_early_makes_no_round_of_its_own(office):
    clock = SimClock(Nanos(office.clock.now() // NANOS_PER_SECOND * NANOS_PER_SECOND))

    async def early(seconds: float) -> None:
        clock.advance_to(Nanos(clock.now() + int(seconds * NANOS_PER_SECOND) - NANOS_PER_MS))

    feed = LiveFeed(office.application, clock)
    rounds = [piece async for piece in events(feed, StreamQuery(hz=5, seconds=3), Wanted(), early)]
    assert len(rounds) == 1 + 3 * 5 + 1  # hello, and a round at once
    assert clock.now() % NANOS_PER_SECOND == NANOS_PER_SECOND - NANOS_PER_MS


async def test_a_reader_is_served_in_spare_time(office):
    feed = LiveFeed(office.application, office.readers_clock())
    pieces = events(feed, StreamQuery(seconds=0), Wanted())
    await anext(pieces)
    await feed.glance()
    office.engine_host.spare.rest(AT_WORK)
    async with asyncio.TaskGroup() as group:
        served = group.create_task(anext(pieces))
        await office.passes(50)
        assert not served.done()
        office.engine_host.spare.rest(ALWAYS)
    assert b"event: glance" in served.result()


async def test_a_stream_lasts_its_seconds_however_long_a_round_takes(office):
    async def slow(_seconds: float) -> None:
        office.clock.advance_to(Nanos(office.clock.now() + NANOS_PER_SECOND))

    feed = LiveFeed(office.application, office.clock)
    query = StreamQuery(hz=10, seconds=3)
    rounds = [piece async for piece in events(feed, query, Wanted(), slow) if b"alive" in piece]
    assert len(rounds) <= 5  # of thirty, had it counted them


def test_a_stream_ends_before_its_connection_is_cut():
    assert DONE_WITHIN_S > STREAM_S_MAX + 10


async def test_fields_that_no_pool_has_are_named(api):
    answer = await api("GET", "/v1/stream", params={"fields": "state,nonsense", "seconds": "0"})
    assert answer.status_code == 422
    assert "nonsense" in answer.text


async def test_the_header_of_the_last_event_counts_as_the_parameter_does(api):
    answer = await api(
        "GET", "/v1/stream", params={"seconds": "0"}, headers={"Last-Event-ID": "99"}
    )
    assert "event: reset" in answer.text


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"hz": "0"}, "hz"),
        ({"hz": "11"}, "hz"),
        ({"symbols": ",".join(f"S{n}" for n in range(SYMBOLS_MAX + 1))}, "symbols"),
        ({"depth": "1"}, "depth"),
    ],
)
async def test_a_bad_question_names_the_parameter(api, query, named):
    answer = await api("GET", "/v1/stream", params=query)
    assert answer.status_code == 422
    assert named in answer.text


@pytest.mark.parametrize(
    ("accepts", "encoding"), [("gzip, deflate, br", "deflate"), ("gzip", None)]
)
async def test_a_client_that_accepts_deflate_gets_the_stream_so_and_another_plain(
    office, accepts, encoding
):
    async with client_of(office) as client:
        headers = {"Accept-Encoding": accepts}
        answer = await client.get("/v1/stream?seconds=0", headers=headers)
    assert answer.headers.get("content-encoding") == encoding
    assert "Accept-Encoding" in answer.headers["vary"]
    assert answer.text.startswith("event: hello\n")
    assert answer.text.endswith("\n\n")

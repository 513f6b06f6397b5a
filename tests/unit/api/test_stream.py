"""What a reader of the stream receives, event by event."""

import pytest

from market_maker.api.live_feed import PICTURE_LIFE, LiveFeed
from market_maker.api.stream import STREAM_S_MAX, SYMBOLS_MAX, StreamQuery, events
from market_maker.model.units import NANOS_PER_SECOND, Nanos
from market_maker.serving.connections import DONE_WITHIN_S
from tests.support.office import ANN, SYMBOL, Office

pytestmark = pytest.mark.anyio


class Reader:
    """Reads a stream round by round: each pause moves the office's clock on."""

    def __init__(self, office: Office, last_event_id: str = "") -> None:
        self._office = office
        feed = LiveFeed(office.application, office.clock)
        query = StreamQuery(hz=10, last_event_id=last_event_id)
        self._events = events(feed, query, (SYMBOL,), self._pause)
        self._pauses = 0

    async def _pause(self, _seconds: float) -> None:
        self._pauses += 1
        self._office.clock.advance_to(Nanos(self._office.clock.now() + PICTURE_LIFE))

    async def kinds(self, count: int) -> list[str]:
        return [(await anext(self._events)).split("\n")[0] for _ in range(count)]


async def test_a_stream_begins_with_hello_and_whole_pictures(office):
    await office.quoting()
    assert await Reader(office).kinds(3) == ["event: hello", "event: glance", "event: pool"]


async def test_a_round_without_news_says_that_the_service_is_alive(office):
    reader = Reader(office)
    assert (await reader.kinds(4))[2:] == ["event: alerts", "event: alive"]


async def test_a_pause_comes_as_a_new_picture_and_as_a_move(office):
    await office.quoting()
    reader = Reader(office)
    await reader.kinds(4)
    await office.application.controls.pause(ANN, SYMBOL, "lunch")
    seen = await reader.kinds(3)
    assert "event: glance" in seen
    assert "event: state" in seen


async def test_a_reader_that_missed_too_much_is_asked_to_begin_anew(office):
    reader = Reader(office, last_event_id="99")
    assert await reader.kinds(2) == ["event: hello", "event: reset"]


async def test_a_stream_lasts_its_seconds_however_long_a_round_takes(office):
    async def slow(_seconds: float) -> None:
        office.clock.advance_to(Nanos(office.clock.now() + NANOS_PER_SECOND))

    feed = LiveFeed(office.application, office.clock)
    query = StreamQuery(hz=10, seconds=3)
    rounds = [event async for event in events(feed, query, (), slow) if "event: alive" in event]
    assert len(rounds) <= 5  # of thirty, had it counted them


def test_a_stream_ends_before_its_connection_is_cut():
    assert DONE_WITHIN_S > STREAM_S_MAX + 10


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

"""The stream is read wherever the network cuts it, and opened again whenever it breaks."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.cli.stream_reader import (
    WAIT_MAX_S,
    RefusedError,
    StreamEvent,
    blocks,
    events,
    parsed,
)
from market_maker.model.errors import InvalidDataError

pytestmark = pytest.mark.anyio
TEXT = 'event: hello\nid: 1\ndata: {"a":1}\n\n: comment\n\nevent: state\nid: 2\ndata: {}\n\n'


async def texts(*parts):
    for part in parts:
        yield part


async def first(stream, count):
    found = []
    async for event in stream:
        found.append(event)
        if len(found) == count:
            return found
    raise AssertionError("the stream ended")


@given(st.lists(st.integers(0, len(TEXT)), max_size=5))
async def test_an_event_is_the_same_wherever_the_text_is_cut(cuts):
    edges = [0, *sorted(cuts), len(TEXT)]
    parts = [TEXT[a:b] for a, b in pairwise(edges)]
    found = [parsed(block) async for block in blocks(texts(*parts))]
    assert found == [
        StreamEvent("hello", {"a": 1}, "1"),
        StreamEvent("message", None, ""),
        StreamEvent("state", {}, "2"),
    ]


async def test_after_a_break_it_goes_on_after_the_last_event_and_waits_longer_each_time():
    asked, waits = [], []

    async def connect(last):
        asked.append(last)
        if len(asked) == 1:
            return texts(TEXT)
        raise OSError("connection refused")

    async def pause(seconds):
        waits.append(seconds)

    found = await first(events(connect, pause), 12)
    assert [event.kind for event in found[:4]] == ["hello", "message", "state", "lost"]
    assert found[4] == StreamEvent("lost", "connection refused")
    assert asked[:3] == ["", "2", "2"]
    assert waits == sorted(waits)
    assert waits[-1] == WAIT_MAX_S


async def test_a_refusal_ends_it_and_is_not_tried_again():
    async def connect(_last):
        raise RefusedError("http://x/v1/stream", "answered 401: no token")

    with pytest.raises(RefusedError, match="401"):
        await first(events(connect), 1)


async def test_an_event_that_is_no_json_is_a_break_and_not_the_end():
    async def connect(last):
        return texts("event: glance\ndata: {\n\n") if not last else texts(TEXT)

    async def pause(_seconds):
        pass

    (lost,) = await first(events(connect, pause), 1)
    assert lost.kind == "lost"
    assert "cannot be read" in lost.data


async def test_a_text_without_an_end_is_refused():
    with pytest.raises(InvalidDataError, match="without an end"):
        [block async for block in blocks(texts("x" * 11), 10)]

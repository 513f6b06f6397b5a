"""`market_maker watch` without a terminal: a line a minute, and at once what an operator must
know."""

import asyncio
import io

import pytest

from market_maker.cli.main import run
from market_maker.cli.stream_reader import StreamEvent
from market_maker.cli.stream_view import WatchBoard
from market_maker.cli.watch_stream import LINE_S, SCREEN_S, logged, shown, token_of
from market_maker.clocks import SimClock
from tests.unit.cli.test_stream_view import NOW, pool

pytestmark = pytest.mark.anyio
GLANCE = StreamEvent("glance", {"pools": [pool("A")]})


async def stream(*events):
    for event in events:
        await asyncio.sleep(0)
        yield event


async def never(_seconds):
    await asyncio.Event().wait()


async def lines(*events, pause=never):
    out = io.StringIO()
    await logged(stream(*events), WatchBoard(), SimClock(NOW), out, pause)
    return out.getvalue().splitlines()


async def test_the_first_picture_is_a_line_and_the_next_ones_are_not():
    (first,) = await lines(StreamEvent("hello", {}), GLANCE, GLANCE, StreamEvent("alive", {}))
    assert "live" in first
    assert "A=ACTIVE" in first


async def test_a_break_and_the_return_are_lines_and_further_breaks_are_not():
    lost = StreamEvent("lost", "connection refused")
    found = await lines(GLANCE, lost, lost, GLANCE)
    assert len(found) == 3
    assert "connection refused" in found[1]
    assert "live" in found[2]


async def test_a_move_and_a_new_alert_are_lines_at_once():
    move = {"symbol": "A", "state": "HALTED", "reason": "loss", "ts": "2026-11-29T21:12:03Z"}
    alert = {"id": 7, "severity": "WARNING", "symbol": "", "title": "T", "text": "x"}
    alerts = StreamEvent("alerts", {"items": [alert | {"acknowledged_by": ""}]})
    found = await lines(GLANCE, StreamEvent("state", move), alerts, alerts)
    assert len(found) == 3
    assert "A is HALTED: loss" in found[1]
    assert "! WARNING service: T, x" in found[2]


async def test_a_line_a_minute():
    asked = []

    async def pause(seconds):
        asked.append(seconds)
        if len(asked) > 2:
            await never(seconds)

    found = await lines(GLANCE, *[StreamEvent("alive", {})] * 5, pause=pause)
    assert len(found) == 3
    assert set(asked) == {LINE_S}


async def test_the_screen_is_drawn_while_nothing_comes():
    drawings, silent = [], asyncio.Event()

    async def pause(seconds):
        assert seconds == SCREEN_S
        if len(drawings) == 3:
            silent.set()
            await never(seconds)

    async def nothing():
        await silent.wait()
        return
        yield

    await shown(nothing(), WatchBoard(), SimClock(NOW), lambda: drawings.append(1), pause)
    assert len(drawings) == 3


def test_a_token_is_read_from_its_file_anew(tmp_path, monkeypatch):
    path = tmp_path / "token"
    path.write_text("one\n")
    assert token_of(path) == "one"
    path.write_text("two")
    assert token_of(path) == "two"
    monkeypatch.setenv("MM_TOKEN", " three ")
    assert token_of(None) == "three"


@pytest.mark.parametrize("url", ["ftp://x", "x:1", "http://"])
def test_an_address_that_is_none_is_named(url, capsys):
    assert run(["watch", "--url", url]) == 2
    assert "url" in capsys.readouterr().err

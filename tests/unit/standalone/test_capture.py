"""A recording of a live market: in pieces, and a crash loses no frame that was written."""

import asyncio

import pytest

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.capture import Losses, MarketRecorder, Pieces, piece_name
from market_maker.standalone.opening import http_session, listed_market, market_prefix
from market_maker.standalone.stopping import MakerStop
from market_maker.storage.recording import read_recording
from tests.support.full_disk import full_disk
from tests.unit.standalone.venue import CLOCK, Lines, emulated, serving, settings_for
from tests.unit.venues.hyperliquid.stub import until

NOW = 1_790_000_000 * NANOS_PER_SECOND
MINUTE = 60 * NANOS_PER_SECOND


def test_a_piece_is_named_by_its_market_and_its_first_moment():
    assert piece_name("hyna_BTC", NOW) == "hyna_BTC_2026-09-21_14-13-20"


def test_pieces_are_rotated_by_time_and_what_is_left_is_found_again(tmp_path):
    pieces = Pieces(tmp_path, "testnet_BTC", MINUTE)
    assert pieces.write(NOW, "{}") is None
    assert pieces.write(NOW + MINUTE - 1, "{}") is None
    full = pieces.write(NOW + MINUTE, "{}")
    assert full.read_text().count("\n") == 2
    last = pieces.close()
    assert pieces.close() is None
    assert Pieces(tmp_path, "testnet_BTC", MINUTE).left() == [full, last]
    assert pieces.frames == 3


def test_a_full_disk_costs_whole_frames_and_space_brings_them_back(tmp_path):
    pieces = Pieces(tmp_path, "testnet_BTC", MINUTE)
    line = f"{NOW} {{}}\n"
    with full_disk(room=len(line) + 5):
        for _ in range(3):
            pieces.write(NOW, "{}")
        assert (pieces.frames, pieces.lost) == (1, 2)
        assert pieces.problem.endswith(".frames: cannot be written: File too large")
    pieces.write(NOW, "{}")
    assert (pieces.frames, pieces.lost, pieces.problem) == (2, 2, "")
    assert pieces.close().read_text() == 2 * line


def test_a_disk_that_refuses_every_other_frame_is_said_once_and_well_when_that_has_lasted(tmp_path):
    lines, pieces = Lines(), Pieces(tmp_path, "testnet_BTC", 60 * MINUTE)
    losses = Losses(lines.log)

    def write(second, *, room):
        with full_disk(room=10_000 if room else 0):
            pieces.write(NOW + second * NANOS_PER_SECOND, "{}")
        losses.note(NOW + second * NANOS_PER_SECOND, pieces)

    for second in range(100):
        write(second, room=second % 2)
    assert len(lines.having("Frames lost")) == 1
    assert lines.having("written again") == []
    for second in range(100, 150):
        write(second, room=True)
    (line,) = lines.having("Frames written again")
    assert "lost=50" in line
    write(150, room=False)
    assert len(lines.having("Frames lost")) == 2
    pieces.close()


@pytest.mark.anyio
@pytest.mark.slow
async def test_a_live_market_becomes_a_recording_and_a_crash_is_made_good(tmp_path):
    lines, stop = Lines(), MakerStop()
    async with serving(emulated()) as url, http_session() as http:
        settings = settings_for(url, tmp_path)
        market, _ = await listed_market(settings, http, CLOCK)
        prefix = market_prefix(settings, market)
        meta = tmp_path / "meta.json"
        meta.write_text('{"universe":[{"name":"BTC","szDecimals":5,"maxLeverage":40}]}')
        pieces = Pieces(tmp_path, prefix, 10 * MINUTE)
        recorder = MarketRecorder(url, "BTC", pieces, CLOCK, lines.log, keep=False)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(recorder.run(http, stop, meta))
            await until(lambda: pieces.frames > 20)
            running.cancel()  # As after kill -9: nothing is imported.
        pieces.close()
        assert len(pieces.left()) == 1
        stop.ask("end")
        again = Pieces(tmp_path, prefix, 10 * MINUTE)
        again.frames = 1  # It need not receive anything itself.
        made = await MarketRecorder(url, "BTC", again, CLOCK, lines.log, keep=False).run(
            http, stop, meta
        )
    (path,) = made
    recording = read_recording(path)
    assert recording.instrument.symbol == "BTC"
    assert recording.rows > 20
    assert again.left() == []

"""The heartbeat's file."""

import pytest
from msgspec.structs import replace

from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving import pulse
from market_maker.serving.pulse import HALF, SIZE, Pulse, PulseFile, PulseReader, PulseState

SAID = Pulse(
    pid=7,
    state=PulseState.SERVING,
    passes=3,
    last_turn=4,
    open_orders=5,
    unproved_ms=0,
    deaf=False,
    venue="order_service",
    accounts=(WatchedAccount("BTCUSDT-PERP", "acme"),),
)


def test_what_was_said_last_is_read_and_each_beat_has_a_number(tmp_path):
    reader = PulseReader(tmp_path / "heartbeat")
    assert reader.read() is None
    with PulseFile(tmp_path / "heartbeat") as file:
        file.write(SAID)
        first = reader.read()
        file.write(SAID)
        second = reader.read()
    assert (first.accounts, first.pid, second.beat - first.beat) == (SAID.accounts, 7, 1)


def test_the_file_outlives_its_writer_and_the_next_one_counts_on(tmp_path):
    with PulseFile(tmp_path / "heartbeat") as file:
        file.write(SAID)
    with PulseFile(tmp_path / "heartbeat") as file:
        file.write(SAID)
    assert PulseReader(tmp_path / "heartbeat").read().beat == 2


@pytest.mark.parametrize("half", [0, HALF])
@pytest.mark.parametrize("at", [0, 9, 13, 40])
def test_of_a_beat_that_is_half_written_the_one_before_is_read_also_by_who_comes_then(
    tmp_path, half, at
):
    path = tmp_path / "heartbeat"
    last = 2 if half == 0 else 3
    with PulseFile(path) as file:
        for beat in range(1, last + 1):
            file.write(replace(SAID, passes=beat))
    early = PulseReader(path)
    assert early.read().passes == last
    torn = bytearray(path.read_bytes())
    torn[half + at] ^= 0xFF
    path.write_bytes(torn)
    assert PulseReader(path).read().passes == last - 1
    assert early.read().passes in (last, last - 1)


def test_the_writer_that_follows_one_killed_in_the_middle_counts_on_from_what_is_whole(tmp_path):
    path = tmp_path / "heartbeat"
    with PulseFile(path) as file:
        for _ in range(4):
            file.write(SAID)
    torn = bytearray(path.read_bytes())
    torn[:8] = b"\xff" * 8
    path.write_bytes(torn)
    with PulseFile(path) as file:
        file.write(replace(SAID, passes=9))
    assert (PulseReader(path).read().beat, PulseReader(path).read().passes) == (4, 9)


def test_a_file_of_an_earlier_version_is_read_and_written_on(tmp_path):
    path = tmp_path / "heartbeat"
    with PulseFile(path) as file:
        file.write(SAID)
        file.write(replace(SAID, passes=8))
    path.write_bytes(path.read_bytes()[:HALF])
    assert PulseReader(path).read().passes == 8
    with PulseFile(path) as file:
        file.write(replace(SAID, passes=9))
    assert PulseReader(path).read().passes == 9


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 64, b"\0" * 64])
def test_other_files_are_no_heartbeat(tmp_path, content):
    path = tmp_path / "heartbeat"
    path.write_bytes(content)
    assert PulseReader(path).read() is None


def test_a_full_disk_is_noticed_when_the_file_is_made_and_never_later(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(pulse.os, "posix_fallocate", lambda *given: asked.append(given[1:]))
    (tmp_path / "heartbeat").write_bytes(b"\0" * SIZE)
    with PulseFile(tmp_path / "heartbeat"):
        assert asked == [(0, SIZE)]


def test_a_file_that_cannot_be_read_any_more_says_what_it_said_last(tmp_path):
    path = tmp_path / "heartbeat"
    with PulseFile(path) as file:
        file.write(SAID)
    reader = PulseReader(path)
    said = reader.read()
    path.unlink()
    path.mkdir()
    assert reader.read() == said

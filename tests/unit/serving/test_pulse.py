"""The heartbeat's file."""

import pytest

from market_maker.ports.dead_man import WatchedAccount
from market_maker.serving import pulse
from market_maker.serving.pulse import SIZE, Pulse, PulseFile, PulseReader, PulseState

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


@pytest.mark.parametrize("at", [0, 9, 13, 40])
def test_a_beat_that_is_half_written_does_not_count(tmp_path, at):
    path = tmp_path / "heartbeat"
    with PulseFile(path) as file:
        file.write(SAID)
        reader = PulseReader(path)
        before = reader.read()
        file.write(SAID)
    torn = bytearray(path.read_bytes())
    torn[at] ^= 0xFF
    path.write_bytes(torn)
    assert reader.read() in (before, PulseReader(path).read())


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

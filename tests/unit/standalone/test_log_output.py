"""Log lines: what the SOP's tail, grep and jq lines search for; files survive logrotate."""

import io
import json

import pytest

from market_maker.clocks import SimClock
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.log_output import MakerLogs, RotatedFile, logs_of
from market_maker.standalone.settings import MakerSettings
from tests.support.full_disk import SMALL, full_disk

NOW = 1_790_000_000 * NANOS_PER_SECOND
DAY = 86_400 * NANOS_PER_SECOND
KEY = "11" * 32


def written(form, level="info", secrets=()):
    stream = io.StringIO()
    logs = MakerLogs(SimClock(NOW), secrets)
    logs.to(stream, level, form)
    log = logs.logger().bind(asset="BTC")
    log.debug("Trades processed", processed=3)
    log.info("Fill processed", oid=7, key=KEY)
    log.error("KILL SWITCH TRIGGERED: [Stale data]")
    logs.close()
    return stream.getvalue().splitlines()


def test_json_has_timestamp_level_target_and_message_on_top():
    first = json.loads(written("json")[0])
    assert list(first)[:4] == ["timestamp", "level", "target", "message"]
    assert first["timestamp"].startswith("2026-09-21T")
    assert (first["level"], first["message"], first["oid"]) == ("INFO", "Fill processed", 7)
    assert first["target"] == "hyperliquid_rust_sdk::market_maker"


@pytest.mark.parametrize("form", ["pretty", "compact"])
def test_a_line_for_people_can_be_found_by_level_and_message(form):
    info, error = written(form)
    assert "INFO Fill processed asset=BTC oid=7" in info
    assert "ERROR KILL SWITCH TRIGGERED" in error


@pytest.mark.parametrize("form", ["pretty", "compact", "json"])
def test_the_venues_words_cannot_write_a_line_of_their_own_nor_move_the_cursor(form):
    stream = io.StringIO()
    logs = MakerLogs(SimClock(NOW))
    logs.to(stream, "info", form)
    said = "tick\n2026-01-01 ERROR KILL SWITCH\x1b[2J"
    logs.logger().error(f"Order rejected: {said}", venue=said, level="INFO", message="fine")
    logs.close()
    (line,) = stream.getvalue().splitlines()
    assert "\x1b" not in line
    assert "ERROR" in line
    if form == "json":
        assert json.loads(line)["message"].startswith("Order rejected")
        assert json.loads(line)["level"] == "ERROR"


def test_the_level_is_the_least_that_is_written():
    assert len(written("pretty", "debug")) == 3
    assert len(written("pretty", "error")) == 1


def test_a_key_is_never_written():
    assert KEY not in "\n".join(written("json", secrets=[KEY]))


def test_a_file_is_appended_to_and_begun_anew_when_it_was_moved_away(tmp_path):
    path = tmp_path / "logs" / "mm.log"
    path.parent.mkdir()
    path.write_text("before\n")
    file = RotatedFile(path)
    file.write("one\n")
    file.flush()
    path.rename(tmp_path / "mm.log.1")
    file.write("two\n")
    file.flush()
    path.unlink()
    file.write("three\n")
    file.close()
    assert (tmp_path / "mm.log.1").read_text() == "before\none\n"
    assert path.read_text() == "three\n"


def test_a_file_that_a_full_disk_did_not_let_end_is_begun_anew_with_the_space(tmp_path):
    path = tmp_path / "mm.log"
    file = RotatedFile(path)
    with full_disk():
        file.write("x" * 2 * SMALL)
        # As logrotate does: moved away, and made anew.
        path.rename(tmp_path / "mm.log.1")
        path.touch()
        for _ in range(2):
            with pytest.raises(OSError, match="too large"):
                print("x" * 2 * SMALL, file=file, flush=True)
    file.write("kept\n")
    file.close()
    assert path.read_text().endswith("kept\n")


def test_three_streams_a_day_by_their_levels(tmp_path):
    settings = MakerSettings(multi_stream_logs=True, log_dir=tmp_path / "logs")
    clock = SimClock(NOW)
    logs = logs_of(settings, clock, (), None)
    logs.logger().debug("Calculated ladder quotes")
    logs.logger().warning("Cascade detected")
    clock.advance_to(NOW + DAY)
    logs.logger().info("Fill processed")
    logs.close()
    lines = {path.name: path.read_text().count("\n") for path in (tmp_path / "logs").iterdir()}
    assert lines == {
        "mm-operational.log.2026-09-21": 1,
        "mm-operational.log.2026-09-22": 1,
        "mm-diagnostic.log.2026-09-21": 2,
        "mm-diagnostic.log.2026-09-22": 1,
        "mm-errors.log.2026-09-21": 1,
    }


def test_a_folder_of_logs_that_cannot_be_is_refused_at_the_start(tmp_path):
    (tmp_path / "file").write_text("")
    settings = MakerSettings(multi_stream_logs=True, log_dir=tmp_path / "file" / "logs")
    with pytest.raises(NotADirectoryError):
        logs_of(settings, SimClock(NOW), (), None)


def test_the_terminal_and_the_file_have_the_same_lines(tmp_path):
    terminal = io.StringIO()
    settings = MakerSettings(log_file=tmp_path / "mm.log", log_format="compact")
    logs = logs_of(settings, SimClock(NOW), (), terminal)
    logs.logger().info("Market maker stopped.")
    logs.close()
    assert terminal.getvalue() == (tmp_path / "mm.log").read_text()
    assert logs.dropped == 0

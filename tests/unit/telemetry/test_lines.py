import io
import os
import threading

from market_maker.telemetry.lines import LineWriter


class Disk(io.StringIO):
    """Without room until it has some. asked: released with every line."""

    def __init__(self) -> None:
        super().__init__()
        self.has_room = False
        self.asked = threading.Semaphore(0)

    def flush(self) -> None:
        try:
            if not self.has_room:
                raise OSError(28, "No space left on device")
        finally:
            self.asked.release()


def test_lost_lines_are_said_until_one_is_written() -> None:
    disk = Disk()
    writer = LineWriter(disk)
    assert writer.problem == ""
    writer.put("lost")
    assert disk.asked.acquire(timeout=60)
    disk.has_room = True
    writer.put("kept")
    writer.close()
    assert (writer.dropped, writer.problem) == (1, "")


def test_why_lines_are_lost_is_known() -> None:
    writer = LineWriter(Disk())
    writer.put("lost")
    writer.close()
    assert "No space left" in writer.problem


def test_a_file_that_rotation_emptied_is_written_on_from_its_new_end(tmp_path) -> None:
    """As `serve 2> service.log` has it, and copytruncate of logrotate leaves it."""
    path = tmp_path / "service.log"
    with path.open("w", encoding="utf-8") as stream:
        writer = LineWriter(stream)
        for _ in range(100):
            writer.put("before")
        writer.close()
        assert path.stat().st_size == 700
        os.truncate(path, 0)
        writer = LineWriter(stream)
        writer.put("after")
        writer.close()
    assert path.read_bytes() == b"after\n"

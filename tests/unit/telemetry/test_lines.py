import io
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
    assert disk.asked.acquire(timeout=10)
    disk.has_room = True
    writer.put("kept")
    writer.close()
    assert (writer.dropped, writer.problem) == (1, "")


def test_why_lines_are_lost_is_known() -> None:
    writer = LineWriter(Disk())
    writer.put("lost")
    writer.close()
    assert "No space left" in writer.problem

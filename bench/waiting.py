"""What waited for a core, of a service under load: where every process shares the cores, a commit
is made of waits, and a stopwatch does not part the disk from the scheduler. Linux counts the
second kind of each thread (/proc/PID/task/TID/schedstat: nanoseconds run, nanoseconds runnable and
not run).

`Spent` is of any process, `writing` forces a block to the disk twenty times a second beside the
load and says of each how long it took and how much of that its thread was ready and had no core:
the rest is the disk.
"""

import os
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec import Struct

from bench.service_process import spent_by

BLOCK = b"\0" * 8_192
FILE_BLOCKS = 512
"""Written over and over again, as a database does with the files of its log."""
INTERVAL_S = 0.05
SELF = Path("/proc/self/task")
SERVERS = {"postgres": "PostgreSQL", "java": "broker and registry"}


def _schedstat(task: Path) -> tuple[int, int]:
    try:
        ran, waited, _ = task.joinpath("schedstat").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0
    return int(ran), int(waited)


class Spent(Struct):
    """Seconds. ran: of processor time. waited: in which threads could run and had no core."""

    ran: float
    waited: float

    @classmethod
    def so_far(cls, pids: list[int]) -> "Spent":
        """By these processes; waited by those of their threads that live."""
        tasks = [task for pid in pids for task in Path(f"/proc/{pid}/task").iterdir()]
        waited = sum(_schedstat(task)[1] for task in tasks) / 1e9
        return cls(sum(map(spent_by, pids)), waited)

    def since(self, before: "Spent") -> "Spent":
        """What came after that."""
        return Spent(self.ran - before.ran, self.waited - before.waited)


def started_servers() -> dict[str, list[int]]:
    """Processes of the servers that this one has started, by what they are."""
    found: dict[str, list[int]] = {}
    for pid in _children_of(os.getpid()):
        what = SERVERS.get(Path(f"/proc/{pid}/comm").read_text().strip())
        if what is not None:
            found.setdefault(what, []).extend((pid, *_children_of(pid)))
    return found


def _children_of(pid: int) -> list[int]:
    """Those that live."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(each) for path in lists for each in path.read_text().split()]


class ForcedWrites(Struct):
    """Nanoseconds. took: of each write until it was on the disk. waited: the part of it in which
    the writer waited for a core."""

    took: list[int]
    waited: list[int]

    @property
    def disk(self) -> list[int]:
        """What is left is the disk's, and the copying."""
        return [a - b for a, b in zip(self.took, self.waited, strict=True)]


@contextmanager
def writing() -> Iterator[ForcedWrites]:
    """Writes while it is entered, from a thread of its own."""
    found, ended = ForcedWrites([], []), threading.Event()
    thread = threading.Thread(target=_write, args=(found, ended))
    thread.start()
    try:
        yield found
    finally:
        ended.set()
        thread.join()


def _write(found: ForcedWrites, ended: threading.Event) -> None:
    task = SELF / str(threading.get_native_id())
    with tempfile.TemporaryFile() as file:
        file.write(BLOCK * FILE_BLOCKS)
        file.flush()
        os.fsync(file.fileno())
        at = 0
        while not ended.wait(INTERVAL_S):
            _, before = _schedstat(task)
            began = time.perf_counter_ns()
            os.pwrite(file.fileno(), BLOCK, at * len(BLOCK))
            os.fdatasync(file.fileno())
            found.took.append(time.perf_counter_ns() - began)
            found.waited.append(_schedstat(task)[1] - before)
            at = (at + 1) % FILE_BLOCKS

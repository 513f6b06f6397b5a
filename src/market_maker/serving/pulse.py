"""The heartbeat of the service, in a file that outlives it.

A file, and no socket: its writer waits for nothing and fills no buffer, its reader may come
later, or be started again, and what was said last can still be read when the writer is dead:
whose orders there may be. It is written in place and in memory (mmap), so that neither a full disk
nor a slow one holds up the event loop.

The file has two halves, and beats go into them by turns: the one before is whole while one is
written, also where its writer is killed or stopped in the middle. A half: the beat and the length
of the rest (8 and 4 bytes, little endian), its CRC-32, then a Pulse as JSON. What is half written
has a wrong checksum. A file of an earlier version has the first half only.
"""

import mmap
import os
import struct
import zlib
from collections.abc import Iterable
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import msgspec
from msgspec import Struct

from market_maker.ports.dead_man import WatchedAccount

FILE_NAME = "heartbeat"
HALF = 1024 * 1024
SIZE = 2 * HALF
OWNER_ONLY = 0o600

_HEAD = struct.Struct("<QII")


class PulseState(StrEnum):
    """STARTING: orders of an earlier run may stand, and nothing is placed. ENDED: in order, with
    the venue's word that nothing is open. UNPROVED: without it."""

    STARTING = "starting"
    SERVING = "serving"
    ENDED = "ended"
    UNPROVED = "unproved"


class Pulse(Struct, frozen=True, kw_only=True):
    """What the service says of itself. pid: its process. beat: grows with every turn of the event
    loop's own task; passes: with every pass over the engines; last_turn: when an engine last had
    a turn, nanoseconds of the service's clock, 0 before the first. unproved_ms: how long orders
    have been pulled without the venue's word that they are gone. deaf: a venue does not
    answer the service; deaf_at: which, as accounts name them. venue: where orders go."""

    pid: int
    state: PulseState
    passes: int
    last_turn: int
    open_orders: int
    unproved_ms: int
    deaf: bool
    venue: str
    accounts: tuple[WatchedAccount, ...]
    deaf_at: tuple[str, ...] = ()
    beat: int = 0


class PulseFile:
    """The writer's end. Raises OSError where the file cannot be made in its full size."""

    def __init__(self, path: Path) -> None:
        self._path = path
        before = PulseReader(path).read()
        self._beat = 0 if before is None else before.beat
        handle = os.open(path, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            # Every byte has its place on the disk: a full one is noticed here, and never later.
            os.posix_fallocate(handle, 0, SIZE)
            self._memory = mmap.mmap(handle, SIZE)
            self._node = _node(os.fstat(handle))
        finally:
            os.close(handle)

    @property
    def stands(self) -> bool:
        """Whether a reader finds this file at its path, in its full size: writing to one that was
        cut short would end the process."""
        try:
            found = self._path.stat()
        except OSError:
            return False
        return _node(found) == self._node and found.st_size >= SIZE

    def write(self, pulse: Pulse) -> None:
        """One beat more."""
        self._beat += 1
        content = msgspec.json.encode(msgspec.structs.replace(pulse, beat=self._beat))
        assert len(content) <= HALF - _HEAD.size, "too many accounts for one pulse"
        at = self._beat % 2 * HALF
        self._memory[at + _HEAD.size : at + _HEAD.size + len(content)] = content
        _HEAD.pack_into(self._memory, at, self._beat, len(content), zlib.crc32(content))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: object, trace: TracebackType | None
    ) -> None:
        self._memory.close()


def _node(found: os.stat_result) -> tuple[int, int]:
    return found.st_dev, found.st_ino


class PulseReader:
    """The reader's end. Reads a beat once: the file is asked twenty times a second."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: Pulse | None = None

    def read(self) -> Pulse | None:
        """What was said last; None where nothing ever was."""
        # A file that was removed or cannot be read: what was said last gets older.
        with suppress(OSError), self._path.open("rb") as file:
            heads = {at: _head(file, at) for at in (0, HALF)}
            for at in sorted(heads, key=heads.__getitem__, reverse=True):
                beat, length, checksum = heads[at]
                if self._seen is not None and beat == self._seen.beat:
                    break
                said = _whole(_at(file, at + _HEAD.size, length), beat, checksum)
                if said is not None:
                    self._seen = said
                    break
        return self._seen


def _whole(said: bytes, beat: int, checksum: int) -> Pulse | None:
    """The beat of that number, None where it is half written."""
    if not said or zlib.crc32(said) != checksum:
        return None
    with suppress(msgspec.MsgspecError):
        pulse = msgspec.json.decode(said, type=Pulse)
        return pulse if pulse.beat == beat else None
    return None


def _head(file: BinaryIO, at: int) -> tuple[int, int, int]:
    """Beat, length and checksum of a half, zeros where there is none."""
    head = _at(file, at, _HEAD.size)
    return _HEAD.unpack(head) if len(head) == _HEAD.size else (0, 0, 0)


def _at(file: BinaryIO, at: int, length: int) -> bytes:
    file.seek(at)
    return file.read(min(length, HALF))


def end_heartbeats(folders: Iterable[Path]) -> None:
    """Heartbeats of processes that are gone and whose pools others have recovered: a watchdog need
    not do anything about them any more."""
    for folder in folders:
        pulse = PulseReader(folder / FILE_NAME).read()
        if pulse is None or pulse.state is PulseState.ENDED:
            continue
        with suppress(OSError), PulseFile(folder / FILE_NAME) as file:
            file.write(msgspec.structs.replace(pulse, state=PulseState.ENDED))

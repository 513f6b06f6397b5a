"""Files of the journal: segments of turns that can be replayed each on its own.

A segment is one file, `<symbol>/<nanoseconds of its beginning>.mmj`: the bytes MMJ1, then frames.
A frame is its length (4 bytes, little endian), its CRC-32 (4 bytes), and as many bytes of zlib-
compressed MessagePack. The first frame is a Beginning, all others are lists of turns; an empty list
is the end of a segment that was closed. A file that ends in the middle of a frame was cut off, by
the end of its process or later: what stands before counts.
"""

import errno
import os
import struct
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec
from msgspec import Struct

from market_maker.model.actions import Turn
from market_maker.model.errors import InvalidDataError
from market_maker.model.units import Nanos, packable

JOURNAL_FOLDER = "journal"
"""Within the service's data directory."""

MAGIC = b"MMJ1"
SUFFIX = ".mmj"
FRAME_MAX = 256 * 1024 * 1024
"""Bytes of one frame, compressed; more is damage."""

UNPACKED_MAX = 1024 * 1024 * 1024
"""Bytes of one frame, unpacked: twenty times what the longest wait for the disk piles up."""

Kind = TypeVar("Kind")

_HEAD = struct.Struct("<II")
_LEVEL = 1
"""A level of 6 takes twice the processor time for one part in twenty of the bytes."""
_END = zlib.compress(msgspec.msgpack.encode([]), 6)
"""The same bytes in all versions: a segment is closed that ends with them."""


class SegmentEnd(StrEnum):
    """How a file ends. OPEN: with a whole frame that is not the last word: it is still written, or
    its process was killed, or it was cut between two frames. CUT: in the middle of a frame."""

    CLOSED = "closed"
    OPEN = "open"
    CUT = "cut"


class Beginning(Struct, frozen=True):
    """How a segment begins: the engine, frozen, before the first turn. build: of the program."""

    symbol: str
    now: Nanos
    build: str
    checkpoint: bytes


class PackedTurns(Struct, frozen=True):
    """Turns as a frame holds them, compressed: a small part of what they take one by one."""

    content: bytes
    count: int


def packed_turn(turn: Turn) -> msgspec.Raw:
    """As a frame holds it, within many. What waits as objects, a second's turns of 150 engines, is
    what Python's collector then goes through."""
    return msgspec.Raw(_packed(turn))


def packed_turns(turns: Sequence[msgspec.Raw]) -> PackedTurns:
    """For turns that have to wait for the disk for long."""
    return PackedTurns(zlib.compress(msgspec.msgpack.encode(turns), 1), len(turns))


def _packed(content: object) -> bytes:
    try:
        return msgspec.msgpack.encode(content)
    except OverflowError:  # what a position cost, on a fine grid
        return msgspec.msgpack.encode(_with_digits(msgspec.to_builtins(content)))


def _with_digits(content: object) -> object:
    """The same, with whole numbers that MessagePack does not take by their digits."""
    if isinstance(content, dict):
        return {name: _with_digits(value) for name, value in content.items()}
    if isinstance(content, list | tuple):
        return [_with_digits(value) for value in content]
    return packable(content) if type(content) is int else content


class SegmentWriter:
    """One open segment. size: bytes so far; turns: written to it. Raises OSError."""

    def __init__(self, folder: Path, beginning: Beginning) -> None:
        home = folder / beginning.symbol
        home.mkdir(parents=True, exist_ok=True)
        self._file = _created(home, beginning.now)
        self.path = Path(self._file.name)
        self.turns = 0
        try:
            self.size = self._file.write(MAGIC)
            self._write(msgspec.msgpack.encode(beginning))
            self._file.flush()
        except OSError:
            # Without its beginning a segment cannot be replayed.
            self.abandon()
            with suppress(OSError):
                self.path.unlink()
            raise

    def append(self, turns: Sequence[msgspec.Raw]) -> None:
        """Write packed turns and hand them to the operating system."""
        self._check_is_there()
        self._write(msgspec.msgpack.encode(turns))
        self._file.flush()
        self.turns += len(turns)

    def append_packed(self, turns: PackedTurns) -> None:
        """The same of turns that had to wait."""
        self._check_is_there()
        self._frame(turns.content)
        self._file.flush()
        self.turns += turns.count

    def close(self) -> None:
        """Everything is on the disk when this returns. Raises OSError; the file is closed then,
        too."""
        try:
            self._file.write(_HEAD.pack(len(_END), zlib.crc32(_END)) + _END)
            self._file.flush()
            os.fsync(self._file.fileno())
        finally:
            self.abandon()

    @property
    def is_removed(self) -> bool:
        """Whether no reader can ever find what was written."""
        return os.fstat(self._file.fileno()).st_nlink == 0

    def _check_is_there(self) -> None:
        """A file that was removed or moved away takes what is written to it, and no reader finds
        that under its name."""
        try:
            is_there = os.path.samestat(self.path.stat(), os.fstat(self._file.fileno()))
        except FileNotFoundError:
            is_there = False
        if not is_there:
            raise FileNotFoundError(errno.ENOENT, "was removed or moved away", str(self.path))

    def abandon(self) -> None:
        """Something could not be written; what was stays. Never raises: closing a file writes
        what waits in its buffer, and fails where there is no space for it."""
        with suppress(OSError):
            self._file.close()

    def _write(self, content: bytes) -> None:
        self._frame(zlib.compress(content, _LEVEL))

    def _frame(self, packed: bytes) -> None:
        self.size += self._file.write(_HEAD.pack(len(packed), zlib.crc32(packed)) + packed)


def _created(home: Path, now: Nanos) -> BinaryIO:
    """A new file called after its moment, or after the next one that is free."""
    while True:
        path = home / f"{now:020d}{SUFFIX}"
        try:
            return path.open("xb")
        except FileExistsError:
            now = Nanos(now + 1)


def segments(folder: Path, symbol: str | None = None) -> list[Path]:
    """The segments in `folder`, by symbol and then by time."""
    homes = [folder / symbol] if symbol else sorted(path for path in folder.glob("*"))
    return [path for home in homes for path in sorted(home.glob(f"*{SUFFIX}"))]


def began(path: Path) -> Nanos:
    """When a segment begins. Raises InvalidDataError."""
    if not path.stem.isdigit():
        raise InvalidDataError(str(path), "is not called as a segment of the journal")
    return Nanos(int(path.stem))


def end_of(path: Path) -> SegmentEnd:
    """How a segment ends; reads the heads of its frames only. Raises OSError."""
    left, last = path.stat().st_size - len(MAGIC), b""
    with path.open("rb") as file:
        file.seek(len(MAGIC))
        while left >= _HEAD.size:
            length, _ = _HEAD.unpack(file.read(_HEAD.size))
            left -= _HEAD.size + length
            if left < 0:
                return SegmentEnd.CUT
            last = file.read(min(length, len(_END) + 1))
            file.seek(length - len(last), os.SEEK_CUR)
    if left:
        return SegmentEnd.CUT
    return SegmentEnd.CLOSED if last == _END else SegmentEnd.OPEN


def read_segment(path: Path) -> tuple[Beginning, Iterator[Turn]]:
    """How it begins, and its turns. Raises InvalidDataError where it is damaged."""
    frames = _frames(path)
    first = next(frames, None)
    if first is None:
        raise InvalidDataError(str(path), "ends before it has begun")
    return _decoded(path, first, Beginning), _turns(path, frames)


def _turns(path: Path, frames: Iterator[bytes]) -> Iterator[Turn]:
    for frame in frames:
        yield from _decoded(path, frame, list[Turn])


def _decoded(path: Path, frame: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.msgpack.decode(frame, type=kind)
    except msgspec.ValidationError:  # a number by its digits?
        return _decoded_loosely(path, frame, kind)
    except msgspec.DecodeError as error:
        raise InvalidDataError(str(path), f"is not a journal of this version: {error}") from None


def _decoded_loosely(path: Path, frame: bytes, kind: type[Kind]) -> Kind:
    try:
        return msgspec.msgpack.decode(frame, type=kind, strict=False)
    except msgspec.DecodeError as error:
        raise InvalidDataError(str(path), f"is not a journal of this version: {error}") from None


def _frames(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        if file.read(len(MAGIC)) != MAGIC:
            raise InvalidDataError(str(path), "is not a segment of the journal")
        while len(head := file.read(_HEAD.size)) == _HEAD.size:
            length, checksum = _HEAD.unpack(head)
            if length > FRAME_MAX:
                raise InvalidDataError(str(path), f"claims a frame of {length} bytes")
            packed = file.read(length)
            if len(packed) < length:
                return
            if zlib.crc32(packed) != checksum:
                raise InvalidDataError(str(path), f"is damaged before byte {file.tell()}")
            yield _unpacked(path, packed)


def _unpacked(path: Path, packed: bytes) -> bytes:
    unpacking = zlib.decompressobj()
    content = unpacking.decompress(packed, UNPACKED_MAX)
    if unpacking.unconsumed_tail:
        raise InvalidDataError(str(path), f"has a frame of more than {UNPACKED_MAX} bytes")
    return content


def drop_oldest(folder: Path, keep_bytes: int) -> int:
    """Delete the oldest segments until at most `keep_bytes` are left; the newest of each symbol
    stays. Returns how many were deleted."""
    known = [(began(path), path) for path in segments(folder)]
    newest = {path.parent: path for _, path in known}
    sizes = {path: _size_of(path) for _, path in known}
    total, gone = sum(sizes.values()), 0
    for _, path in sorted(known):
        if total <= keep_bytes:
            break
        if path != newest[path.parent]:
            path.unlink(missing_ok=True)
            total, gone = total - sizes[path], gone + 1
    return gone


def _size_of(path: Path) -> int:
    """Nothing where another worker has just deleted it."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0

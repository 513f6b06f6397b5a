"""LZ4 frames, unpacked block by block: Hyperliquid's archive is packed so.

Source: the LZ4 frame format 1.6 and the LZ4 block format. Checksums are not verified: a damaged
file shows in its lines. Blocks hold 4 MiB at most, which bounds what is in memory.
"""

import io
from typing import BinaryIO

from typing_extensions import Buffer, override

LZ4_MAGIC = b"\x04\x22\x4d\x18"

_BLOCK_BYTES = {4: 64 << 10, 5: 256 << 10, 6: 1 << 20, 7: 4 << 20}
_WINDOW = 64 << 10
_STORED = 1 << 31
_VERSION = 1


class Lz4Error(Exception):
    """Data that are no LZ4 frame."""


class Lz4Reader(io.RawIOBase):
    """The unpacked content of the frames of a file. Reading raises Lz4Error for damaged data and
    EOFError where they end early."""

    def __init__(self, raw: BinaryIO) -> None:
        super().__init__()
        self._raw = raw
        self._content = b""
        self._at = 0
        self._window = b""
        self._block_max = 0
        self._flags = 0
        self._in_frame = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer, /) -> int:
        into = memoryview(buffer)
        while self._at == len(self._content):
            if not self._next_block():
                return 0
        piece = self._content[self._at : self._at + len(into)]
        into[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)

    def _next_block(self) -> bool:
        """Unpack another block; False at the end of the file."""
        if not self._in_frame and not self._begin_frame():
            return False
        size = int.from_bytes(self._exactly(4), "little")
        if size == 0:
            if self._flags & 0x04:
                self._exactly(4)  # the content's checksum
            self._in_frame = False
            return True
        stored, size = bool(size & _STORED), size & (_STORED - 1)
        if size > self._block_max:
            raise Lz4Error("a block larger than its frame allows")
        block = self._exactly(size)
        if self._flags & 0x10:
            self._exactly(4)  # the block's checksum
        linked = not self._flags & 0x20
        before = self._window if linked else b""
        self._content = block if stored else unpack_block(block, before, self._block_max)
        self._at = 0
        if linked:
            self._window = (self._window + self._content)[-_WINDOW:]
        return True

    def _begin_frame(self) -> bool:
        magic = self._raw.read(4)
        if not magic:
            return False
        if magic != LZ4_MAGIC:
            raise Lz4Error("no LZ4 frame")
        flags, sizes = self._exactly(2)
        self._flags = flags
        if flags >> 6 != _VERSION or flags & 0x01 or sizes >> 4 & 7 not in _BLOCK_BYTES:
            raise Lz4Error("an LZ4 frame of an unknown version or with a dictionary")
        self._block_max = _BLOCK_BYTES[sizes >> 4 & 7]
        self._exactly(8 if flags & 0x08 else 0)  # the content's size
        self._exactly(1)  # the header's checksum
        self._window, self._in_frame = b"", True
        return True

    def _exactly(self, size: int) -> bytes:
        content = self._raw.read(size)
        if len(content) < size:
            raise EOFError
        return content


def unpack_block(block: bytes, before: bytes, size_max: int) -> bytes:
    """One LZ4 block; `before` is what its matches may reach back to. Raises Lz4Error."""
    out, at = bytearray(before), 0
    most = len(before) + size_max
    try:
        while True:
            token = block[at]
            literals, at = _length(block, at + 1, token >> 4)
            if at + literals > len(block):
                raise Lz4Error("literals beyond the block")
            out += block[at : at + literals]
            at += literals
            if at == len(block):
                break
            offset = block[at] | block[at + 1] << 8
            matched, at = _length(block, at + 2, token & 15)
            if len(out) + matched + 4 > most:
                raise Lz4Error("a block that unpacks to more than its frame allows")
            _repeat(out, offset, matched + 4)
    except IndexError:
        raise Lz4Error("a block that ends early") from None
    return bytes(out[len(before) :])


def _length(block: bytes, at: int, nibble: int) -> tuple[int, int]:
    """A length that begins with a nibble, and where it ends."""
    if nibble < 15:  # noqa: PLR2004  # the largest nibble says that bytes follow
        return nibble, at
    length = nibble
    while True:
        more = block[at]
        length, at = length + more, at + 1
        if more != 255:  # noqa: PLR2004  # a full byte says that another follows
            return length, at


def _repeat(out: bytearray, offset: int, length: int) -> None:
    """Append `length` bytes from `offset` back; they may overlap with what is appended."""
    if not 0 < offset <= len(out):
        raise Lz4Error("a match before the beginning")
    start = len(out) - offset
    if offset >= length:
        out += out[start : start + length]
    else:
        piece = bytes(out[start:])
        out += (piece * (length // offset + 1))[:length]

"""DBN, Databento's binary encoding: files plain or packed with zstd, record by record.

Source: databento.com/docs, "Databento Binary Encoding": metadata, then records whose first byte is
their length in words of four bytes and whose second is their type. Metadata and records are
decoded by databento-dbn, zstd by zstandard, both of the extra `databento`. The frame of each record
is checked before the library has it, which ends the process's work at one that is too short.
"""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol, cast

import databento_dbn
import zstandard
from msgspec import Struct

from market_maker.model.errors import InvalidDataError
from market_maker.venues.recorded.detection import DBN_MAGIC, ZSTD_MAGIC
from market_maker.venues.recorded.lines import (
    UNPACKED_FREE,
    UNPACKED_RATIO_MAX,
    Progress,
    file_size,
)

CHUNK_BYTES = 1 << 20
METADATA_BYTES_MAX = 16 << 20
"""A file of ten thousand symbols has less than a tenth of it."""

WORD_BYTES = 4
HEADER_BYTES = 16
"""Of every record."""

_TS_OUT_BYTES = 8
_PREAMBLE_BYTES = 8
_SIZES = {
    0x00: databento_dbn.TradeMsg.size_hint,
    0x01: databento_dbn.MBP1Msg.size_hint,
    0x0A: databento_dbn.MBP10Msg.size_hint,
    0xA0: databento_dbn.MBOMsg.size_hint,
}
"""The length of each type of record that is read."""

_DAMAGES = (zstandard.ZstdError, databento_dbn.DBNError, ValueError, OverflowError, EOFError)


class DbnLevel(Protocol):
    """A bid and an ask of one depth; prices in billionths."""

    bid_px: int
    ask_px: int
    bid_sz: int
    ask_sz: int


class Record(Protocol):
    """What the records that are read have in common. action, side: their letters. A record of an
    order has order_id, one of a book levels."""

    publisher_id: int
    instrument_id: int
    ts_event: int
    ts_recv: int
    price: int
    size: int
    flags: int
    action: object
    side: object
    order_id: int
    levels: list[DbnLevel]


class Odd(Struct, frozen=True):
    """A record that is left out: of another type, or of a length that cannot be. lost: nothing
    after it can be found."""

    why: str
    lost: bool = False
    malformed: bool = True


class Heading(Struct, frozen=True):
    """What a file says of itself. ids: instruments by their symbol."""

    symbols: tuple[str, ...]
    ids: dict[str, frozenset[int]]
    ts_out: bool


class DbnFile:
    """One file. Raises InvalidDataError for one that cannot be opened, is damaged, or unpacks to
    more than a capture does."""

    def __init__(self, path: Path) -> None:
        self._path, self._size = path, file_size(path)

    def heading(self) -> Heading:
        """Its metadata."""
        with self._path.open("rb") as raw:
            try:
                return _heading(_stream(raw))
            except _DAMAGES as error:
                raise self._damaged(error) from None

    def records(self, progress: Progress) -> Iterator[Record | Odd]:
        """All of them, in order. progress: of bytes of the file as it lies on disk."""
        room = max(UNPACKED_FREE, UNPACKED_RATIO_MAX * self._size)
        with self._path.open("rb") as raw:
            try:
                stream = _stream(raw)
                frames, read = Frames(_heading(stream)), 0
                while chunk := stream.read(CHUNK_BYTES):
                    read += len(chunk)
                    if read > room:
                        problem = "unpacks to too much: this is no capture"
                        raise InvalidDataError(self._path.name, problem)
                    yield from frames.take(chunk)
                    progress(min(raw.tell(), self._size), self._size)
                yield from frames.end()
            except _DAMAGES as error:
                raise self._damaged(error) from None

    def _damaged(self, error: Exception) -> InvalidDataError:
        reason = " ".join(str(error).split())[:120]
        return InvalidDataError(self._path.name, f"is damaged, or no DBN file: {reason}")


class Frames:
    """Bytes in pieces of any length become records."""

    def __init__(self, heading: Heading) -> None:
        self._extra = _TS_OUT_BYTES if heading.ts_out else 0
        self._decoder = databento_dbn.DBNDecoder(
            has_metadata=False, ts_out=heading.ts_out, input_version=databento_dbn.DBN_VERSION
        )
        self._left = b""
        self._lost = False

    def take(self, chunk: bytes) -> Iterator[Record | Odd]:
        """Those that end within `chunk`."""
        if self._lost:
            return
        data, at, whole = self._left + chunk, 0, 0
        while len(data) - at >= HEADER_BYTES:
            length = data[at] * WORD_BYTES
            if length < HEADER_BYTES:
                yield from self._decoded(data[whole:at])
                self._lost, self._left = True, b""
                yield Odd("a record shorter than its header: what follows is lost", lost=True)
                return
            if len(data) - at < length:
                break
            odd = self._odd(data[at + 1], length)
            if odd is not None:
                yield from self._decoded(data[whole:at])
                yield odd
                whole = at + length
            at += length
        yield from self._decoded(data[whole:at])
        self._left = data[at:]

    def end(self) -> Iterator[Odd]:
        """A record that is cut off, if there is one."""
        if self._left:
            yield Odd("the last record is cut off")

    def _odd(self, kind: int, length: int) -> Odd | None:
        expected = _SIZES.get(kind)
        if expected is None:
            return Odd(f"record of type {kind}", malformed=False)
        if length != expected + self._extra:
            return Odd(f"a record of type {kind} of {length} bytes")
        return None

    def _decoded(self, data: bytes) -> Iterator[Record]:
        if data:
            yield from cast("list[Record]", self._decoder.write_and_decode(data))


def _stream(raw: BinaryIO) -> BinaryIO:
    packed = raw.read(len(ZSTD_MAGIC)) == ZSTD_MAGIC
    raw.seek(0)
    if not packed:
        return raw
    reader = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
    return cast("BinaryIO", io.BufferedReader(cast("io.RawIOBase", reader), CHUNK_BYTES))


def _heading(stream: BinaryIO) -> Heading:
    preamble = stream.read(_PREAMBLE_BYTES)
    length = int.from_bytes(preamble[4:], "little")
    if len(preamble) < _PREAMBLE_BYTES or not preamble.startswith(DBN_MAGIC):
        raise ValueError("it does not begin with DBN")  # shown with the file's name
    if length > METADATA_BYTES_MAX:
        raise ValueError("its metadata have no end")  # shown with the file's name
    found = databento_dbn.Metadata.decode(preamble + stream.read(length))
    ids = _ids(found)
    if not all(symbol.isprintable() for symbol in (*found.symbols, *ids)):
        raise ValueError("one of its symbols is no text")
    return Heading(tuple(found.symbols), ids, bool(found.ts_out))


def _ids(metadata: databento_dbn.Metadata) -> dict[str, frozenset[int]]:
    """Which instruments a symbol is, in whichever direction the file maps them."""
    found: dict[str, set[int]] = {}
    for name, intervals in metadata.mappings.items():
        for interval in intervals:
            symbol, number = name, interval["symbol"]
            if not number.isdecimal():
                symbol, number = number, name
            if number.isdecimal():
                found.setdefault(symbol, set()).add(int(number))
    return {symbol: frozenset(numbers) for symbol, numbers in found.items()}

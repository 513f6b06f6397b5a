"""Lines of capture files, plain, gzip, lz4 or zip: `<receive time> <JSON>`, in one of many ways."""

import gzip
import heapq
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeAlias, cast

import msgspec
from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.venues.recorded.counting import CaptureCounts
from market_maker.venues.recorded.lz4_frames import LZ4_MAGIC, Lz4Error, Lz4Reader
from market_maker.venues.recorded.rows import UNSTAMPED, MarketRows
from market_maker.venues.recorded.stamps import nanos_of_text

Progress: TypeAlias = Callable[[int, int], None]
"""Called with (bytes read, bytes in all) of the files as they lie on disk, now and then."""

PROGRESS_EVERY_LINES = 2_000
FOREIGN_AFTER_LINES = 100
"""A file whose first lines hold nothing that is understood is of another format."""

MALFORMED_LINES_MAX = 10
MALFORMED_SHARE_MAX = 0.01
"""A capture with more lines malformed than both of these is refused."""

LINE_BYTES_MAX = 16 << 20
"""The longest lines there are, snapshots of a whole book, have a fiftieth of this. A line without
an end would fill the memory, and gzip hides gigabytes in a megabyte."""

UNPACKED_FREE = 64 << 20
UNPACKED_RATIO_MAX = 200
"""A file that unpacks to more bytes than both of these, the second times its own, is no capture:
real ones unpack to some twenty times their size, and a bomb to a thousand times."""

OTHERS_NAMED_MAX = 20

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
"""With which some editors and spreadsheets begin a text."""

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
PACKINGS = {
    GZIP_MAGIC: "gzip",
    LZ4_MAGIC: "lz4",
    ZIP_MAGIC: "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ"[:4]: "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}
PACKED = tuple(PACKINGS)

_BESIDE = re.compile(r"/$|^__MACOSX/|(^|/)\.DS_Store$")
"""Entries of a zip that are folders, or what macOS puts beside the files."""

_DAMAGES = (
    gzip.BadGzipFile,
    zlib.error,
    Lz4Error,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
    UnicodeDecodeError,
)
"""What reading packed data raises where they were altered."""


class ForeignLineError(DomainError):
    """A line that shows that the whole capture is of another format."""


class NumberedLine(Struct, frozen=True, gc=False):
    """A line as it lies in its file, numbered from 1."""

    file: str
    number: int
    content: bytes

    @property
    def source(self) -> str:
        """Where it is, for people."""
        return f"{self.file}: line {self.number}"


class ReceivedLine(Struct, frozen=True, gc=False):
    """What a line says, and when it was received; UNSTAMPED where that is not written. address: of
    a request whose answer it is; a line about a connection alone has an address and no payload."""

    ts_recv: int
    payload: bytes
    address: str = ""


class LineDecoder(Protocol):
    """Turns the JSON of lines into rows."""

    def decode(self, ts_recv: int, payload: bytes, address: str) -> None:
        """Raises msgspec.DecodeError for a malformed line, InvalidFieldError for an impossible one,
        ForeignLineError where the capture is of another format."""

    def finish(self) -> None:
        """After the last line."""


class CaptureLines:
    """Several files, in order, as one stream of numbered lines."""

    def __init__(self, paths: Sequence[Path], progress: Progress) -> None:
        self.paths, self.progress = paths, progress
        self._total = sum(file_size(path) for path in paths)
        self._done: dict[Path, int] = {}

    def __iter__(self) -> Iterator[NumberedLine]:
        for path in self.paths:
            yield from self.of(path)

    def of(self, path: Path) -> Iterator[NumberedLine]:
        """The lines of one of the files. Raises InvalidDataError as the module's limits say."""
        with _opened(path) as raw:
            yield from self._file(path, raw)
        self._tell(path, file_size(path))

    def _file(self, path: Path, raw: BinaryIO) -> Iterator[NumberedLine]:
        number, room = 0, max(UNPACKED_FREE, UNPACKED_RATIO_MAX * file_size(path))
        try:
            stream = unpacked(raw)
            lines = _without_mark(iter(partial(stream.readline, LINE_BYTES_MAX), b""))
            for number, line in enumerate(lines, start=1):
                if len(line) == LINE_BYTES_MAX:
                    problem = f"longer than {LINE_BYTES_MAX >> 20} MiB: this is no capture"
                    raise InvalidDataError(f"{path.name}: line {number}", problem)
                room -= len(line)
                if room < 0:
                    size = file_size(path)
                    problem = f"{size} bytes that unpack to so many: this is no capture"
                    raise InvalidDataError(f"{path.name}: line {number}", problem)
                yield NumberedLine(path.name, number, line)
                if number % PROGRESS_EVERY_LINES == 0:
                    self._tell(path, raw.tell())
        except EOFError:
            problem = "the packed data end early: the file is truncated; copy it again"
            raise InvalidDataError(f"{path.name}: line {number + 1}", problem) from None
        except _DAMAGES as error:
            problem = f"the packed data are damaged ({error}); copy the file again"
            raise InvalidDataError(f"{path.name}: line {number + 1}", problem) from None
        except OSError as error:
            problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
            raise InvalidDataError(f"{path.name}: line {number + 1}", problem) from None

    def _tell(self, path: Path, done: int) -> None:
        self._done[path] = done
        self.progress(sum(self._done.values()), self._total)


def _without_mark(lines: Iterator[bytes]) -> Iterator[bytes]:
    for first in lines:
        yield first.removeprefix(BYTE_ORDER_MARK)
        break
    yield from lines


def unpacked(raw: BinaryIO) -> BinaryIO:
    """What a file holds, by its first bytes and not by its name. Raises InvalidDataError for a zip
    of several files, or of none, and for what is packed twice."""
    content = _unpacked_once(raw)
    if content is not raw and (begins := content.peek(4)[:4]).startswith(PACKED):
        packed = next(name for magic, name in PACKINGS.items() if begins.startswith(magic))
        problem = f"it holds a file that is packed by {packed} itself: unpack it once"
        raise InvalidDataError(Path(raw.name).name, problem)
    return cast("BinaryIO", content)


def _unpacked_once(raw: BinaryIO) -> Any:
    magic = raw.read(4)
    raw.seek(0)
    if magic[:2] == GZIP_MAGIC:
        return gzip.GzipFile(fileobj=raw)
    if magic == LZ4_MAGIC:
        return io.BufferedReader(Lz4Reader(raw), 1 << 20)
    if magic == ZIP_MAGIC:
        archive = zipfile.ZipFile(raw)
        names = [name for name in archive.namelist() if not _BESIDE.search(name)]
        if len(names) != 1:
            problem = f"it holds {len(names)} files: unpack it and name those of one capture"
            if {"meta.json", "ticks.npy"} <= set(names):
                problem = "is a recording already, which `replay`, `compare` and `estimates` take"
            raise InvalidDataError(Path(raw.name).name, problem)
        return archive.open(names[0])
    return raw


def received_line(line: bytes) -> ReceivedLine | None:
    """A line taken apart, or None where it does not begin with a receive time.

    `<time> <JSON>`, time in s (with decimals too), ms, us or ns; `<seconds>: <JSON>`,
    `<address> -> <seconds>: <JSON>` and lines about connections, as cryptofeed writes them; JSON
    alone. Raises InvalidFieldError.
    """
    if line[:1] in {b"{", b"["}:
        return ReceivedLine(UNSTAMPED, line)
    head, _, rest = line.partition(b" ")
    if head.replace(b".", b"", 1).isdigit():
        return ReceivedLine(nanos_of_text("receive time", head.decode()), rest)
    if head.endswith(b":") and head[:1].isdigit():
        return ReceivedLine(nanos_of_text("receive time", head[:-1].decode("latin-1")), rest)
    if b"://" in head:
        return _about_connection(head.decode("latin-1"), rest)
    if head == b"configuration:":
        return ReceivedLine(UNSTAMPED, b"", "configuration")
    return None


def _about_connection(address: str, rest: bytes) -> ReceivedLine | None:
    arrow, _, told = rest.partition(b" ")
    stamp, _, payload = told.partition(b" ")
    text = stamp.strip().rstrip(b":").decode("latin-1")
    if arrow not in {b"->", b"<-", b"<->"} or not text:
        return None
    ts_recv = nanos_of_text("receive time", text)
    return ReceivedLine(ts_recv, payload if arrow == b"->" else b"", address)


def in_order_of_receipt(
    lines: CaptureLines,
) -> Iterator[tuple[NumberedLine, ReceivedLine | DomainError | None]]:
    """Lines of all files, taken apart; where there are several, the earliest comes first, so that
    parts may overlap and be given in any order."""
    if len(lines.paths) == 1:
        return ((line, received) for _, line, received in _taken_apart(lines, lines.paths[0]))
    streams = [_taken_apart(lines, path) for path in lines.paths]
    merged = heapq.merge(*streams, key=lambda entry: entry[0])
    return ((line, received) for _, line, received in merged)


def _taken_apart(
    lines: CaptureLines, path: Path
) -> Iterator[tuple[int, NumberedLine, ReceivedLine | DomainError | None]]:
    latest = 0
    for line in lines.of(path):
        received: ReceivedLine | DomainError | None
        try:
            received = received_line(line.content)
        except DomainError as error:
            received = error
        if isinstance(received, ReceivedLine):
            latest = max(latest, received.ts_recv)
        yield latest, line, received


def decode_lines(
    lines: CaptureLines, decoder: LineDecoder, rows: MarketRows, format_name: str
) -> None:
    """Pass every line to the decoder. A line that says what cannot be is counted and leaves no row.
    Raises InvalidDataError as the module's limits say."""
    counts, name = rows.counts, lines.paths[0].name
    for line, received in in_order_of_receipt(lines):
        counts.lines += 1
        _decode_line(line, received, decoder, rows)
        if counts.lines == FOREIGN_AFTER_LINES:
            refuse_foreign(counts, line.file, format_name)
    refuse_foreign(counts, name, format_name)
    if counts.kinds.total() == 0:
        others = ", ".join(sorted(counts.of_others())[:OTHERS_NAMED_MAX])
        raise InvalidDataError(name, f"it holds nothing of the symbol, but of {others}")
    decoder.finish()
    if counts.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * counts.lines):
        problem = f"{counts.malformed} of {counts.lines} lines are malformed ({counts.samples[0]})"
        raise InvalidDataError(name, problem)


def _decode_line(
    line: NumberedLine,
    received: ReceivedLine | DomainError | None,
    decoder: LineDecoder,
    rows: MarketRows,
) -> None:
    counts = rows.counts
    if isinstance(received, DomainError):
        counts.see_malformed(line.source, str(received))
    elif received is None and line.content.strip():
        counts.see_malformed(line.source, "does not start with a receive time")
    elif received is None or not received.payload.strip():
        said = received is not None and received.address
        counts.left_out["about connections" if said else "empty"] += 1
    else:
        problem = _problem_of(received, decoder, rows, line)
        if problem:
            rows.take_back()
            counts.see_malformed(line.source, problem)


def _problem_of(
    received: ReceivedLine, decoder: LineDecoder, rows: MarketRows, line: NumberedLine
) -> str:
    """Decode one line; what is wrong with it, or nothing."""
    rows.mark()
    try:
        decoder.decode(received.ts_recv, received.payload, received.address)
    except msgspec.DecodeError as error:
        return str(error)
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return "nested too deeply"
    except ForeignLineError as error:
        raise InvalidDataError(line.source, str(error)) from None
    except DomainError as error:
        return str(error)
    return ""


def refuse_foreign(counts: CaptureCounts, name: str, format_name: str) -> None:
    """Raises InvalidDataError when nothing was understood so far, not even of another symbol."""
    if counts.kinds.total() == 0 and not counts.of_others():
        seen = f" ({counts.samples[0]})" if counts.samples else ""
        problem = f"not a {format_name} capture: no line of the first {counts.lines} is one{seen}"
        raise InvalidDataError(name, problem)


def file_size(path: Path) -> int:
    """Bytes on disk. Raises InvalidDataError for what is no readable file."""
    try:
        if path.exists() and not path.is_file():
            raise InvalidDataError(str(path), "is a folder, a pipe or a device, not a file")
        return path.stat().st_size
    except OSError as error:
        raise InvalidDataError(str(path), (error.strerror or str(error)).lower()) from None


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise InvalidDataError(str(path), (error.strerror or str(error)).lower()) from None

"""Lines of capture files, plain or gzip: `<receive time, ns> <JSON>` each."""

import gzip
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Protocol, TypeAlias, cast

import msgspec

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.venues.recorded.rows import Tally

Progress: TypeAlias = Callable[[int, int], None]
"""Told (bytes read, bytes in all) of the files as they lie on disk, now and then."""

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

PART_OVERLAP_NS_MAX = NANOS_PER_SECOND
"""A file that begins earlier than this before the end of the one in front is out of order."""

STAMP_DIGITS = 19
"""Of nanoseconds since the epoch, from 2001 to 2286."""

_GZIP_MAGIC = b"\x1f\x8b"


class Decoder(Protocol):
    """Turns the JSON of one line into rows."""

    def decode(self, ts_recv: int, payload: bytes) -> None:
        """Raises msgspec.DecodeError for a malformed line, DomainError for an impossible one."""


class Lines:
    """Several files, in order, as one stream of (file name, line number, line)."""

    def __init__(self, paths: Sequence[Path], progress: Progress) -> None:
        self.paths, self.progress = paths, progress
        self._total = sum(_size(path) for path in paths)

    def __iter__(self) -> Iterator[tuple[str, int, bytes]]:
        done = 0
        for path in self.paths:
            with path.open("rb") as raw:
                for number, line in self._file(path, raw, done):
                    yield path.name, number, line
            done += _size(path)
            self.progress(done, self._total)

    def _file(self, path: Path, raw: BinaryIO, done: int) -> Iterator[tuple[int, bytes]]:
        packed = raw.read(2) == _GZIP_MAGIC
        raw.seek(0)
        stream = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if packed else raw
        number, room = 0, max(UNPACKED_FREE, UNPACKED_RATIO_MAX * _size(path))
        try:
            lines = iter(partial(stream.readline, LINE_BYTES_MAX), b"")
            for number, line in enumerate(lines, start=1):
                if len(line) == LINE_BYTES_MAX:
                    problem = f"longer than {LINE_BYTES_MAX >> 20} MiB: this is no capture"
                    raise InvalidDataError(f"{path.name}: line {number}", problem)
                room -= len(line)
                if room < 0:
                    problem = f"{_size(path)} bytes that unpack to so many: this is no capture"
                    raise InvalidDataError(f"{path.name}: line {number}", problem)
                yield number, line
                if number % PROGRESS_EVERY_LINES == 0:
                    self.progress(done + raw.tell(), self._total)
        except EOFError:
            problem = "the gzip data end early: the file is truncated; copy it again"
            raise InvalidDataError(f"{path.name}: line {number + 1}", problem) from None
        except (gzip.BadGzipFile, zlib.error) as error:
            problem = f"the gzip data are damaged ({error}); copy the file again"
            raise InvalidDataError(f"{path.name}: line {number + 1}", problem) from None


def decode_lines(lines: Lines, decoder: Decoder, tally: Tally, format_name: str) -> None:
    """Give every line to the decoder. Raises InvalidDataError as the module's limits say."""
    last_recv = 0
    for name, number, line in lines:
        tally.lines += 1
        stamp, _, payload = line.partition(b" ")
        if len(stamp) != STAMP_DIGITS or not stamp.isdigit():
            problem = "does not start with a receive time in nanoseconds"
            tally.see_malformed(f"{name}: line {number}", problem)
        else:
            ts_recv = int(stamp)
            if number == 1 and ts_recv < last_recv - PART_OVERLAP_NS_MAX:
                problem = "begins before the file in front of it ends: give the parts in order"
                raise InvalidDataError(name, problem)
            if ts_recv < last_recv:
                tally.receipt_reversals += 1
                ts_recv = last_recv
            last_recv = ts_recv
            _decode_line(decoder, ts_recv, payload, tally, f"{name}: line {number}")
        if tally.lines == FOREIGN_AFTER_LINES:
            _refuse_foreign(tally, name, format_name)
    _refuse_foreign(tally, lines.paths[0].name, format_name)
    if tally.malformed > max(MALFORMED_LINES_MAX, MALFORMED_SHARE_MAX * tally.lines):
        problem = f"{tally.malformed} of {tally.lines} lines are malformed ({tally.samples[0]})"
        raise InvalidDataError(lines.paths[0].name, problem)


def _decode_line(decoder: Decoder, ts_recv: int, payload: bytes, tally: Tally, source: str) -> None:
    try:
        decoder.decode(ts_recv, payload)
    except msgspec.DecodeError as error:
        tally.see_malformed(source, str(error))
    except UnicodeDecodeError:
        tally.see_malformed(source, "not UTF-8")
    except DomainError as error:
        raise InvalidDataError(source, str(error)) from None


def _refuse_foreign(tally: Tally, name: str, format_name: str) -> None:
    if tally.kinds.total() == 0:
        seen = f" ({tally.samples[0]})" if tally.samples else ""
        problem = f"not a {format_name} capture: no line of the first {tally.lines} is one{seen}"
        raise InvalidDataError(name, problem)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as error:
        raise InvalidDataError(str(path), (error.strerror or str(error)).lower()) from None

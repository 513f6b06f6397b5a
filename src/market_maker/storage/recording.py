"""Recordings on disk: a zip of one .npy per column and meta.json; docs/recording-format.md."""

import contextlib
import hashlib
import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import msgspec
import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import NO_LIMITS
from market_maker.model.recording import Recording, RowKind
from market_maker.model.shared_fields import shared_fields
from market_maker.storage.funding_member import (
    FUNDING_BYTES_MAX,
    FUNDING_NAME,
    packed_payments,
    read_payments,
)

FORMAT_NAME = "market_maker recording"
FORMAT_VERSION = 4
WITHOUT_LIMITS = 3
WITHOUT_FUNDING = 2
VERSIONS_READ = (1, WITHOUT_FUNDING, WITHOUT_LIMITS, FORMAT_VERSION)
"""Version 1 had neither remarks nor a price grid. A recording without payments of funding is
written as version 2, which older builds read; one that has them would be counted wrong there. So
would one whose instrument has limits, which is of the newest version, with payments or without."""
META_NAME = "meta.json"
DEFLATE_LEVEL = 6
META_BYTES_MAX = 1 << 20

UNPACKED_FREE = 64 << 20
UNPACKED_RATIO_MAX = 200
"""More unpacked bytes than both of these, the second times those of the file, are no recording:
real ones unpack to some five times their size, and a bomb to a thousand times."""

READ_AT_ONCE = 1 << 20
"""Bytes unpacked in one go: so much more than what a member says it holds, and no more, is ever in
memory."""

COLUMNS = ("kind", "ticks", "lots", "ts_event", "ts_recv")
DELTA_COLUMNS = ("ticks", "ts_event", "ts_recv")

Column: TypeAlias = NDArray[np.int64]

_DAMAGES = (zlib.error, EOFError, NotImplementedError, RuntimeError, SyntaxError, ValueError)
"""What zipfile and numpy raise, beside BadZipFile, for bytes that were altered in their headers: an
unknown version, a wrong offset, a name or a dictionary that cannot be read."""

_INT64_MAX = 2**63 - 1
_BOUNDED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 1
_EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o644 << 16
_UNIX = 3
_NOT_ONE = "not a recording of market_maker; `market_maker import` makes one from a capture"


class RecordingSpan(Struct, frozen=True):
    """First and last receipt, nanoseconds since the epoch."""

    start: int
    end: int


class Coding(Struct, frozen=True):
    """A delta-coded column: values are first + unit * cumsum(stored)."""

    first: Annotated[int, msgspec.Meta(ge=0, le=_INT64_MAX)]
    unit: Annotated[int, msgspec.Meta(ge=1, le=_INT64_MAX)]


class Meta(Struct, frozen=True):
    """meta.json. checksum: SHA-256, hex, over the decoded columns as little-endian int64, in
    the order of COLUMNS, and then over the bytes of FUNDING_NAME where there is one."""

    format: str
    version: int
    instrument: Instrument
    clock_shift_ns: int
    origin: str
    rows: int
    span: RecordingSpan
    codings: dict[str, Coding]
    checksum: str
    remarks: tuple[str, ...] = ()


class _Head(Struct):
    format: str = ""
    version: int = -1


def write_recording(path: Path, recording: Recording) -> int:
    """Write the file whole or not at all; returns its size in bytes.

    The same recording makes the same bytes (with the same zlib). Raises InvalidDataError for
    a recording that breaks the rules of its format or a folder that cannot be written to.
    """
    columns = {name: getattr(recording, name).astype(np.int64) for name in COLUMNS}
    _check_columns(str(path), columns)
    funding = packed_payments(str(path), recording.funding) if recording.funding else b""
    packed = _pack(recording, columns, funding)
    try:
        _write_atomically(path, packed)
    except OSError as error:
        raise InvalidDataError(str(path), f"cannot be written: {_reason(error)}") from None
    return len(packed)


def read_recording(path: Path) -> Recording:
    """Read a file and check all of it. Raises InvalidDataError saying what is wrong with it."""
    source = str(path)
    if path.exists() and not path.is_file() and not path.is_dir():
        raise InvalidDataError(source, "is a pipe or a device, not a file")
    try:
        with zipfile.ZipFile(path) as archive:
            _check_packing(source, archive, path.stat().st_size)
            meta = _read_meta(source, archive)
            for name in COLUMNS:
                _check_claim(source, archive, name, meta.rows)
            stored = {name: _read_column(source, archive, name) for name in COLUMNS}
            funding = _read_funding(source, archive, meta.version)
    except FileNotFoundError:
        raise InvalidDataError(source, "there is no such file") from None
    except MemoryError:
        raise InvalidDataError(source, "more rows than this machine has memory for") from None
    except zipfile.BadZipFile as error:
        raise InvalidDataError(source, _what_it_is(path, error)) from None
    except _DAMAGES:
        raise InvalidDataError(source, "its contents are damaged; copy it again") from None
    except OSError as error:
        raise InvalidDataError(source, f"cannot be read: {_reason(error)}") from None
    columns = {name: _decoded(column, meta.codings.get(name)) for name, column in stored.items()}
    _check_columns(source, columns)
    _check_meta(source, meta, columns, funding)
    return Recording(
        **shared_fields(Recording, meta),
        funding=read_payments(source, funding) if funding else (),
        kind=columns["kind"].astype(np.uint8),
        ticks=columns["ticks"],
        lots=columns["lots"],
        ts_event=columns["ts_event"],
        ts_recv=columns["ts_recv"],
    )


def _pack(recording: Recording, columns: dict[str, Column], funding: bytes) -> bytes:
    codings = {name: _coding(columns[name]) for name in DELTA_COLUMNS}
    limited = recording.instrument.limits != NO_LIMITS
    meta = Meta(
        format=FORMAT_NAME,
        version=FORMAT_VERSION if limited else WITHOUT_LIMITS if funding else WITHOUT_FUNDING,
        **shared_fields(Meta, recording),
        span=RecordingSpan(recording.start, recording.end),
        codings=codings,
        checksum=_checksum(columns, funding),
    )
    shown = msgspec.to_builtins(meta)
    if not limited:
        del shown["instrument"]["limits"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        _add(archive, META_NAME, msgspec.json.format(msgspec.json.encode(shown), indent=2))
        for name, column in columns.items():
            _add(archive, f"{name}.npy", _npy(_encoded(column, codings.get(name))))
        if funding:
            _add(archive, FUNDING_NAME, funding)
    return packed.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    info = zipfile.ZipInfo(name, date_time=_EPOCH_OF_ZIP)
    info.create_system, info.external_attr = _UNIX, _PLAIN_FILE
    archive.writestr(info, content, zipfile.ZIP_DEFLATED, DEFLATE_LEVEL)


def _npy(column: NDArray[Any]) -> bytes:
    content = io.BytesIO()
    np.lib.format.write_array(content, column, version=(1, 0), allow_pickle=False)
    return content.getvalue()


def _coding(column: Column) -> Coding:
    steps = np.diff(column)
    unit = int(np.gcd.reduce(steps)) if len(steps) else 0
    return Coding(first=int(column[0]), unit=unit or 1)


def _encoded(column: Column, coding: Coding | None) -> NDArray[Any]:
    if coding is not None:
        column = np.diff(column, prepend=coding.first) // coding.unit
    low, high = int(column.min()), int(column.max())
    for width in ("<u1", "<i2", "<i4"):
        limits = np.iinfo(width)
        if limits.min <= low and high <= limits.max:
            return column.astype(width)
    return column.astype("<i8")


def _decoded(stored: Column, coding: Coding | None) -> Column:
    if coding is None:
        return stored
    return coding.first + coding.unit * np.cumsum(stored)


def _checksum(columns: dict[str, Column], funding: bytes) -> str:
    digest = hashlib.sha256()
    for name in COLUMNS:
        digest.update(columns[name].astype("<i8").tobytes())
    digest.update(funding)
    return digest.hexdigest()


def _read_funding(source: str, archive: zipfile.ZipFile, version: int) -> bytes:
    """The bytes of the payments: none before version 3, and where a newer one has none."""
    if version < WITHOUT_LIMITS:
        return b""
    try:
        size = archive.getinfo(FUNDING_NAME).file_size
    except KeyError:
        if version == FORMAT_VERSION:
            return b""
        raise InvalidDataError(source, f"the member {FUNDING_NAME!r} is missing") from None
    if size > FUNDING_BYTES_MAX:
        raise InvalidDataError(source, f"{FUNDING_NAME}: {size} bytes are more than there can be")
    return _unpacked(archive, FUNDING_NAME)


def _read_meta(source: str, archive: zipfile.ZipFile) -> Meta:
    try:
        if archive.getinfo(META_NAME).file_size > META_BYTES_MAX:
            raise InvalidDataError(source, _NOT_ONE)
        content = _unpacked(archive, META_NAME)
        head = msgspec.json.decode(content, type=_Head)
    except (KeyError, msgspec.DecodeError):
        raise InvalidDataError(source, _NOT_ONE) from None
    if head.format != FORMAT_NAME:
        raise InvalidDataError(source, _NOT_ONE)
    if head.version not in VERSIONS_READ:
        older = head.version < FORMAT_VERSION
        remedy = "import the capture again" if older else "install a newer market_maker"
        problem = f"format version {head.version}; this build reads 1 to {FORMAT_VERSION}: {remedy}"
        raise InvalidDataError(source, problem)
    try:
        return msgspec.json.decode(content, type=Meta)
    except (msgspec.DecodeError, DomainError) as error:
        raise InvalidDataError(source, f"{META_NAME}: {error}") from None


def _check_packing(source: str, archive: zipfile.ZipFile, size: int) -> None:
    """Check the zip's directory before anything is unpacked."""
    members = archive.infolist()
    if any(m.compress_type not in _BOUNDED or m.flag_bits & _ENCRYPTED for m in members):
        raise InvalidDataError(source, "is packed in a way that a recording never is")
    unpacked = sum(member.file_size for member in members)
    if unpacked > max(UNPACKED_FREE, UNPACKED_RATIO_MAX * size):
        problem = f"unpacks to {unpacked} bytes from {size}: this is no recording"
        raise InvalidDataError(source, problem)


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member, as long as it says to be: its data may go on, and are not unpacked further."""
    content = bytearray()
    with archive.open(name) as member:
        while piece := member.read(READ_AT_ONCE):
            content += piece
    return bytes(content)


def _check_claim(source: str, archive: zipfile.ZipFile, name: str, rows: int) -> None:
    """Check a column's header before anything is unpacked: a few kilobytes of zip can claim
    to hold more than any memory."""
    try:
        with archive.open(f"{name}.npy") as member:
            np.lib.format.read_magic(member)
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
            header = member.tell()
    except KeyError:
        raise InvalidDataError(source, f"the column {name!r} is missing") from None
    except ValueError:
        raise InvalidDataError(source, f"the column {name!r} is damaged") from None
    if len(shape) != 1 or dtype.kind not in "iu":
        raise InvalidDataError(source, f"the column {name!r} is not a list of integers")
    if shape[0] != rows:
        problem = f"the column {name!r} has {shape[0]} rows, {META_NAME} says {rows}"
        raise InvalidDataError(source, problem)
    if archive.getinfo(f"{name}.npy").file_size != header + rows * dtype.itemsize:
        raise InvalidDataError(source, f"the column {name!r} is damaged")


def _read_column(source: str, archive: zipfile.ZipFile, name: str) -> Column:
    content = io.BytesIO(_unpacked(archive, f"{name}.npy"))
    try:
        column: NDArray[Any] = np.lib.format.read_array(content, allow_pickle=False)
    except ValueError:
        raise InvalidDataError(source, f"the column {name!r} is damaged") from None
    return column.astype(np.int64)


def _check_columns(source: str, columns: dict[str, Column]) -> None:
    """Raise InvalidDataError for the first rule that the columns break."""
    for problem in _problems(columns):
        raise InvalidDataError(source, problem)


def _problems(columns: dict[str, Column]) -> Iterator[str]:
    rows = len(columns["kind"])
    if any(len(column) != rows for column in columns.values()):
        lengths = ", ".join(f"{name} {len(column)}" for name, column in columns.items())
        yield f"columns of unequal length: {lengths}"
        return
    if rows == 0:
        yield "it holds no rows"
        return
    kind, ticks, lots = columns["kind"], columns["ticks"], columns["lots"]
    unknown = kind > max(RowKind)
    priced = kind <= RowKind.BEST_ASK
    traded = (kind == RowKind.BUY_TRADE) | (kind == RowKind.SELL_TRADE)
    yield from _broken("ts_recv", "goes back", np.diff(columns["ts_recv"], prepend=0) < 0)
    yield from _broken("ts_event", "is negative", columns["ts_event"] < 0)
    yield from _broken("kind", f"is not in 0 to {max(RowKind)}", unknown | (kind < 0))
    yield from _broken("lots", "is negative", lots < 0)
    yield from _broken("lots", "of a trade is 0", traded & (lots == 0))
    yield from _broken("ticks", "is not above 0", priced & (ticks <= 0))


def _broken(column: str, problem: str, rows: NDArray[np.bool_]) -> Iterator[str]:
    if rows.any():
        yield f"row {int(np.argmax(rows))}: {column} {problem}"


def _check_meta(source: str, meta: Meta, columns: dict[str, Column], funding: bytes) -> None:
    receipts = columns["ts_recv"]
    if meta.checksum != _checksum(columns, funding):
        raise InvalidDataError(source, "the checksum does not match: the file was altered")
    if meta.span != RecordingSpan(int(receipts[0]), int(receipts[-1])):
        raise InvalidDataError(source, f"{META_NAME}: span is not that of the rows")


def _what_it_is(path: Path, error: zipfile.BadZipFile) -> str:
    with path.open("rb") as file:
        begins_as_zip = file.read(2) == b"PK"
    if not begins_as_zip:
        return _NOT_ONE
    if "CRC" in str(error):
        return "its contents are damaged; copy it again"
    return "the file is truncated; copy it again"


def _write_atomically(path: Path, content: bytes) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            Path(name).unlink()
        raise
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()

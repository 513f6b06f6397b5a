"""Recordings unpacked into plain columns that any number of processes share by memory map.

A folder of its own holds one .npy a column and about.json; it is written whole or not at all, and
may be thrown away at any time: the recording itself is the file that it was made from.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.recording import FundingPayment, Recording
from market_maker.model.shared_fields import shared_fields
from market_maker.storage.funding_member import FUNDING_BYTES_MAX
from market_maker.storage.recording import COLUMNS

ABOUT_NAME = "about.json"
ABOUT_BYTES_MAX = FUNDING_BYTES_MAX + (1 << 20)


class About(Struct, frozen=True):
    """What a recording is beside its columns; rows: of each column."""

    instrument: Instrument
    clock_shift_ns: int
    origin: str
    remarks: tuple[str, ...]
    rows: int
    funding: tuple[FundingPayment, ...] = ()


def write_mapped(folder: Path, recording: Recording) -> None:
    """Unpack `recording` into `folder`, which must not exist; what stands there with the same
    columns already is kept. Raises InvalidDataError for a place that cannot be written to."""
    if _holds(folder, recording):
        return
    try:
        shutil.rmtree(folder, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            _write(made, recording)
            made.chmod(0o755)  # workers may be other users
            made.rename(folder)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise
    except OSError as error:
        problem = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(folder), problem) from None


def open_mapped(folder: Path) -> Recording:
    """The recording in `folder`; its columns are read from the disk where and when they are used,
    and are one copy in memory for all processes. Raises InvalidDataError for what is none."""
    try:
        with (folder / ABOUT_NAME).open("rb") as file:
            about = msgspec.json.decode(file.read(ABOUT_BYTES_MAX), type=About)
        columns = {name: _mapped(folder / f"{name}.npy", about.rows) for name in COLUMNS}
    except OSError as error:
        problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(folder), problem) from None
    except (ValueError, EOFError, msgspec.DecodeError, DomainError):
        raise InvalidDataError(str(folder), "is not an unpacked recording") from None
    return Recording(**shared_fields(Recording, about), **columns)


def _holds(folder: Path, recording: Recording) -> bool:
    if not (folder / ABOUT_NAME).exists():
        return False
    try:
        there = open_mapped(folder)
    except InvalidDataError:
        return False
    return _about(there) == _about(recording) and all(
        np.array_equal(getattr(there, name), getattr(recording, name)) for name in COLUMNS
    )


def _about(recording: Recording) -> About:
    return About(**shared_fields(About, recording))


def _write(folder: Path, recording: Recording) -> None:
    for name in COLUMNS:
        column = getattr(recording, name)
        wanted = np.uint8 if name == "kind" else np.int64
        with (folder / f"{name}.npy").open("wb") as file:
            whole = np.ascontiguousarray(column, dtype=wanted)
            np.lib.format.write_array_header_1_0(
                file, np.lib.format.header_data_from_array_1_0(whole)
            )
            file.write(whole.data)  # says why it failed, which np.save does not
            file.flush()
            os.fsync(file.fileno())
    (folder / ABOUT_NAME).write_bytes(msgspec.json.encode(_about(recording)))


def _mapped(path: Path, rows: int) -> Any:
    column = np.load(path, mmap_mode="r", allow_pickle=False)
    wanted = np.uint8 if path.stem == "kind" else np.int64
    if column.dtype != wanted or column.shape != (rows,):
        message = f"{path}: another column was expected"
        raise ValueError(message)
    return np.asarray(column)  # the map itself, without the subclass that makes every access slow

"""What a command writes: refused before the work, or written whole."""

import os
import tempfile
from pathlib import Path

from market_maker.model.errors import InvalidDataError, InvalidFieldError

READABLE = 0o644


def check_report(report: Path | None, recording: Path, *, force: bool) -> None:
    """Refuse before the long run what could not be written after it. Raises InvalidFieldError."""
    if report is None:
        return
    if not report.parent.is_dir():
        raise InvalidFieldError("report", str(report), "a file in a folder that exists")
    if not os.access(report.parent, os.W_OK):
        raise InvalidFieldError("report", str(report), "a file in a folder we may write to")
    if report.exists() and not report.is_file():
        raise InvalidFieldError("report", str(report), "a file, not a folder, a pipe or a device")
    if report.exists() and recording.exists() and report.samefile(recording):
        raise InvalidFieldError("report", str(report), "any file but the recording")
    if report.exists() and not force:
        raise InvalidFieldError("report", str(report), "a new file; --force replaces a report")


def write_report(path: Path, page: str, mode: int = READABLE) -> None:
    """All of it or nothing: a full disk leaves what was there. Raises InvalidDataError."""
    try:
        _write_atomically(path, page, mode)
    except OSError as error:
        problem = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(path), problem) from None


def _write_atomically(path: Path, text: str, mode: int) -> None:
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).chmod(mode)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise

"""Files that people hand over, read whole and never further than they may be long; and files that
are written for them."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from market_maker.model.errors import InvalidDataError


def read_document(path: Path, limit: int) -> bytes:
    """All bytes of a file, which may be a pipe. Raises InvalidDataError, in one line, for one that
    cannot be read or has more than `limit` bytes: a device may never end."""
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise InvalidDataError(str(path), f"cannot be read: {_reason(error)}") from None
    if len(content) > limit:
        raise InvalidDataError(str(path), f"is larger than {limit:,} bytes: not what it is read as")
    return content


def replace_whole(path: Path, content: bytes) -> None:
    """Put it in place of what was there, for its owner alone: all of it, or nothing and no draft.
    Raises OSError."""
    draft = path.with_suffix(".new")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around what writes `path`. Raises InvalidDataError, which names it, where that fails: the
    error of a full disk itself names no file."""
    try:
        yield
    except OSError as error:
        raise InvalidDataError(str(path), f"cannot be written: {_reason(error)}") from None


def _reason(error: OSError) -> str:
    """In lower case, without the file's name."""
    return (error.strerror or str(error)).lower()

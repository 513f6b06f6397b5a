"""Files that people hand over, read whole and never further than they may be long; and files that
are written for them."""

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
        problem = f"cannot be read: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(path), problem) from None
    if len(content) > limit:
        raise InvalidDataError(str(path), f"is larger than {limit:,} bytes: not what it is read as")
    return content


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Around what writes `path`. Raises InvalidDataError, which names it, where that fails: the
    error of a full disk itself names no file."""
    try:
        yield
    except OSError as error:
        problem = f"cannot be written: {(error.strerror or str(error)).lower()}"
        raise InvalidDataError(str(path), problem) from None

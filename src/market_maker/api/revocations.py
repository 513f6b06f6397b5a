"""Revoked tokens: by their id, or all of a subject, or all, issued before a moment.

They stand in a file of the data directory. Who may write there may revoke, also while the service
is down; a service that runs sees it with the next request.
"""

from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.documents import replace_whole
from market_maker.model.errors import InvalidDataError

FILE_NAME = "revoked-tokens.json"
EVERYBODY = ""


class Revoked(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ids: of tokens (jti). before: by subject, `EVERYBODY` for all: what was issued before that
    second is refused."""

    ids: tuple[str, ...] = ()
    before: dict[str, int] = {}

    def names(self, token_id: str, subject: str, issued: int) -> bool:
        """Whether a token is among them. issued: seconds (iat)."""
        if token_id in self.ids:
            return True
        return any(issued < self.before.get(whose, 0) for whose in (subject, EVERYBODY))


class Revocations:
    """The file, read anew when it has changed. Raises InvalidDataError where it is there and
    cannot be read: what was revoked must not come back.

    problem: why its newest state could not be read; the last one that could stays in force.
    """

    def __init__(self, data_dir: Path) -> None:
        self._path = data_dir / FILE_NAME
        self._stamp = self._file_stamp()
        self._revoked = read_revoked(self._path)
        self.problem = ""

    def names(self, token_id: str, subject: str, issued: int) -> bool:
        """Whether a token is refused."""
        stamp = self._file_stamp()
        if stamp != self._stamp:
            try:
                self._revoked, self.problem = read_revoked(self._path), ""
                self._stamp = stamp
            except InvalidDataError as error:
                self.problem = str(error)
        return self._revoked.names(token_id, subject, issued)

    def _file_stamp(self) -> tuple[int, int, int]:
        try:
            found = self._path.stat()
        except OSError:
            return (0, 0, 0)
        return (found.st_ino, found.st_mtime_ns, found.st_size)


LIST_BYTES_MAX = 16 << 20
"""A hundred thousand tokens or so."""


def read_revoked(path: Path) -> Revoked:
    """What stands in the file; nothing where there is none. Raises InvalidDataError."""
    try:
        with path.open("rb") as file:
            content = file.read(LIST_BYTES_MAX + 1)
        if len(content) > LIST_BYTES_MAX:
            problem = f"is larger than {LIST_BYTES_MAX:,} bytes: no list of revoked tokens"
            raise InvalidDataError(str(path), problem)
        return msgspec.json.decode(content, type=Revoked)
    except FileNotFoundError:
        return Revoked()
    except (OSError, msgspec.MsgspecError) as error:
        raise InvalidDataError(str(path), f"is no list of revoked tokens: {error}") from None


def write_revoked(path: Path, revoked: Revoked) -> None:
    """Put it in place of what was there, as a whole. Raises OSError."""
    replace_whole(path, msgspec.json.encode(revoked))

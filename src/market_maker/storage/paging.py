"""Pages of rows, each continuing exactly where the one before it ended.

A cursor holds the sort keys of a page's last row (not a count of rows), so that rows which are
added meanwhile neither repeat nor hide any; and what the page was a page of, so that it goes on
with nothing else.
"""

import base64
import binascii
import zlib
from collections.abc import Callable
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import Column, Select, func, select, tuple_
from sqlalchemy.engine.default import DefaultDialect

from market_maker.model.errors import InvalidFieldError
from market_maker.model.records import PAGE_MAX, Page
from market_maker.storage.session import AnyRow, StoreSession

Kept = TypeVar("Kept")

_INT64_MAX = 2**63 - 1
_Whole = Annotated[int, msgspec.Meta(ge=-_INT64_MAX - 1, le=_INT64_MAX)]

_PLAIN = DefaultDialect()
"""One for all: making it anew costs more than what it is made for."""

NAME = tuple[str]
NAMES = tuple[str, str]
NUMBER = tuple[_Whole]
TIME_AND_NUMBER = tuple[_Whole, _Whole]
TIME_AND_NAME = tuple[_Whole, str]
TIME_AND_NAMES = tuple[_Whole, str, str]
NAMES_AND_NUMBER = tuple[str, str, _Whole]


class Sorting(Struct, frozen=True):
    """Columns that together are unique and have an index; shape: their Python types."""

    columns: tuple[Column[Any], ...]
    shape: object
    newest_first: bool = False

    def turned(self, *, backwards: bool) -> "Sorting":
        """The opposite order where `backwards`."""
        if not backwards:
            return self
        return Sorting(self.columns, self.shape, newest_first=not self.newest_first)


async def read_page(
    session: StoreSession,
    query: Select[Any],
    sorting: Sorting,
    asked: tuple[int, str | None],
    convert: Callable[[AnyRow], Kept],
    *,
    counted: bool = False,
) -> Page[Kept]:
    """The rows of `query` that `asked` (limit, cursor) wants, each through `convert`. counted: with
    the number of all rows; for tables that people fill by hand. Raises InvalidFieldError for a
    limit out of bounds and a cursor that is none, or of other rows."""
    limit, cursor = asked
    if not 1 <= limit <= PAGE_MAX:
        raise InvalidFieldError("limit", limit, f"a whole number from 1 to {PAGE_MAX}")
    whole = query
    if cursor is not None:
        keys = tuple_(*sorting.columns)
        place = tuple_(*_decoded(cursor, _scope(whole, sorting), sorting.shape))
        query = query.where(keys < place if sorting.newest_first else keys > place)
    order = [c.desc() if sorting.newest_first else c.asc() for c in sorting.columns]
    rows = await session.rows(query.order_by(*order).limit(limit + 1))
    more = len(rows) > limit
    return Page(
        tuple(convert(row) for row in rows[:limit]),
        _encoded(rows[limit - 1], _scope(whole, sorting), sorting) if more else None,
        await _count(session, whole) if counted else None,
    )


async def _count(session: StoreSession, query: Select[Any]) -> int:
    row = await session.row(select(func.count()).select_from(query.subquery()))
    assert row is not None
    return int(row[0])


def _scope(query: Select[Any], sorting: Sorting) -> int:
    """A checksum of the table and of every condition with its values."""
    columns = " ".join(column.name for column in sorting.columns)
    scope = f"{sorting.columns[0].table.fullname} {columns} {sorting.newest_first}"
    if query.whereclause is not None:
        conditions = query.whereclause.compile(dialect=_PLAIN)
        scope += f" {conditions} {sorted(conditions.params.items())}"
    return zlib.crc32(scope.encode())


def _encoded(row: AnyRow, scope: int, sorting: Sorting) -> str:
    key = [getattr(row, column.name) for column in sorting.columns]
    return base64.urlsafe_b64encode(msgspec.json.encode([scope, key])).decode().rstrip("=")


def _decoded(cursor: str, scope: int, shape: Any) -> tuple[Any, ...]:
    allowed = "the next_cursor of the page before"
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        raw = base64.b64decode(padded, altchars=b"-_", validate=True)
        of, key = msgspec.json.decode(raw, type=tuple[int, shape])
    except (UnicodeEncodeError, binascii.Error, msgspec.MsgspecError):
        raise InvalidFieldError("cursor", cursor, allowed) from None
    if of != scope:
        raise InvalidFieldError("cursor", cursor, f"{allowed}, asked for with the same filters")
    return tuple(key)

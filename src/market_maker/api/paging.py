"""Lists in pages: how many, from where, and lists that are short enough to be held whole."""

import base64
import binascii
import zlib
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Annotated, Any, TypeAlias, TypeVar

import msgspec
from msgspec import Meta, Struct

from market_maker.api.reading import Query
from market_maker.api.routes import Asked
from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import TextBounds, choice, meaning, number, text
from market_maker.model.records import Page

LIMIT_MAX = 1_000
LIMIT_DEFAULT = 100
CURSOR_LENGTH_MAX = 512
CURSOR_ALLOWED = "next_cursor of the page before, asked for with the same filters"

Row = TypeVar("Row")
_ITS = frozenset({"limit", "cursor", "format", "sort"})
"""Parameters that say how rows are shown, not which."""
_CURSOR = TextBounds(1, CURSOR_LENGTH_MAX, r"^[!-~]+$", CURSOR_ALLOWED)


class ListForm(StrEnum):
    """json: one page. csv: every row from the cursor on, as one table."""

    JSON = "json"
    CSV = "csv"


OfForm: TypeAlias = Annotated[ListForm | None, meaning("Of this form, whatever Accept says.")]


def sorted_by(*names: str) -> Meta:
    """A parameter that names what rows are sorted by."""
    words = [word for name in names for word in (name, f"-{name}")]
    return choice(words, "The order of the rows; backwards where - stands before it.")


class PageQuery(Query, frozen=True, kw_only=True):
    """limit: rows in a page. cursor: `next_cursor` of the page before. format: csv has every row
    from the cursor on."""

    limit: Annotated[int, number("1", str(LIMIT_MAX), "rows", "Rows in a page.")] = LIMIT_DEFAULT
    cursor: Annotated[str | None, text(_CURSOR, "Where the page begins.")] = None
    format: OfForm = None


class PagePosition(Struct, frozen=True):
    """Where a page is asked for: how many rows, after which, of what (path and filters)."""

    limit: int
    cursor: str | None
    scope: str = ""


def place_of(asked: Asked) -> PagePosition:
    """Where a request is."""
    query = asked.query_as(PageQuery)
    filters = msgspec.json.encode([filters_of(query), getattr(query, "sort", "")]).decode()
    return PagePosition(query.limit, query.cursor, f"{sorted(asked.path.items())} {filters}")


def filters_of(query: PageQuery) -> dict[str, Any]:
    """The parameters that were given, without those of the page."""
    given = msgspec.structs.asdict(query)
    return {name: value for name, value in given.items() if value is not None and name not in _ITS}


def page_of(rows: Sequence[Row], key: Callable[[Row], str], place: PagePosition) -> Page[Row]:
    """A page of `rows`, which are sorted by a unique `key`: those after the cursor's. Rows that
    come or go between two pages shift nothing. Raises InvalidFieldError for a foreign cursor."""
    after = None if place.cursor is None else key_of(place.cursor, place.scope)
    rest = [row for row in rows if after is None or key(row) > after]
    items = tuple(rest[: place.limit])
    more = len(rest) > place.limit
    cursor = cursor_of(key(items[-1]), place.scope) if more else None
    return Page(items, cursor, len(rows))


def cursor_of(key: str, scope: str = "") -> str:
    """A key in the dress of a cursor: opaque, safe in an address, and good for `scope` only."""
    text = f"{zlib.crc32(scope.encode()):08x}{key}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def key_of(cursor: str, scope: str = "") -> str:
    """The key in a cursor of ours. Raises InvalidFieldError."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        key = base64.b64decode(padded, altchars=b"-_", validate=True).decode()[8:]
    except (binascii.Error, ValueError):
        raise InvalidFieldError("cursor", cursor, CURSOR_ALLOWED) from None
    if cursor_of(key, scope) != cursor:
        raise InvalidFieldError("cursor", cursor, CURSOR_ALLOWED)
    return key

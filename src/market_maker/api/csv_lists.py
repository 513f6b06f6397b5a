"""Lists as CSV: every row from the cursor on, page by page, as one table, a column for a field.

Numbers and times stand as in JSON; a field that is itself a list or an object is JSON text; what is
not known is empty.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from market_maker.api.literals import SIGNED_PATTERN, write_time
from market_maker.api.paging import LIMIT_MAX, ListForm, PageQuery
from market_maker.api.routes import Asked, Route, Text
from market_maker.api.wire import encode, plan
from market_maker.model.csv_text import csv_line, safe_text
from market_maker.model.errors import MakerError
from market_maker.model.records import Page

MEDIA = "text/csv"
JSON = "application/json"
ROWS_AT_ONCE = 100
"""In one part of the answer; then the engines have a turn."""
BROKEN = "\r\nbroken,this list breaks off here and is not whole: ask for it again\r\n"

Read = Callable[[Asked], Awaitable[object]]

_NUMBER = re.compile(SIGNED_PATTERN, re.ASCII)
_NAMES = re.compile(r"[^A-Za-z0-9.-]+", re.ASCII)


def has_rows(route: Route) -> bool:
    """Whether an answer of this route is a list."""
    return route.paged or bool(route.rows)


def wants_csv(asked: Asked) -> bool:
    """By the parameter `format`; where that is not given, by a header that names CSV before
    JSON."""
    form = getattr(asked.query, "format", None)
    if form is not None:
        return form is ListForm.CSV
    wanted = {part.partition(";")[0].strip().lower(): part for part in asked.accept.split(",")}
    if MEDIA not in wanted:
        return False
    return _quality(wanted[MEDIA]) > _quality(wanted.get(JSON, ";q=0"))


def _quality(part: str) -> float:
    found = re.search(r";\s*q=([01](?:\.[0-9]{0,3})?)\s*$", part)
    return float(found[1]) if found else 1.0


async def csv_of(route: Route, asked: Asked, read: Read) -> Text:
    """The answer. Its first page is read before the status is sent, so that a refusal is one.
    read: the route's handler."""
    first = await _page(route, asked, read)
    headers = {"Content-Disposition": f'attachment; filename="{file_name(route, asked)}"'}
    return Text(
        media_type=f"{MEDIA}; charset=utf-8",
        parts=_lines(route, asked, read, first),
        headers=headers,
    )


async def _lines(route: Route, asked: Asked, read: Read, page: Page[Any]) -> AsyncIterator[str]:
    kind = route.row or route.answer
    columns = tuple(plan(kind).schema["properties"])
    yield csv_line(columns)
    try:
        while True:
            for start in range(0, len(page.items), ROWS_AT_ONCE):
                rows = page.items[start : start + ROWS_AT_ONCE]
                yield "".join(csv_line(_cells(encode(kind, row), columns)) for row in rows)
                await asyncio.sleep(0)
            if page.next_cursor is None:
                return
            page = await _page(route, asked, read, page.next_cursor)
    except MakerError:
        yield BROKEN
        raise


async def _page(route: Route, asked: Asked, read: Read, cursor: str = "") -> Page[Any]:
    query = asked.query
    if isinstance(query, PageQuery):
        more = {"cursor": cursor} if cursor else {}
        asked = replace(asked, query=replace(query, limit=LIMIT_MAX, **more))
    answer = await read(asked)
    if isinstance(answer, Page):
        return answer
    return Page(getattr(answer, route.rows), getattr(answer, "next_cursor", None))


def _cells(row: object, columns: Sequence[str]) -> Iterable[str]:
    assert isinstance(row, dict), row
    return [cell(row[name]) for name in columns]


def cell(value: object) -> str:
    """A value as JSON has it, in one cell."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value if _NUMBER.fullmatch(value) else safe_text(value)
    if isinstance(value, bool | int | float):
        return msgspec.json.encode(value).decode()
    return safe_text(msgspec.json.encode(value, enc_hook=str).decode())


def file_name(route: Route, asked: Asked) -> str:
    """What is listed, of what, and of which span."""
    words = [word for word in route.path.split("/") if word and word[0] != "{" and word != "v1"]
    words += [*asked.path.values(), getattr(asked.query, "symbol", None) or ""]
    times = [getattr(asked.query, name, None) for name in ("since", "until")]
    words += [write_time(each)[:19].replace(":", "") + "Z" for each in times if each is not None]
    return _NAMES.sub("-", "-".join(filter(None, words))) + ".csv"

"""/v1/settlements/{settlement_id}/statement: every entry, and each step from them to the amount."""

import base64
import hashlib
from collections.abc import AsyncIterator
from typing import Annotated

from market_maker.accounting.statements import Form
from market_maker.api.problems import refusal
from market_maker.api.reading import Query
from market_maker.api.routes import AUDITORS, Asked, Route, Text
from market_maker.model.errors import MakerError
from market_maker.model.fields import meaning
from market_maker.settlement.statement_style import STYLE

STYLE_HASH = "sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
PAGE_POLICY = f"sandbox; default-src 'none'; style-src '{STYLE_HASH}'; frame-ancestors 'self'"
"""A page that loads nothing and runs nothing; the panel shows it in a frame."""

MEDIA: dict[Form, str] = {Form.HTML: "text/html", Form.CSV: "text/csv"}
BROKEN: dict[Form, str] = {
    Form.HTML: "<h1>This statement breaks off here and is none: ask for it again.</h1>",
    Form.CSV: "\r\nbroken,this statement breaks off here and is none: ask for it again\r\n",
}
ANYTHING = ("*/*", "text/*")


class StatementQuery(Query, frozen=True, kw_only=True):
    """format: html or csv, whatever the Accept header says."""

    format: Annotated[Form | None, meaning("Of this form, whatever Accept says.")] = None


async def _statement(asked: Asked) -> Text:
    form = asked.query_as(StatementQuery).format or accepted(asked.accept)
    name = asked.path["settlement_id"]
    written = await asked.application.statements.write(name, form)
    headers = {"Content-Disposition": f'inline; filename="{name}.{form}"'}
    if form is Form.HTML:
        headers |= {"Content-Security-Policy": PAGE_POLICY, "X-Frame-Options": "SAMEORIGIN"}
    media_type = f"{MEDIA[form]}; charset=utf-8"
    parts = broken_off_visibly(written.parts, form)
    return Text(media_type=media_type, parts=parts, headers=headers)


async def broken_off_visibly(parts: AsyncIterator[str], form: Form) -> AsyncIterator[str]:
    """The parts, and a line in the document where they break off; the connection ends there, too,
    because the status was sent before."""
    try:
        async for part in parts:
            yield part
    except MakerError:
        yield BROKEN[form]
        raise


def accepted(header: str) -> Form:
    """The form that an Accept header wants most; HTML where it takes both. Raises ProblemError
    where it takes neither."""
    if not header.strip():
        return Form.HTML
    best: tuple[float, Form] | None = None
    for form in (Form.CSV, Form.HTML):
        quality = max(
            (
                _quality(part)
                for part in header.split(",")
                if _name(part) in (MEDIA[form], *ANYTHING)
            ),
            default=0.0,
        )
        if quality > 0 and (best is None or quality >= best[0]):
            best = (quality, form)
    if best is None:
        kinds = " or ".join(MEDIA.values())
        raise refusal("not-acceptable", f"a statement is {kinds}; Accept wants {header[:80]!r}")
    return best[1]


def _name(part: str) -> str:
    return part.partition(";")[0].strip().lower()


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


ROUTES = (
    Route(
        method="GET",
        path="/v1/settlements/{settlement_id}/statement",
        name="getStatement",
        summary="The statement of a settlement as HTML or CSV: every entry, every step.",
        family="settlements",
        roles=AUDITORS,
        handle=_statement,
        answer=str,
        media=tuple(MEDIA.values()),
        query=StatementQuery,
    ),
)

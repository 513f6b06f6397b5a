"""Query parameters that several families have in common."""

from typing import Annotated, TypeAlias

from market_maker.api.literals import write_time
from market_maker.api.paging import PageQuery
from market_maker.api.reading import Query
from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import TextBounds, line, meaning, name, text
from market_maker.model.orders import Side
from market_maker.model.units import Nanos, ParticipantId

MONTH_PATTERN = r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$"
MONTH_ALLOWED = "a month such as 2026-10, from 1970-01 to 2199-12"

TimeParameter: TypeAlias = Annotated[Nanos | None, meaning("")]
MonthName: TypeAlias = Annotated[str, text(TextBounds(7, 7, MONTH_PATTERN, MONTH_ALLOWED), "")]
"""YYYY-MM."""
Whose: TypeAlias = Annotated[ParticipantId | None, name("Of this participant only.")]
OfSymbol: TypeAlias = Annotated[str | None, name("Of this symbol only.")]
Why: TypeAlias = Annotated[str, line(500, "Why, for the audit log.")]
OfSide: TypeAlias = Annotated[Side | None, meaning("Of this side only.")]


class WindowQuery(Query, frozen=True, kw_only=True):
    """since <= time < until; the last 24 hours unless asked for."""

    since: TimeParameter = None
    until: TimeParameter = None

    def __post_init__(self) -> None:
        check_span(self.since, self.until)


class SpanQuery(PageQuery, frozen=True, kw_only=True):
    """since <= time < until."""

    since: TimeParameter = None
    until: TimeParameter = None

    def __post_init__(self) -> None:
        check_span(self.since, self.until)


def span_of(query: WindowQuery | SpanQuery, now: Nanos, usual: int) -> tuple[Nanos, Nanos]:
    """[since, until) as asked for: up to `now` without an end, and `usual` nanoseconds without a
    beginning."""
    until = now + 1 if query.until is None else query.until
    since = until - usual if query.since is None else query.since
    return Nanos(since), Nanos(until)


def check_span(since: Nanos | None, until: Nanos | None) -> None:
    """Raises InvalidFieldError for a span that ends before it begins."""
    if since is not None and until is not None and since > until:
        raise InvalidFieldError("until", write_time(until), "a time not before since")

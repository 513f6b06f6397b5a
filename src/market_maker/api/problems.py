"""Problem details (RFC 9457): every answer that is not the one asked for has this shape."""

from collections.abc import Mapping

import msgspec
from msgspec import UNSET, Struct, UnsetType
from starlette.responses import Response

from market_maker.api.literals import Number
from market_maker.model.errors import (
    ConflictError,
    DomainError,
    ForbiddenError,
    IllegalTransitionError,
    InvalidFieldError,
    NotFoundError,
)

MEDIA_TYPE = "application/problem+json"
SHOWN_LENGTH_MAX = 80
WEIGHT_EXCEEDED = "Total capital weight would exceed 100%"
"""A documented text, with a documented status: 400."""

SAFE_INTEGER_MAX = 2**53
"""Greater ones are shown as text: half of all JSON readers would round them."""

Plain = str | int | bool | None


class FieldProblem(Struct, frozen=True):
    """One thing that is wrong with a request. field: where, dots lead inwards."""

    field: str
    value: Plain
    allowed: str


class Problem(Struct, frozen=True, omit_defaults=True, kw_only=True):
    """What went wrong. type: a stable name, to be switched on; title: the same for people;
    detail: this time; field, value, allowed: of the first flaw; flaws: all of them; state,
    command: of a refused move; current: what a conflicting field holds now; trace_id: to be
    quoted when asking us."""

    type: str
    title: str
    status: int
    detail: str
    field: str | UnsetType = UNSET
    value: Plain | UnsetType = UNSET
    allowed: str | tuple[str, ...] | UnsetType = UNSET
    flaws: tuple[FieldProblem, ...] | UnsetType = UNSET
    state: str | UnsetType = UNSET
    command: str | UnsetType = UNSET
    current: Plain | UnsetType = UNSET
    trace_id: str | UnsetType = UNSET


TITLES: dict[str, tuple[int, str]] = {
    "malformed": (400, "The request cannot be read"),
    "weight-exceeded": (400, WEIGHT_EXCEEDED),
    "unauthenticated": (401, "A valid bearer token is required"),
    "forbidden": (403, "Forbidden for this role"),
    "not-found": (404, "Not found"),
    "method-not-allowed": (405, "The method is not allowed here"),
    "not-acceptable": (406, "No answer in a form that Accept allows"),
    "too-slow": (408, "The request took too long to arrive"),
    "conflict": (409, "Conflict with the current state"),
    "illegal-transition": (409, "The state does not allow this command"),
    "too-large": (413, "The request body is too large"),
    "unsupported-media-type": (415, "Unsupported type of request body"),
    "misdirected": (421, "Unknown host name"),
    "invalid-field": (422, "A field's value is not allowed"),
    "too-many-requests": (429, "Too many requests"),
    "internal": (500, "Internal error"),
    "unavailable": (503, "Dependency unavailable"),
}
"""Every kind of problem: its status and its title."""


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(self, problem: Problem, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(problem.detail)
        self.problem, self.headers = problem, dict(headers or {})


def problem(kind: str, detail: str) -> Problem:
    """A problem of a kind of TITLES, without a field."""
    status, title = TITLES[kind]
    return Problem(type=kind, title=title, status=status, detail=detail)


def refusal(kind: str, detail: str, headers: Mapping[str, str] | None = None) -> ProblemError:
    """The same, to be raised."""
    return ProblemError(problem(kind, detail), headers)


def flawed(flaws: tuple[FieldProblem, ...], *, kind: str = "invalid-field") -> Problem:
    """A problem with one flaw or more."""
    status, title = TITLES[kind]
    first = flaws[0]
    return Problem(
        type=kind,
        title=title,
        status=status,
        detail=_detail(first),
        field=first.field,
        value=first.value,
        allowed=first.allowed,
        flaws=flaws,
    )


def _detail(flaw: FieldProblem) -> str:
    """One flaw in a sentence; a value as JSON has it."""
    if flaw.value is None:
        return f"{flaw.field}: missing; required: {flaw.allowed.removeprefix('required: ')}"
    shown = str(flaw.value).lower() if isinstance(flaw.value, bool) else repr(flaw.value)
    return f"{flaw.field}: {shown} is not allowed; allowed: {flaw.allowed}"


def of_error(error: DomainError) -> Problem:
    """The problem that a broken rule is."""
    match error:
        case InvalidFieldError():
            return _invalid_field(error)
        case NotFoundError():
            return problem("not-found", str(error))
        case ForbiddenError():
            return problem("forbidden", str(error))
        case ConflictError():
            status, title = TITLES["conflict"]
            return Problem(
                type="conflict",
                title=title,
                status=status,
                detail=str(error),
                field=error.field,
                current=plain(error.current),
            )
        case IllegalTransitionError():
            status, title = TITLES["illegal-transition"]
            return Problem(
                type="illegal-transition",
                title=title,
                status=status,
                detail=str(error),
                state=error.state,
                command=error.command,
                allowed=error.allowed,
            )
        case _:
            return problem("conflict", str(error))


def _invalid_field(error: InvalidFieldError) -> Problem:
    flaw = FieldProblem(error.field, plain(error.value), error.allowed)
    if WEIGHT_EXCEEDED in error.allowed:
        documented = flawed((flaw,), kind="weight-exceeded")
        return msgspec.structs.replace(documented, detail=WEIGHT_EXCEEDED)
    return flawed((flaw,))


def plain(value: object) -> Plain:
    """A value as it may be shown: short, and a plain one."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= SAFE_INTEGER_MAX:
        return value
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    written = value.token if isinstance(value, Number) else str(value)
    text = written.encode("utf-8", "replace").decode()
    return text if len(text) <= SHOWN_LENGTH_MAX else text[:SHOWN_LENGTH_MAX] + "…"


def response(problem: Problem, trace_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """The problem as an HTTP answer."""
    content = msgspec.json.encode(msgspec.structs.replace(problem, trace_id=trace_id))
    return Response(content, problem.status, dict(headers or {}), MEDIA_TYPE)

"""Reading a request into a Struct, field by field, so that a refusal names every flaw."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import Struct

from market_maker.api.literals import (
    DECIMAL_PATTERN,
    DECIMAL_WORDS,
    SIGNED_PATTERN,
    TIME_ALLOWED,
    WHOLE_PATTERN,
    Number,
    read_time,
    written,
)
from market_maker.api.problems import FieldProblem, ProblemError, flawed, plain
from market_maker.model.fields import (
    Bounds,
    Choices,
    Field,
    TextBounds,
    fields_of,
    kind_words,
)
from market_maker.model.pool import Member, Version
from market_maker.model.units import Nanos

_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_SIGNED = re.compile(SIGNED_PATTERN, re.ASCII)
_WHOLE = re.compile(WHOLE_PATTERN, re.ASCII)
PARAMETER_WORDS = "a number, a text, true, false or null"


class NotAllowedError(Exception):
    """A value is not what its field may be; the message says what may."""


class Query(Struct, frozen=True, kw_only=True):
    """The parameters after the question mark."""


class EmptyBody(Struct, frozen=True):
    """A request whose body is empty, or an empty object."""


class Body(Struct, frozen=True, kw_only=True):
    """A request's fields, which become a `kind`. name: of their schema, the kind's unless given;
    left_out: fields of the kind that no request has; required: must be there although the kind
    has a default; versioned: `version` stands beside them; together: all of these or none;
    nulls: null stands for a field that is left out."""

    kind: type[Struct]
    name: str = ""
    left_out: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    versioned: bool = False
    together: tuple[str, ...] = ()
    nulls: bool = False

    @property
    def title(self) -> str:
        """The name of the schema."""
        return self.name or self.kind.__name__

    def fields(self) -> dict[str, Field]:
        """What the request may hold."""
        return _fields(self)


class _Versioned(Struct):
    version: Version | None = None


@cache
def _fields(body: Body) -> dict[str, Field]:
    own = {name: each for name, each in fields_of(body.kind).items() if name not in body.left_out}
    return own | (fields_of(_Versioned) if body.versioned else {})


class Given(Struct, frozen=True):
    """A request that was read. version: the one that it names."""

    value: Struct
    version: int | None


def read_body(body: Body, given: Mapping[str, object]) -> Given:
    """Raises ProblemError that names every flaw, InvalidFieldError for values that do not go
    together."""
    if body.nulls:
        kept = {name for name in body.required if name in body.fields()}
        given = {name: each for name, each in given.items() if each is not None or name in kept}
    values = _read(body.fields(), given, set(body.required), _VALUES)
    version = values.pop("version", None) if body.versioned else None
    return Given(body.kind(**values), version)


def read_query(kind: type[Query], given: Mapping[str, str]) -> Query:
    """The same of query parameters, which are texts."""
    return kind(
        **_read(fields_of(kind), given, set(), _VALUES | {int: _whole_text, bool: _flag_text})
    )


Reader = Callable[[Field, object], Any]


def _read(
    fields: Mapping[str, Field],
    given: Mapping[str, object],
    required: set[str],
    readers: Mapping[object, Reader],
) -> dict[str, Any]:
    values: dict[str, Any] = {}
    flaws: list[FieldProblem] = []
    for name, field in fields.items():
        needed = field.required or name in required
        if name not in given:
            flaws += [FieldProblem(name, None, f"required: {allowed(field)}")] * needed
        elif given[name] is None and field.optional:
            values[name] = None
        else:
            try:
                values[name] = readers.get(_reader(field.kind), _parameters)(field, given[name])
            except NotAllowedError as error:
                flaws.append(FieldProblem(name, plain(given[name]), str(error)))
    unknown = [name for name in given if name not in fields]
    flaws += [FieldProblem(name, plain(given[name]), _one_of(fields)) for name in unknown]
    if flaws:
        raise ProblemError(flawed(tuple(flaws)))
    return values


def _one_of(names: Mapping[str, Field]) -> str:
    return "one of " + ", ".join(names) if names else "nothing"


def allowed(field: Field) -> str:
    """What a field may be, for people."""
    if field.kind is Decimal:
        return f"{field.words()}, {DECIMAL_WORDS}"
    return TIME_ALLOWED if field.kind is Nanos else field.words()


def _reader(kind: Any) -> object:
    return StrEnum if isinstance(kind, type) and issubclass(kind, StrEnum) else kind


def _decimal(field: Field, value: object) -> Decimal:
    text = written(value)
    assert isinstance(field.allowed, Bounds), field
    pattern = _SIGNED if field.allowed.low < 0 else _DECIMAL
    if not pattern.fullmatch(text) or not field.allowed.allows(Decimal(text)):
        raise NotAllowedError(allowed(field))
    return Decimal(text)


def _whole(field: Field, value: object) -> int:
    return _whole_text(field, value.token if isinstance(value, Number) else "")


def _whole_text(field: Field, value: object) -> int:
    text = value if isinstance(value, str) else ""
    assert isinstance(field.allowed, Bounds), field
    if not _WHOLE.fullmatch(text) or not field.allowed.allows(int(text)):
        raise NotAllowedError(allowed(field))
    return int(text)


def _flag(field: Field, value: object) -> bool:
    if not isinstance(value, bool):
        raise NotAllowedError(allowed(field))
    return value


def _flag_text(field: Field, value: object) -> bool:
    if value not in {"true", "false"}:
        raise NotAllowedError(allowed(field))
    return value == "true"


def _text(field: Field, value: object) -> str:
    if not isinstance(value, str) or not _matches(field, value):
        raise NotAllowedError(allowed(field))
    return value


def _matches(field: Field, value: str) -> bool:
    match field.allowed:
        case TextBounds() as bounds:
            fits = bounds.shortest <= len(value) <= bounds.longest
            return fits and _pattern(bounds.pattern).fullmatch(value) is not None
        case Choices() as choices:
            return value in choices.words
        case _:
            return True


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.ASCII)


def _word(field: Field, value: object) -> StrEnum:
    if not isinstance(value, str) or value not in list(field.kind):
        raise NotAllowedError(kind_words(field.kind))
    word: StrEnum = field.kind(value)
    return word


def _moment(field: Field, value: object) -> Nanos:
    try:
        return read_time(value if isinstance(value, str) else "")
    except ValueError:
        raise NotAllowedError(allowed(field)) from None


def _parameters(_: Field, value: object) -> dict[str, str | int | float | bool | None]:
    """strategy_params: plain values, judged by the strategy itself."""
    if not isinstance(value, dict):
        raise NotAllowedError("an object of plain values by name")
    name = fields_of(Member)["participant_id"]
    for each in value:
        if not _matches(name, each):
            raise NotAllowedError(f"names such as half_spread_bps: {allowed(name)}")
    return {each: _parameter(given) for each, given in value.items()}


def _parameter(value: object) -> str | int | float | bool | None:
    if isinstance(value, Number):
        # A model's number, so a float will do.
        return float(value.token) if "." in value.token else int(value.token)
    if value is not None and not isinstance(value, str | bool):
        raise NotAllowedError(PARAMETER_WORDS)
    return value


_VALUES: dict[object, Reader] = {
    Decimal: _decimal,
    int: _whole,
    bool: _flag,
    str: _text,
    StrEnum: _word,
    Nanos: _moment,
}
"""How a field's value is read, by its type."""

"""What a caller may write: numbers, texts, names and times, strictly, each with its JSON schema.

Numbers never pass through a float: a JSON number is kept as it was written until its field says
what it is.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, NoReturn

from msgspec import Struct
from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler, StringConstraints
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_plain_validator_function

from market_maker.model.pool import Bounds
from market_maker.model.units import NANOS_PER_SECOND, Nanos

DECIMAL_PATTERN = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9@:._-]{0,63}$"
LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
MONTH_PATTERN = r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])$"
TIME_PATTERN = (
    r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339 with its zone, from 1970 to 2199, to the nanosecond."""
MONTH_ALLOWED = "a month such as 2026-10, from 1970-01 to 2199-12"
TIME_ALLOWED = "a time with its zone such as 2026-04-01T00:00:00Z, from 1970 to 2199"

_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_WHOLE = re.compile(r"(0|[1-9][0-9]{0,18})", re.ASCII)
_MONTH = re.compile(MONTH_PATTERN, re.ASCII)
_TIME = re.compile(TIME_PATTERN, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Number(Struct, frozen=True):
    """A JSON number as it was written."""

    token: str


class Literal:
    """How pydantic reads a field. read: gives the value, or raises PydanticCustomError with what
    is allowed. schema: what may be written, as JSON schema."""

    def __init__(self, read: Callable[[object], object], schema: dict[str, Any]) -> None:
        self._read, self._schema = read, schema

    def __get_pydantic_core_schema__(self, _: object, __: GetCoreSchemaHandler) -> CoreSchema:
        return no_info_plain_validator_function(self._read)

    def __get_pydantic_json_schema__(
        self, _: CoreSchema, __: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return self._schema


def decimal_in(bounds: Bounds) -> Literal:
    """A decimal within bounds: a string or a number of plain ASCII digits."""
    words = f"{bounds.words(whole=False)}, in plain digits, at most 12 decimals"

    def read(value: object) -> Decimal:
        text = _text_of(value)
        if not _DECIMAL.fullmatch(text) or not bounds.allows(Decimal(text)):
            _refuse(words)
        return Decimal(text)

    choices = [
        {"type": "string", "pattern": DECIMAL_PATTERN},
        {"type": "number", **_limits(bounds)},
    ]
    return Literal(read, {"description": words, "anyOf": choices})


def whole_in(bounds: Bounds, *, text: bool = False) -> Literal:
    """A whole number within bounds; `text`: written as text, as query parameters are."""
    words = bounds.words(whole=True)
    kind = str if text else Number

    def read(value: object) -> int:
        digits = _text_of(value) if isinstance(value, kind) else ""
        if not _WHOLE.fullmatch(digits) or not bounds.allows(int(digits)):
            _refuse(words)
        return int(digits)

    return Literal(read, {"description": words, "type": "integer", **_limits(bounds)})


def _text_of(value: object) -> str:
    """What was written; nothing for what is neither a text nor a number."""
    if isinstance(value, Number):
        return value.token
    return value if isinstance(value, str) else ""


def _read_parameter(value: object) -> str | int | float | bool | None:
    """One of a strategy's own parameters, judged by the strategy itself. Numbers are a model's,
    so floats will do."""
    if isinstance(value, Number):
        return float(value.token) if "." in value.token else int(value.token)
    if value is not None and not isinstance(value, str | bool):
        _refuse("a number, a text, true, false or null")
    return value


def _read_moment(value: object) -> Nanos:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        _refuse(TIME_ALLOWED)
    return read_time(value)


def _read_month(value: object) -> str:
    if not isinstance(value, str) or not _MONTH.fullmatch(value):
        _refuse(MONTH_ALLOWED)
    return value


def _refuse(words: str) -> NoReturn:
    raise PydanticCustomError("not_allowed", "{words}", {"words": words})


def _limits(bounds: Bounds) -> dict[str, float | int]:
    low = "exclusiveMinimum" if bounds.low_open else "minimum"
    return {low: _bare(bounds.low), "maximum": _bare(bounds.high)}


def _bare(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def read_time(text: str) -> Nanos:
    """A moment out of text of TIME_PATTERN. Raises PydanticCustomError for days that no month
    has, and for moments before 1970."""
    whole, rest = text[:19].upper(), text[19:].upper()
    zone = rest.lstrip(".0123456789")
    fraction = rest.removesuffix(zone).lstrip(".")
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError:
        _refuse(TIME_ALLOWED)
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    if seconds < 0:
        _refuse(TIME_ALLOWED)
    return Nanos(seconds * NANOS_PER_SECOND + int(fraction.ljust(9, "0")))


def write_time(moment: Nanos) -> str:
    """RFC 3339 in UTC with nine decimals of a second, so that text sorts like time."""
    seconds, nanos = divmod(moment, NANOS_PER_SECOND)
    stamp = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{nanos:09d}Z"


def line(length_max: int, length_min: int = 0) -> StringConstraints:
    """A text of one line, without control characters."""
    return StringConstraints(
        strict=True, min_length=length_min, max_length=length_max, pattern=LINE_PATTERN
    )


Time = Annotated[
    Nanos,
    Literal(_read_moment, {"description": TIME_ALLOWED, "type": "string", "pattern": TIME_PATTERN}),
]
Name = Annotated[str, StringConstraints(strict=True, pattern=NAME_PATTERN)]
"""Of a symbol, a participant, a user: ASCII letters, digits and @ : . _ -"""
MonthName = Annotated[
    str,
    Literal(
        _read_month, {"description": MONTH_ALLOWED, "type": "string", "pattern": MONTH_PATTERN}
    ),
]
"""YYYY-MM."""
Parameters = dict[
    Name,
    Annotated[
        str | int | float | bool | None,
        Literal(_read_parameter, {"type": ["string", "number", "boolean", "null"]}),
    ],
]
"""strategy_params."""
CHOICE = Field(strict=False)
"""For an enumeration: one of its words."""

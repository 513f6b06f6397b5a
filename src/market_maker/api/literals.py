"""What a caller may write: numbers, texts, names and times, strictly, each with its JSON schema.

Numbers never pass through a float: a JSON number is kept as it was written until its field says
what it is.
"""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from msgspec import Struct
from pydantic import PlainValidator, StringConstraints, WithJsonSchema
from pydantic_core import PydanticCustomError

from market_maker.model.pool import Bounds
from market_maker.model.units import NANOS_PER_SECOND, Nanos

DECIMAL_PATTERN = r"^(0|[1-9][0-9]{0,14})(\.[0-9]{1,12})?$"
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9@:._-]{0,63}$"
LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
TIME_PATTERN = (
    r"^(19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)
"""RFC 3339 with its zone, from 1970 to 2199, to the nanosecond."""
TIME_ALLOWED = "a time with its zone such as 2026-04-01T00:00:00Z, from 1970 to 2199"

_DECIMAL = re.compile(DECIMAL_PATTERN, re.ASCII)
_WHOLE = re.compile(r"(0|[1-9][0-9]{0,17})", re.ASCII)
_TIME = re.compile(TIME_PATTERN, re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Number(Struct, frozen=True):
    """A JSON number as it was written."""

    token: str

    def __str__(self) -> str:
        return self.token


def decimal_in(bounds: Bounds) -> Any:
    """The type of a decimal field: a string or a number of plain ASCII digits, within bounds."""
    words = f"{bounds.words(whole=False)}, in plain digits, at most 12 decimals"

    def read(value: object) -> Decimal:
        text = _text_of(value)
        if text is None or not _DECIMAL.fullmatch(text) or not bounds.allows(Decimal(text)):
            raise PydanticCustomError("decimal", "{words}", {"words": words})
        return Decimal(text)

    schema = {
        "description": words,
        "anyOf": [
            {"type": "string", "pattern": DECIMAL_PATTERN},
            {"type": "number", **_limits(bounds)},
        ],
    }
    return Annotated[Decimal, PlainValidator(read), WithJsonSchema(schema)]


def whole_in(bounds: Bounds) -> Any:
    """The type of a whole number field, within bounds. Query parameters come as text."""
    words = bounds.words(whole=True)

    def read(value: object) -> int:
        text = value.token if isinstance(value, Number) else value
        if not isinstance(text, str) or not _WHOLE.fullmatch(text) or not bounds.allows(int(text)):
            raise PydanticCustomError("whole", "{words}", {"words": words})
        return int(text)

    schema = {"description": words, "type": "integer", **_limits(bounds)}
    return Annotated[int, PlainValidator(read), WithJsonSchema(schema)]


def _text_of(value: object) -> str | None:
    if isinstance(value, Number):
        return value.token
    return value if isinstance(value, str) else None


def _limits(bounds: Bounds) -> dict[str, float | int]:
    low = "exclusiveMinimum" if bounds.low_open else "minimum"
    return {low: _bare(bounds.low), "maximum": _bare(bounds.high)}


def _bare(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def read_time(value: object) -> Nanos:
    """A moment out of RFC 3339 text; exact to the nanosecond."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise PydanticCustomError("time", "{words}", {"words": TIME_ALLOWED})
    whole, fraction, zone = _time_parts(value.upper())
    try:
        moment = datetime.fromisoformat(whole + zone)
    except ValueError:  # 31 February
        raise PydanticCustomError("time", "{words}", {"words": TIME_ALLOWED}) from None
    seconds = (moment - _EPOCH) // timedelta(seconds=1)
    if seconds < 0:
        raise PydanticCustomError("time", "{words}", {"words": TIME_ALLOWED})
    return Nanos(seconds * NANOS_PER_SECOND + int(fraction.ljust(9, "0")))


def _time_parts(text: str) -> tuple[str, str, str]:
    whole, rest = text[:19], text[19:]
    zone = rest.lstrip(".0123456789")
    fraction = rest[1 : len(rest) - len(zone)] if rest.startswith(".") else ""
    return whole, fraction or "0", "+00:00" if zone == "Z" else zone


def write_time(moment: Nanos) -> str:
    """RFC 3339 in UTC with nine decimals of a second, so that text sorts like time."""
    seconds, nanos = divmod(moment, NANOS_PER_SECOND)
    stamp = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{stamp}.{nanos:09d}Z"


Time = Annotated[
    Nanos,
    PlainValidator(read_time),
    WithJsonSchema({"type": "string", "pattern": TIME_PATTERN, "examples": ["2026-04-01T00:00:00Z"]}),
]
Name = Annotated[str, StringConstraints(strict=True, pattern=NAME_PATTERN)]
"""Of a symbol, a participant, a user: ASCII letters, digits and @ : . _ -"""


def line(length_max: int, length_min: int = 0) -> Any:
    """The type of a text of one line, without control characters."""
    return Annotated[
        str,
        StringConstraints(
            strict=True, min_length=length_min, max_length=length_max, pattern=LINE_PATTERN
        ),
    ]

"""Pool configurations out of parsed documents (TOML, JSON), strictly."""

import re
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError, UnknownFieldError
from market_maker.model.fields import Field, fields_of
from market_maker.model.pool import Member, PoolConfig

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)
_BITS_MAX, _DIGITS_MAX = 128, 40
"""Numbers longer than this are not even written out to be checked."""

_DECIMAL_ALLOWED = "a decimal number such as 12.5, at most 15 digits before and 12 after the point"


def decimal_of(field: str, value: object) -> Decimal:
    """A strict ASCII decimal out of a string or a number; no NaN, no exponents, bounded.

    Raises InvalidFieldError.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise InvalidFieldError(field, value, _DECIMAL_ALLOWED)
    text = value if isinstance(value, str) else _written_out(value)
    if not _DECIMAL.fullmatch(text):
        raise InvalidFieldError(field, value, _DECIMAL_ALLOWED)
    return Decimal(text)


def _written_out(value: float | Decimal) -> str:
    """Without an exponent; empty for what is too long for any field, or no number."""
    if isinstance(value, int):
        return str(value) if value.bit_length() < _BITS_MAX else ""
    number = Decimal(str(value))
    written_out = number.is_finite() and abs(number.adjusted()) < _DIGITS_MAX
    return format(number, "f") if written_out else ""


def pool_config(fields: dict[str, object]) -> PoolConfig:
    """A PoolConfig from a parsed document (TOML, JSON). Unknown fields, wrong types and values
    out of bounds raise InvalidFieldError that names the field, the value and what is allowed."""
    known = _known(fields, PoolConfig, "")
    members = known.pop("members", ())
    if not isinstance(members, list | tuple):
        raise InvalidFieldError("members", members, "a list of tables")
    return PoolConfig(**known, members=tuple(_member(m, i) for i, m in enumerate(members)))  # type: ignore[arg-type]


def _member(fields: object, index: int) -> Member:
    if not isinstance(fields, dict):
        raise InvalidFieldError(f"members[{index}]", fields, "a table")
    prefix = f"members[{index}]."
    known = _known(fields, Member, prefix)
    try:
        return Member(**known)  # type: ignore[arg-type]
    except InvalidFieldError as error:
        raise InvalidFieldError(prefix + error.field, error.value, error.allowed) from None


def _known(fields: dict[str, object], struct: type[Struct], prefix: str) -> dict[str, object]:
    specs = fields_of(struct)
    _refuse_unknown(fields, specs, prefix)
    for name, spec in specs.items():
        if spec.required and name not in fields:
            raise InvalidFieldError(prefix + name, None, spec.words())
    return {name: _typed(prefix, specs[name], fields[name]) for name in fields}


def _refuse_unknown(fields: dict[str, object], specs: Iterable[str], prefix: str) -> None:
    names = list(specs)
    for name, value in fields.items():
        if name not in names:
            raise UnknownFieldError(prefix + name, value, ", ".join(names))


def _typed(prefix: str, spec: Field, value: object) -> object:
    if spec.kind is Decimal:
        return decimal_of(prefix + spec.name, value)
    if spec.kind not in {int, bool, str}:
        return _plain(spec.name, value)
    if not isinstance(value, spec.kind) or (spec.kind is int and isinstance(value, bool)):
        raise InvalidFieldError(prefix + spec.name, value, spec.words())
    return value


def _plain(field: str, value: object) -> object:
    """strategy_params: a table of plain values, judged by the strategy itself."""
    if field != "strategy_params":
        return value
    if not isinstance(value, dict):
        raise InvalidFieldError(field, value, "a table")
    for name, each in value.items():
        if not isinstance(each, str | int | float | bool | None):
            raise InvalidFieldError(f"{field}.{name}", each, "a number, a text or true/false")
    return value

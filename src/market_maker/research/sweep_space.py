"""The configurations of a sweep: what is varied, over which values, in which combinations."""

import math
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from difflib import get_close_matches
from typing import TypeAlias

import msgspec
import numpy as np
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.fields import fields_of
from market_maker.model.pool import PoolConfig
from market_maker.model.pool_document import decimal_of, pool_config
from market_maker.quoting import registry
from market_maker.research.strategy_choice import with_strategy

PARAMETERS = "strategy_params."
"""What a parameter of the strategy itself is called with."""

VALUES_MAX = 10_000
"""Of one parameter."""

SIGNIFICANT_DIGITS = 6
"""Of values that are worked out: what is swept should be readable, and the same everywhere."""

_NOT_SWEPT = frozenset({"symbol", "enabled", "venue", "members", "version", "strategy_params"})
SWEPT_FIELDS = tuple(name for name in fields_of(PoolConfig) if name not in _NOT_SWEPT)

_FORM = "FIELD=low:high:count, FIELD=low:high:count:log or FIELD=a,b,c, such as gamma=0.05:0.2:4"
_ROUND = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN)
_TRIES_PER_DRAW = 20

SweptValue: TypeAlias = Decimal | bool | str
SweepPoint: TypeAlias = tuple[SweptValue, ...]
"""A value of every dimension, in their order."""


class SweepDimension(Struct, frozen=True):
    """What is varied: a field of the pool, or `strategy_params.` and a parameter. text: as it was
    typed. values: what it takes; or low and high, between which values are drawn, evenly or by
    their logarithms."""

    field: str
    text: str
    values: tuple[SweptValue, ...] = ()
    low: Decimal = Decimal(0)
    high: Decimal = Decimal(0)
    log: bool = False


def dimension(text: str, option: str = "over") -> SweepDimension:
    """One `FIELD=VALUES` as typed for an option. Raises InvalidFieldError, with the nearest name
    for an unknown field."""
    field, equals, values = text.partition("=")
    field = field.strip()
    if not equals or not field or not values:
        raise InvalidFieldError(option, text, _FORM)
    _check_field(field, option)
    if ":" in values and _is_number(field):
        return _span(text, field, values.split(":"), option)
    words = tuple(_value(field, word.strip()) for word in values.split(","))
    if len(set(words)) != len(words):
        raise InvalidFieldError(option, text, "each value once")
    return SweepDimension(field, text, words)


def dimensions(texts: Sequence[str]) -> tuple[SweepDimension, ...]:
    """All of them. Raises InvalidFieldError, also for none and for a field that is there twice."""
    if not texts:
        raise InvalidFieldError("over", None, f"at least one {_FORM}")
    found = tuple(dimension(text) for text in texts)
    names = [each.field for each in found]
    for each in found:
        if names.count(each.field) > 1:
            raise InvalidFieldError("over", each.text, "each field once")
    return found


def grid_size(space: Sequence[SweepDimension]) -> int:
    """How many combinations there are. Raises InvalidFieldError for a range without a count."""
    for each in space:
        if not each.values:
            allowed = "low:high:count in a grid; without a count with --method random"
            raise InvalidFieldError("over", each.text, allowed)
    return math.prod(len(each.values) for each in space)


def grid(space: Sequence[SweepDimension]) -> Iterator[SweepPoint]:
    """Every combination, the last dimension fastest."""
    return (combination(space, number) for number in range(grid_size(space)))


def combination(space: Sequence[SweepDimension], number: int) -> SweepPoint:
    """The combination of that number in the grid."""
    point: list[SweptValue] = []
    for each in reversed(space):
        number, place = divmod(number, len(each.values))
        point.append(each.values[place])
    return tuple(reversed(point))


def draws(space: Sequence[SweepDimension], count: int, seed: int) -> list[SweepPoint]:
    """`count` different points, drawn; fewer where there are not so many. The same seed, the same
    points."""
    generator = np.random.default_rng(seed)
    if all(each.values for each in space) and grid_size(space) <= max(count, VALUES_MAX):
        chosen = generator.permutation(grid_size(space))[:count]
        return [combination(space, int(number)) for number in sorted(chosen)]
    found: dict[SweepPoint, None] = {}
    for _ in range(count * _TRIES_PER_DRAW):
        shares = generator.random(len(space)).tolist()
        found[tuple(_drawn(each, u) for each, u in zip(space, shares, strict=True))] = None
        if len(found) == count:
            break
    return list(found)


def configured(
    config: PoolConfig, space: Sequence[SweepDimension], point: SweepPoint
) -> PoolConfig:
    """`config` with the values of `point`, judged as a document would be, strategy included.
    Raises InvalidFieldError."""
    given = {each.field: value for each, value in zip(space, point, strict=True)}
    own = with_strategy(config, str(given.pop("strategy", config.strategy)))
    document: dict[str, object] = {name: getattr(own, name) for name in own.__struct_fields__}
    document["members"] = [msgspec.structs.asdict(member) for member in own.members]
    parameters = dict(own.strategy_params)
    for field, value in given.items():
        if field.startswith(PARAMETERS):
            parameters[field.removeprefix(PARAMETERS)] = _plain(value)
        else:
            document[field] = int(value) if _kind(field) is int else value
    changed = pool_config({**document, "strategy_params": parameters})
    registry.strategy(changed)
    registry.shape(changed)
    return changed


def shown_value(value: SweptValue) -> str:
    """As it is typed."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:f}" if isinstance(value, Decimal) else value


def _kind(field: str) -> object:
    return fields_of(PoolConfig)[field].kind


def _is_number(field: str) -> bool:
    return field.startswith(PARAMETERS) or _kind(field) in {int, Decimal}


def _check_field(field: str, option: str) -> None:
    if field in SWEPT_FIELDS or (field.startswith(PARAMETERS) and field != PARAMETERS):
        return
    near = get_close_matches(field, SWEPT_FIELDS, n=1)
    hint = f"{near[0]} is the nearest; " if near else ""
    allowed = f"{hint}a field of the pool that quotes depend on, or {PARAMETERS}NAME"
    raise InvalidFieldError(option, field, allowed)


def _value(field: str, word: str) -> SweptValue:
    if field.startswith(PARAMETERS):
        return _parameter(word)
    spec = fields_of(PoolConfig)[field]
    if spec.kind is bool:
        if word not in {"true", "false"}:
            raise InvalidFieldError(field, word, "true or false")
        return word == "true"
    if spec.kind is str:
        return word
    return _number(field, word)


def _parameter(word: str) -> SweptValue:
    if word in {"true", "false"}:
        return word == "true"
    try:
        return decimal_of(PARAMETERS, word).normalize()
    except InvalidFieldError:
        return word


def _number(field: str, word: str) -> Decimal:
    number = decimal_of(field, word)
    if not field.startswith(PARAMETERS) and _kind(field) is int and number % 1:
        raise InvalidFieldError(field, word, fields_of(PoolConfig)[field].words())
    return number


def _span(text: str, field: str, parts: list[str], option: str) -> SweepDimension:
    log = parts[-1] == "log"
    bounds = parts[:-1] if log else parts
    if not 2 <= len(bounds) <= 3:  # noqa: PLR2004  low, high and a count
        raise InvalidFieldError(option, text, _FORM)
    low, high = _number(field, bounds[0].strip()), _number(field, bounds[1].strip())
    if not low < high:
        raise InvalidFieldError(option, text, "low below high")
    if log and low <= 0:
        raise InvalidFieldError(option, text, "low above 0 where steps are logarithmic")
    made = SweepDimension(field, text, (), low, high, log)
    if len(bounds) == 2:  # noqa: PLR2004  low and high
        return made
    word = bounds[2].strip()
    if not word.isdecimal() or len(word) > len(str(VALUES_MAX)) or not 1 < int(word) <= VALUES_MAX:
        raise InvalidFieldError(option, text, f"a count from 2 to {VALUES_MAX}")
    count = int(word)
    values = dict.fromkeys(_drawn(made, place / (count - 1)) for place in range(count))
    return msgspec.structs.replace(made, values=tuple(values))


def _drawn(each: SweepDimension, share: float) -> SweptValue:
    """What lies `share` of the way from the lowest to the highest; of a list, at that place."""
    if each.values:
        return each.values[min(int(share * len(each.values)), len(each.values) - 1)]
    if share in {0.0, 1.0}:
        return each.low if share == 0.0 else each.high
    low, high = float(each.low), float(each.high)
    value = low * (high / low) ** share if each.log else low + (high - low) * share
    if not each.field.startswith(PARAMETERS) and _kind(each.field) is int:
        return Decimal(round(value))
    return Decimal(format(_ROUND.create_decimal_from_float(value).normalize(), "f"))


def _plain(value: SweptValue) -> str | int | float | bool:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value

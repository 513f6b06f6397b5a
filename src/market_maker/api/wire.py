"""Answers on the wire: the service's own views, with decimals and times as text.

One walk over a type's annotations gives both the encoder and the JSON schema, so that what is
documented is what is sent.
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

from market_maker.api.literals import write_time
from market_maker.api.live import PoolLive
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.service.views import PoolStatusView, PoolView

Schema = dict[str, Any]
Encode = Callable[[Any], object]

INLINED: dict[type[Struct], str] = {
    PoolView: "config",
    PoolStatusView: "engine",
    PoolLive: "status",
}
"""Fields that have no name of their own on the wire: what they hold stands beside the others,
which win where both have a name."""
LEFT_OUT: dict[type[Struct], tuple[str, ...]] = {PoolConfig: ("members",)}
"""Fields that are not sent: a pool's members have a list of their own."""

OUT_DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
OUT_TIME = {"type": "string", "format": "date-time"}


class Plan(Struct, frozen=True):
    """How one type is sent. name: in the schema's components, empty where the schema stands in
    place; parts: the plans it points to."""

    encode: Encode
    schema: Schema
    name: str = ""
    parts: tuple["Plan", ...] = ()

    @property
    def reference(self) -> Schema:
        """The schema, by name where it has one."""
        return {"$ref": f"#/components/schemas/{self.name}"} if self.name else self.schema


def components(plans: Iterable[Plan]) -> dict[str, Schema]:
    """Every named schema that `plans` lead to, by name."""
    found: dict[str, Schema] = {}
    for each in plans:
        found |= components(each.parts)
        if each.name:
            found[each.name] = each.schema
    return dict(sorted(found.items()))


def encode(kind: Any, value: object) -> object:
    """`value`, of the type `kind`, as JSON has it."""
    return plan(kind).encode(value)


@cache
def plan(kind: Any) -> Plan:
    """How `kind` is sent: Structs and what they are made of. A type that is not known here is our
    bug."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if hasattr(kind, "__supertype__"):
        return plan(kind.__supertype__)
    made = _GENERIC.get(get_origin(kind))
    if made is not None:
        return made(get_args(kind))
    assert isinstance(kind, type), kind
    if issubclass(kind, StrEnum):
        return Plan(str, {"type": "string", "enum": [str(member) for member in kind]})
    assert issubclass(kind, Struct), kind
    return _struct(kind)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def write_decimal(value: Decimal) -> str:
    """Plain digits, no exponent, no negative zero."""
    return format(abs(value) if value == 0 else value, "f")


_PLAIN: dict[Any, Plan] = {
    str: Plan(str, {"type": "string"}),
    int: Plan(int, {"type": "integer"}),
    bool: Plan(bool, {"type": "boolean"}),
    float: Plan(_number, {"type": ["number", "null"]}),
    NoneType: Plan(lambda _: None, {"type": "null"}),
    Decimal: Plan(write_decimal, OUT_DECIMAL),
    Nanos: Plan(write_time, OUT_TIME),
}


def _union(kinds: tuple[Any, ...]) -> Plan:
    wanted = [plan(kind) for kind in kinds if kind is not NoneType]
    if len(wanted) > 1:
        # Plain values only (strategy_params): they are sent as they are.
        return Plan(lambda value: value, {"anyOf": [plan(kind).schema for kind in kinds]})
    (inner,) = wanted

    def encode(value: object) -> object:
        return None if value is None else inner.encode(value)

    return Plan(encode, _or_null(inner.reference), parts=(inner,))


def _list(kinds: tuple[Any, ...]) -> Plan:
    inner = plan(kinds[0])

    def encode(values: Iterable[object]) -> object:
        return [inner.encode(value) for value in values]

    return Plan(encode, {"type": "array", "items": inner.reference}, parts=(inner,))


def _table(kinds: tuple[Any, ...]) -> Plan:
    inner = plan(kinds[1])

    def encode(table: dict[str, object]) -> object:
        return {name: inner.encode(value) for name, value in table.items()}

    schema = {"type": "object", "additionalProperties": inner.reference}
    return Plan(encode, schema, parts=(inner,))


def _struct(kind: type[Struct]) -> Plan:
    kinds = get_type_hints(kind)
    inlined = INLINED.get(kind, "")
    left_out = (inlined, *LEFT_OUT.get(kind, ()))
    names = [name for name in kind.__struct_fields__ if name not in left_out]
    fields = {name: plan(kinds[name]) for name in names}
    properties = {name: inner.reference for name, inner in fields.items()}
    parts = tuple(fields.values())

    def encode(value: object) -> object:
        return {name: inner.encode(getattr(value, name)) for name, inner in fields.items()}

    if not inlined:
        return Plan(encode, _object(kind, properties), _name(kind), parts)
    within, optional = _inner(kinds[inlined])
    beside = within.schema["properties"]
    shown = {name: _or_null(each) if optional else each for name, each in beside.items()}
    properties = shown | properties

    def encode_inlined(value: object) -> object:
        sent = within.encode(held) if (held := getattr(value, inlined)) else dict.fromkeys(beside)
        own = encode(value)
        assert isinstance(own, dict)
        assert isinstance(sent, dict)
        return sent | own

    return Plan(encode_inlined, _object(kind, properties), _name(kind), parts + within.parts)


def _inner(kind: Any) -> tuple[Plan, bool]:
    """The plan of an inlined field and whether it may be None."""
    kinds = get_args(kind) or (kind,)
    (struct,) = (each for each in kinds if each is not NoneType)
    return plan(struct), NoneType in kinds


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _object(kind: type[Struct], properties: dict[str, Schema]) -> Schema:
    return {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _name(kind: type[Struct]) -> str:
    return kind.__name__.removesuffix("View")


_GENERIC: dict[Any, Callable[[tuple[Any, ...]], Plan]] = {
    Union: _union,
    UnionType: _union,
    tuple: _list,
    dict: _table,
}

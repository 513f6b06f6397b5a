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
and the later one wins a name that both have."""
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


class Slot(Struct, frozen=True):
    """A field of a Struct on the wire: the properties that it becomes, and how they are written
    from an instance."""

    properties: dict[str, Schema]
    write: Callable[[Struct, dict[str, object]], None]
    parts: tuple[Plan, ...]


def _struct(kind: type[Struct]) -> Plan:
    kinds, left_out = get_type_hints(kind), LEFT_OUT.get(kind, ())
    slots = [
        (_inlined if name == INLINED.get(kind) else _own)(name, kinds[name])
        for name in kind.__struct_fields__
        if name not in left_out
    ]
    properties: dict[str, Schema] = {}
    for slot in slots:
        properties |= slot.properties

    def encode(value: Struct) -> object:
        sent: dict[str, object] = {}
        for slot in slots:
            slot.write(value, sent)
        return sent

    schema = {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    parts = tuple(part for slot in slots for part in slot.parts)
    return Plan(encode, schema, kind.__name__.removesuffix("View"), parts)


def _own(name: str, kind: Any) -> Slot:
    inner = plan(kind)

    def write(value: Struct, sent: dict[str, object]) -> None:
        sent[name] = inner.encode(getattr(value, name))

    return Slot({name: inner.reference}, write, (inner,))


def _inlined(name: str, kind: Any) -> Slot:
    """What the field holds stands in its place; all of it is null where the field is None."""
    kinds = get_args(kind) or (kind,)
    (struct,) = (each for each in kinds if each is not NoneType)
    within = plan(struct)
    properties = within.schema["properties"]
    unknown: dict[str, object] = dict.fromkeys(properties)
    if NoneType in kinds:
        properties = {name: _or_null(each) for name, each in properties.items()}

    def write(value: Struct, sent: dict[str, object]) -> None:
        held = getattr(value, name)
        written = unknown if held is None else within.encode(held)
        assert isinstance(written, dict)
        sent |= written

    return Slot(properties, write, within.parts)


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_GENERIC: dict[Any, Callable[[tuple[Any, ...]], Plan]] = {
    Union: _union,
    UnionType: _union,
    tuple: _list,
    dict: _table,
}

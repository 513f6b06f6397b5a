"""Answers on the wire: the service's own views, with decimals and times as text.

One walk over a type's annotations makes both the encoder and the JSON schema, so that what is
documented is what is sent.
"""

import math
from collections.abc import Callable, Iterable
from decimal import Decimal
from enum import StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from msgspec import Meta, Struct

from market_maker.accounting.views import AttributionView
from market_maker.api.literals import write_time
from market_maker.api.settlement_answer import SettlementAnswer
from market_maker.api.symbol_metrics import SymbolMetricsAnswer
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos
from market_maker.operations.views import PoolStatusView, PoolView
from market_maker.performance.views import ObligationsView

Schema = dict[str, Any]
Encode = Callable[[Any], object]

INLINED: dict[type[Struct], str] = {
    PoolView: "config",
    PoolStatusView: "engine",
    SettlementAnswer: "record",
    SymbolMetricsAnswer: "metrics",
}
"""Fields that have no name of their own on the wire: what they hold stands beside the others,
and the later one wins a name that both have."""
LEFT_OUT: dict[type[Struct], tuple[str, ...]] = {PoolConfig: ("members",)}
"""Fields that are not sent: a pool's members have a list of their own."""

NAMED: dict[type[Struct], str] = {
    PoolStatusView: "PoolLive",
    SettlementAnswer: "Settlement",
    SymbolMetricsAnswer: "SymbolMetrics",
    AttributionView: "SymbolAttribution",
    ObligationsView: "ObligationsMet",
}
"""Names in the schema of those whose own, without View, is another's."""

OUT_DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
OUT_TIME = {"type": "string", "format": "date-time"}


class Plan(Struct, frozen=True):
    """How one type is sent. name: in the schema's components, empty where the schema stands in
    place; parts: the plans it points to. some: `encode` of a value that is not None, where None is
    one too."""

    encode: Encode
    schema: Schema
    name: str = ""
    parts: tuple["Plan", ...] = ()
    some: Encode | None = None

    @property
    def reference(self) -> Schema:
        """The schema, by name where it has one."""
        return {"$ref": f"#/components/schemas/{self.name}"} if self.name else self.schema


def components(plans: Iterable[Plan]) -> dict[str, Schema]:
    """Every named schema that `plans` lead to, by name. Two of one name are our bug."""
    found: dict[str, Schema] = {}
    for each in plans:
        named = components(each.parts) | ({each.name: each.schema} if each.name else {})
        for name, schema in named.items():
            assert found.setdefault(name, schema) == schema, f"there are two schemas {name}"
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
        return Plan(_as_it_is, {"type": "string", "enum": [str(member) for member in kind]})
    assert issubclass(kind, Struct), kind
    return _struct(kind)


def _as_it_is(value: Any) -> object:
    return value


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None


def write_decimal(value: Decimal) -> str:
    """Plain digits, no exponent, no negative zero."""
    return format(value or abs(value), "f")


_PLAIN: dict[Any, Plan] = {
    str: Plan(_as_it_is, {"type": "string"}),
    int: Plan(_as_it_is, {"type": "integer"}),
    bool: Plan(_as_it_is, {"type": "boolean"}),
    float: Plan(_number, {"type": ["number", "null"]}),
    NoneType: Plan(_as_it_is, {"type": "null"}),
    Any: Plan(_as_it_is, {}),
    Decimal: Plan(write_decimal, OUT_DECIMAL),
    Nanos: Plan(write_time, OUT_TIME),
}


def _union(kinds: tuple[Any, ...]) -> Plan:
    wanted = [plan(kind) for kind in kinds if kind is not NoneType]
    if len(wanted) > 1:
        # Plain values only (strategy_params): they are sent as they are.
        return Plan(_as_it_is, {"anyOf": [plan(kind).schema for kind in kinds]})
    (inner,) = wanted
    some = inner.encode

    def encode(value: object) -> object:
        return None if value is None else some(value)

    if some is _as_it_is:
        encode = some
    return Plan(encode, _or_null(inner.reference), parts=(inner,), some=some)


def _described(kinds: tuple[Any, ...]) -> Plan:
    """A field that says what it means: its sentence stands in the schema."""
    kind, *metas = kinds
    inner = plan(kind)
    words = [meta.description for meta in metas if isinstance(meta, Meta) and meta.description]
    if not words:
        return inner
    return Plan(inner.encode, inner.reference | {"description": words[0]}, parts=(inner,))


def _list(kinds: tuple[Any, ...]) -> Plan:
    inner = plan(kinds[0])

    def encode(values: Iterable[object]) -> object:
        return [inner.encode(value) for value in values]

    return Plan(encode, {"type": "array", "items": inner.reference}, parts=(inner,))


def _table(kinds: tuple[Any, ...]) -> Plan:
    inner = plan(kinds[1])
    if inner.encode is _as_it_is:
        return Plan(_as_it_is, {"type": "object", "additionalProperties": inner.reference})

    def encode(table: dict[str, object]) -> object:
        return {name: inner.encode(value) for name, value in table.items()}

    schema = {"type": "object", "additionalProperties": inner.reference}
    return Plan(encode, schema, parts=(inner,))


def _struct(kind: type[Struct]) -> Plan:
    kinds, left_out = get_type_hints(kind, include_extras=True), LEFT_OUT.get(kind, ())
    fields = {
        name: _Field(name, kinds[name], inlined=name == INLINED.get(kind))
        for name in kind.__struct_fields__
        if name not in left_out
    }
    properties: dict[str, Schema] = {}
    for field in fields.values():
        properties |= field.properties
    schema = {
        "description": " ".join((kind.__doc__ or "").split()),
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    parts = tuple(part for field in fields.values() for part in field.parts)
    encode = _encoder(tuple(fields.values()))
    name = NAMED.get(kind, kind.__name__.removesuffix("View"))
    return Plan(encode, schema, name, parts)


class _Field:
    """A field of a Struct on the wire. properties: what it becomes there; encode: its value, some:
    one that is not None; absent: what stands for an inlined None, None where the field is not
    inlined."""

    def __init__(self, name: str, kind: Any, *, inlined: bool) -> None:
        self.name = name
        self.absent: dict[str, object] | None = None
        if not inlined:
            inner = plan(kind)
            self.encode, self.some = inner.encode, inner.some or inner.encode
            self.parts: tuple[Plan, ...] = (inner,)
            self.properties = {name: inner.reference}
            return
        kinds = get_args(kind) or (kind,)
        (struct,) = (each for each in kinds if each is not NoneType)
        inner = plan(struct)
        self.encode, self.some, self.parts = inner.encode, inner.encode, inner.parts
        self.properties = inner.schema["properties"]
        self.absent = dict.fromkeys(self.properties)
        if NoneType in kinds:
            self.properties = {each: _or_null(of) for each, of in self.properties.items()}


def _encoder(fields: tuple[_Field, ...]) -> Encode:
    """Written for speed: a picture of all pools has tens of thousands of values."""
    names = [field.name for field in fields]
    coded = [(each.name, each.some) for each in fields if each.some is not _as_it_is]

    def encode(value: object) -> object:
        sent: dict[str, object] = {name: getattr(value, name) for name in names}
        for name, encode_one in coded:
            held = sent[name]
            if held is not None:
                sent[name] = encode_one(held)
        return sent

    if all(field.absent is None for field in fields):
        return encode

    def encode_inlined(value: object) -> object:
        sent: dict[str, object] = {}
        for field in fields:
            held = getattr(value, field.name)
            if field.absent is None:
                sent[field.name] = field.encode(held)
            else:
                written = field.absent if held is None else field.encode(held)
                assert isinstance(written, dict)
                sent |= written
        return sent

    return encode_inlined


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


_GENERIC: dict[Any, Callable[[tuple[Any, ...]], Plan]] = {
    Annotated: _described,
    Union: _union,
    UnionType: _union,
    tuple: _list,
    dict: _table,
}

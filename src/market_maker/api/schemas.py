"""JSON schemas of requests, from the same fields that they are read by."""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from inspect import getdoc
from typing import Any

from msgspec import Struct

from market_maker.api.literals import DECIMAL_PATTERN, SIGNED_PATTERN, TIME_PATTERN
from market_maker.api.reading import Body, Query, allowed
from market_maker.model.fields import NAME_PATTERN, Bounds, Choices, Field, TextBounds, fields_of
from market_maker.model.units import Nanos

Schema = dict[str, Any]
REFERENCES = "#/components/schemas/{}"
PARAMETERS: Schema = {
    "type": "object",
    "patternProperties": {NAME_PATTERN: {"type": ["string", "number", "boolean", "null"]}},
}


def reference(name: str) -> Schema:
    """A pointer to a named schema."""
    return {"$ref": REFERENCES.format(name)}


def body_schema(body: Body) -> Schema:
    """Of a request's body."""
    schema = _object(body.title, body.kind, body.fields(), set(body.required))
    if body.nulls:
        wanted = set(schema["required"])
        properties = schema["properties"].items()
        schema["properties"] = {n: s if n in wanted else _or_null(s) for n, s in properties}
    if body.together:
        others = {n: [m for m in body.together if m != n] for n in body.together}
        schema["dependentRequired"] = others
    return schema


def query_schema(kind: type[Query]) -> Schema:
    """Of a request's query parameters."""
    return _object(kind.__name__, kind, fields_of(kind), set())


def _object(
    name: str, kind: type[Struct], fields: Mapping[str, Field], required: set[str]
) -> Schema:
    wanted = [each for each, field in fields.items() if field.required or each in required]
    schema: Schema = {
        "title": name,
        "description": " ".join((getdoc(kind) or "").split()),
        "type": "object",
        "properties": {each: _property(fields[each], wanted) for each in fields},
        "additionalProperties": False,
    }
    return schema | ({"required": wanted} if wanted else {})


def _property(field: Field, required: list[str]) -> Schema:
    schema = field_schema(field)
    if field.optional:
        schema = _or_null(schema)
    if field.name not in required:
        schema |= {"default": sent_default(field.default)}
    if is_word(field.kind):
        return schema
    return schema | {"title": field.name.replace("_", " ").title()}


def is_word(kind: Any) -> bool:
    """Whether a type is an enumeration, which has a schema of its own."""
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def sent_default(value: object) -> object:
    """A default as it would be sent."""
    return format(value, "f") if isinstance(value, Decimal) else value


def _or_null(schema: Schema) -> Schema:
    outside = {name: schema[name] for name in ("title", "default") if name in schema}
    inside = {name: each for name, each in schema.items() if name not in outside}
    return {"anyOf": [inside, {"type": "null"}]} | outside


def field_schema(field: Field) -> Schema:
    """Of one field, whether it must be there or not."""
    if field.kind is Decimal:
        assert isinstance(field.allowed, Bounds), field
        signed = field.allowed.low < 0
        text = {"type": "string", "pattern": SIGNED_PATTERN if signed else DECIMAL_PATTERN}
        return {"anyOf": [text, {"type": "number", **_limits(field.allowed)}], **_words(field)}
    if field.kind is int:
        assert isinstance(field.allowed, Bounds), field
        return {"type": "integer", **_limits(field.allowed), **_words(field)}
    if field.kind is Nanos:
        return {"type": "string", "pattern": TIME_PATTERN, **_words(field)}
    if field.kind in {bool, str}:
        return {"type": "boolean" if field.kind is bool else "string", **_text(field)}
    if is_word(field.kind):
        return reference(field.kind.__name__)
    return PARAMETERS | _meaning(field)


def _words(field: Field) -> Schema:
    words = allowed(field)
    return {
        "description": f"{field.meaning} {words[0].upper()}{words[1:]}." if field.meaning else words
    }


def _meaning(field: Field) -> Schema:
    return {"description": field.meaning} if field.meaning else {}


def _text(field: Field) -> Schema:
    match field.allowed:
        case TextBounds() as bounds:
            length = {"minLength": bounds.shortest, "maxLength": bounds.longest}
            words = field.meaning or bounds.words
            return {**length, "pattern": bounds.pattern, "description": words}
        case Choices() as choices:
            return {"enum": list(choices.words), **_meaning(field)}
        case _:
            return _meaning(field)


def _limits(bounds: Bounds) -> dict[str, float | int]:
    low = "exclusiveMinimum" if bounds.low_open else "minimum"
    return {low: _bare(bounds.low), "maximum": _bare(bounds.high)}


def _bare(value: Decimal) -> float | int:
    return int(value) if value == value.to_integral_value() else float(value)


def words_of(fields: Mapping[str, Field]) -> dict[str, Schema]:
    """The enumerations among them, which have schemas of their own."""
    kinds = [field.kind for field in fields.values()]
    return {
        kind.__name__: {
            "title": kind.__name__,
            "description": " ".join((getdoc(kind) or "").split()),
            "type": "string",
            "enum": [str(word) for word in kind],
        }
        for kind in kinds
        if is_word(kind)
    }

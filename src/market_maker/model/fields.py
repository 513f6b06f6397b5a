"""Fields: what a value may be, written once, with the field: its bounds, its unit, its meaning.

A field's type is Annotated with a msgspec.Meta made here. From it come the checks of the domain,
what the REST API reads and describes, and the tables of the documents.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, TypeAlias, Union, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Meta, Struct
from msgspec import structs as _structs

from market_maker.model.errors import InvalidFieldError

NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9@:._-]{0,63}$"
SEEN_PATTERN = (
    r"^[^\u0000-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$"
)
"""Of a line all of which is seen, in the order in which it is written: the same name with a mark
that no screen shows would be another participant's. Joiners of scripts and emoji are left."""
LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]*$"
NAME_WORDS = "a text of 1 to 64 letters, digits and @ : . _ - of which the first is no sign"


class Bounds(Struct, frozen=True):
    """What a number may be: low..high, with low itself excluded where low_open."""

    low: Decimal
    high: Decimal
    unit: str
    low_open: bool = False

    def allows(self, value: Decimal | int) -> bool:
        """Whether `value` lies within."""
        return (self.low < value if self.low_open else self.low <= value) and value <= self.high

    def words(self, *, whole: bool) -> str:
        """For people."""
        kind = "a whole number" if whole else "a number"
        low = f"above {self.low}" if self.low_open else f"from {self.low}"
        unit = f" {self.unit}" if self.unit else ""
        return f"{kind} {low} to {self.high}{unit}"


class TextBounds(Struct, frozen=True):
    """What a text may be: its length in characters, a pattern, and both in words."""

    shortest: int
    longest: int
    pattern: str
    words: str


class Choices(Struct, frozen=True):
    """The words that a text may be."""

    words: tuple[str, ...]


Allowed: TypeAlias = Bounds | TextBounds | Choices


def number(low: str, high: str, unit: str, meaning: str) -> Meta:
    """A number from `low` to `high`."""
    return _meta(Bounds(Decimal(low), Decimal(high), unit), meaning)


def positive(high: str, unit: str, meaning: str) -> Meta:
    """A number above zero, up to `high`."""
    return _meta(Bounds(Decimal(0), Decimal(high), unit, low_open=True), meaning)


def line(longest: int, meaning: str, shortest: int = 0) -> Meta:
    """A text of one line, without control characters."""
    words = f"a text of {shortest} to {longest} characters on one line"
    return _meta(TextBounds(shortest, longest, LINE_PATTERN, words), meaning)


def shown(longest: int, meaning: str) -> Meta:
    """A name that people read: a line without invisible characters."""
    words = f"a text of 1 to {longest} characters on one line, all of which are seen"
    return _meta(TextBounds(1, longest, SEEN_PATTERN, words), meaning)


def name(meaning: str) -> Meta:
    """The name of a symbol, a participant, a user, an account."""
    return _meta(TextBounds(1, 64, NAME_PATTERN, NAME_WORDS), meaning)


def text(bounds: TextBounds, meaning: str) -> Meta:
    """A text with a pattern of its own."""
    return _meta(bounds, meaning)


def choice(words: Iterable[str], meaning: str) -> Meta:
    """One of some words."""
    return _meta(Choices(tuple(words)), meaning)


def meaning(words: str) -> Meta:
    """A field that its type bounds."""
    return Meta(description=words)


def _meta(allowed: Allowed, words: str) -> Meta:
    return Meta(description=words, extra={"allowed": allowed})


class Field(Struct, frozen=True, kw_only=True):
    """One field. kind: its type without None; optional: None is allowed; default: what a missing
    one is, NODEFAULT where it must be there. meaning: one sentence, may be empty."""

    name: str
    kind: Any
    optional: bool
    default: Any
    meaning: str
    allowed: Allowed | None

    @property
    def required(self) -> bool:
        """Whether it must be there."""
        return self.default is NODEFAULT

    def words(self) -> str:
        """What it may be, for people."""
        match self.allowed:
            case Bounds():
                return self.allowed.words(whole=self.kind is int)
            case TextBounds():
                return self.allowed.words
            case Choices():
                return "one of " + ", ".join(self.allowed.words)
            case None:
                return kind_words(self.kind)


def kind_words(kind: Any) -> str:
    """What a type may hold, for people."""
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return "one of " + ", ".join(kind)
    return {bool: "true or false", int: "a whole number", Decimal: "a number"}.get(kind, "a text")


@cache
def fields_of(struct: type[Struct]) -> dict[str, Field]:
    """The fields of a Struct, by name, in order."""
    hints = get_type_hints(struct, include_extras=True)
    return {
        spec.name: _field(spec.name, hints[spec.name], _default(spec))
        for spec in _structs.fields(struct)
    }


def bounds_of(struct: type[Struct]) -> dict[str, Bounds]:
    """The fields that are numbers within bounds."""
    fields = fields_of(struct).values()
    return {each.name: each.allowed for each in fields if isinstance(each.allowed, Bounds)}


def _default(spec: _structs.FieldInfo) -> Any:
    if spec.default is NODEFAULT and spec.default_factory is not NODEFAULT:
        return spec.default_factory()
    return spec.default


def _field(name: str, hint: Any, default: Any) -> Field:
    kind, metas, optional = _taken_apart(hint)
    words = next((meta.description for meta in metas if meta.description), "")
    extras = [meta.extra or {} for meta in metas]
    allowed = next((extra["allowed"] for extra in extras if "allowed" in extra), None)
    return Field(
        name=name, kind=kind, optional=optional, default=default, meaning=words, allowed=allowed
    )


def _taken_apart(hint: Any) -> tuple[Any, list[Meta], bool]:
    """A type without its Meta and None, the Metas, and whether None was there."""
    if get_origin(hint) is Annotated:
        inner, *metas = get_args(hint)
        kind, more, optional = _taken_apart(inner)
        return kind, [*(meta for meta in metas if isinstance(meta, Meta)), *more], optional
    if get_origin(hint) in {Union, type(int | str)}:
        kinds = [each for each in get_args(hint) if each is not type(None)]
        if len(kinds) == 1:
            kind, metas, _ = _taken_apart(kinds[0])
            return kind, metas, True
    # Names are texts; moments are no plain numbers.
    return (str if getattr(hint, "__supertype__", None) is str else hint), [], False


def check_fields(value: Struct, prefix: str = "") -> None:
    """Raise InvalidFieldError for the first field that is not what it may be."""
    given = {each: getattr(value, each) for each in value.__struct_fields__}
    check_given(type(value), given, prefix)


def check_given(struct: type[Struct], given: Mapping[str, object], prefix: str = "") -> None:
    """The same for some of a Struct's fields, which are not in a Struct yet."""
    for each in fields_of(struct).values():
        if each.name in given and not allows(each, given[each.name]):
            raise InvalidFieldError(prefix + each.name, given[each.name], each.words())


def allows(field: Field, value: object) -> bool:
    """Whether a field may hold `value`, which has the field's type."""
    if value is None:
        return field.optional
    match field.allowed:
        case Bounds():
            if isinstance(value, Decimal):
                return value.is_finite() and field.allowed.allows(value)
            return isinstance(value, int) and field.allowed.allows(value)
        case TextBounds():
            assert isinstance(value, str), value
            return (
                field.allowed.shortest <= len(value.strip()) and len(value) <= field.allowed.longest
            )
        case Choices():
            return value in field.allowed.words
        case None:
            return True

"""One Struct made from another: the fields that both have, so that a constructor names only what
differs."""

from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from msgspec import Struct

_UNIONS = {Union, type(int | None)}


def shared_fields(
    kind: type[Struct], *sources: Struct, but: tuple[str, ...] = ()
) -> dict[str, Any]:
    """The values of `sources` (properties included) by the names that `kind` has too, for
    `kind(**shared_fields(kind, source), other=...)`: mypy still checks what is named beside it,
    and the constructor refuses what is missing or named twice. but: shared names that are not
    taken. Raises TypeError where the type of a field does not fit, two sources have it, or a name
    in `but` is not shared."""
    values: dict[str, Any] = {}
    for source in sources:
        for name in _names(kind, type(source), but):
            if name in values:
                message = f"{kind.__name__}.{name} is a field of two sources"
                raise TypeError(message)
            values[name] = getattr(source, name)
    return values


@cache
def _names(kind: Any, source: Any, but: tuple[str, ...]) -> tuple[str, ...]:
    wanted, held = get_type_hints(kind), _held(source)
    shared = [name for name in kind.__struct_fields__ if name in held]
    for name in but:
        if name not in shared:
            message = f"{kind.__name__} and {source.__name__} do not share {name}"
            raise TypeError(message)
    taken = tuple(name for name in shared if name not in but)
    for name in taken:
        if not all(_fits(each, wanted[name]) for each in _choices(held[name])):
            message = (
                f"{kind.__name__}.{name} is {wanted[name]}, that of {source.__name__} {held[name]}"
            )
            raise TypeError(message)
    return taken


def _held(source: Any) -> dict[str, Any]:
    every = get_type_hints(source)
    hints = {name: every[name] for name in source.__struct_fields__}
    for name in dir(source):
        each = getattr(source, name)
        if isinstance(each, property) and each.fget is not None:
            hints[name] = get_type_hints(each.fget).get("return")
    return hints


def _choices(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in _UNIONS else (hint,)


def _fits(held: Any, wanted: Any) -> bool:
    """Whether a value of the type `held` is one of `wanted`: the same, or a NewType of it."""
    choices = _choices(wanted)
    while held not in choices:
        if not hasattr(held, "__supertype__"):
            return False
        held = held.__supertype__
    return True

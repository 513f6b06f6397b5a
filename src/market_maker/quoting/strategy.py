"""What a strategy is, and how its own parameters are read."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TypeVar, get_args

import msgspec
from msgspec import Meta, Struct

from market_maker.model.errors import InvalidFieldError, UnknownFieldError
from market_maker.model.pool import PoolConfig
from market_maker.quoting.view import Distances, View

Strategy = Callable[[View], Distances]
"""A pure function; everything that one pool's configuration fixes is bound inside it."""

Build = Callable[[PoolConfig], Strategy]
"""Makes a pool's strategy. Raises InvalidFieldError."""

_Params = TypeVar("_Params", bound=Struct)


class Need(StrEnum):
    """What a strategy may use beside volatility and the position, which it always has."""

    DEPTH = "sizes near the mid, and the pressure of the first levels"
    FLOW = "recent buys and sells"
    ARRIVALS = "kappa, fill intensity and volatility as the references calibrate them"


def read_params(given: Mapping[str, object], kind: type[_Params]) -> _Params:
    """A strategy's `kind` of parameters from `strategy_params`.

    Every field of `kind` is Annotated with a Meta whose description says what is allowed.
    Raises InvalidFieldError that names `strategy_params.<field>`.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name, value in given.items():
        if name not in fields:
            allowed = ", ".join(fields) or "none with this strategy"
            raise UnknownFieldError(f"strategy_params.{name}", value, allowed)
    read = {name: _read(name, value, fields[name].type) for name, value in given.items()}
    for name, field in fields.items():
        if field.required and name not in read:
            raise InvalidFieldError(f"strategy_params.{name}", None, _allowed(field.type))
    return kind(**read)


def _read(name: str, value: object, annotation: object) -> object:
    try:
        return msgspec.convert(value, annotation)
    except msgspec.ValidationError:
        raise InvalidFieldError(f"strategy_params.{name}", value, _allowed(annotation)) from None


def _allowed(annotation: object) -> str:
    metas = [meta for meta in get_args(annotation) if isinstance(meta, Meta)]
    assert metas, annotation
    assert metas[0].description, annotation
    return metas[0].description

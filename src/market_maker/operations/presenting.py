"""From the engine's integers to people's units: by the types of a row's fields, and their names."""

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

from msgspec import Struct

from market_maker.model.instrument import Instrument
from market_maker.model.units import Lots, Ticks, Value

View = TypeVar("View", bound=Struct)
Convert = Callable[[Instrument, Any], object]


def present(kind: type[View], row: Struct, instrument: Instrument, **more: object) -> View:
    """A view of a row: fields of the same name, ticks as prices, lots as quantities, values as
    money. more: what the row does not have, or has in another shape."""
    values: dict[str, Any] = dict(more)
    for name, convert in _plan(kind, type(row)):
        if name not in more:
            held = getattr(row, name)
            values[name] = held if convert is None or held is None else convert(instrument, held)
    return kind(**values)


@cache
def _plan(kind: Any, source: Any) -> tuple[tuple[str, Convert | None], ...]:
    hints = get_type_hints(source)
    for name, each in vars(source).items():
        if isinstance(each, property) and each.fget is not None:
            hints[name] = get_type_hints(each.fget).get("return")
    names = [name for name in kind.__struct_fields__ if name in hints]
    return tuple((name, _CONVERT.get(_bare(hints[name]))) for name in names)


def _bare(hint: Any) -> Any:
    """A type without None."""
    kinds = [each for each in get_args(hint) if each is not type(None)]
    return kinds[0] if len(kinds) == 1 else hint


_CONVERT: dict[Any, Convert] = {
    Ticks: lambda instrument, ticks: instrument.price(ticks),
    Lots: lambda instrument, lots: instrument.quantity(lots),
    Value: lambda instrument, value: instrument.money(value),
}

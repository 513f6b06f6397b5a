"""A bound stands once: fields of one name are bound alike wherever they are read."""

import inspect
import pkgutil
from collections import defaultdict
from importlib import import_module

from msgspec import Struct

from market_maker import accounting, api, model, operations
from market_maker.model.fields import fields_of

MAY_DIFFER = {
    "max_drawdown_pct": "0 turns a pool's guard off; a participant always has a limit",
    "max_position": "in base currency by the API, of the asset on the maker's command line",
    "note": "an acknowledgement may be silent, a review may not",
    "reason": "kept with a settlement and needed there; elsewhere it is for the audit log",
    "sort": "a list is sorted by its own columns",
}
"""Fields of one name that are bound differently, and why."""

MODULES = (
    "market_maker.settings",
    "market_maker.smart_maker",
    "market_maker.standalone.settings",
)


def test_fields_of_one_name_have_one_bound() -> None:
    differ = {name: where for name, where in bounds().items() if len(where) > 1}
    assert {name: where for name, where in differ.items() if name not in MAY_DIFFER} == {}
    assert differ.keys() == MAY_DIFFER.keys()


def bounds() -> dict[str, dict[str, list[str]]]:
    """By field name and bound, the Structs that have it so."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for kind in structs():
        for name, field in fields_of(kind).items():
            if field.allowed is not None:
                found[name][repr(field.allowed)].append(kind.__name__)
    return found


def structs() -> list[type[Struct]]:
    """Those of the rooms that people's words come into."""
    names = [*MODULES]
    for room in (model, operations, accounting, api):
        names += [each.name for each in pkgutil.iter_modules(room.__path__, f"{room.__name__}.")]
    return [
        kind
        for name in names
        for _, kind in inspect.getmembers(import_module(name), inspect.isclass)
        if issubclass(kind, Struct) and kind.__module__ == name
    ]

"""Kernels as the Python that they are, over the memory that machine code would work in.

For little that is to be done before there is machine code: a row costs some hundred times as much,
and nothing has to be compiled. Between two calls one form can take over from the other.
"""

from collections.abc import Callable
from typing import Any

from numpy import ctypeslib

from market_maker.replay_venue.kernel_parts import ARRAYS, PARTS, ArrayAt, held_in, renamed

_made: dict[Callable[..., Any], Callable[..., Any]] = {}


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """A part of a kernel that works at addresses in Python: its records are structures of C."""
    if function not in _made:
        _made[function], names = renamed(function)
        # Afterwards: functions may call one another.
        names.update((name, plain(held)) for name, held in held_in(function, PARTS))
        names.update((name, _array(ARRAYS[held])) for name, held in held_in(function, ARRAYS))
    return _made[function]


def _array(described: ArrayAt) -> Callable[[int, int], Any]:
    assert described.dimensions == 1, "rows of rows are only read by machine code"
    kind: Any = ctypeslib.as_ctypes_type(described.dtype)
    return lambda address, count: (kind * count).from_address(address)

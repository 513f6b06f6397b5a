"""How loops over arrays are compiled, and how compiled code reaches state through one address.

A kernel gets a single integer, the address of a record, and finds everything else from there:
passing many arrays instead costs more than a microsecond a call. The records have named fields:
a class with annotations says what they are (int is int64, float is float64), `layout` makes the
numpy dtype of it, and the same class is what the type checker sees.

numba notices a change of the file a kernel stands in, not of a file it calls: after editing one
of several kernel files, `make clean` drops what was compiled.
"""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable
from numba.np.numpy_support import carray
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code, made at its first call and kept in a cache on disk.

    The cache stands beside the source, or in the user's own cache folder where an installed
    package may not be written to; where neither can be written it is made in every process.
    No fastmath: results are those of IEEE arithmetic in the order written.
    """
    try:
        return njit(cache=True, error_model="numpy")(function)
    except RuntimeError:  # numba: "no locator available", nowhere to keep a cache
        return njit(error_model="numpy")(function)


def shared(function: Callable[P, R]) -> Callable[P, R]:
    """`function` unchanged in Python, and compiled into every kernel that calls it."""
    return register_jitable(error_model="numpy")(function)


def layout(record: type) -> np.dtype[np.void]:
    """The dtype of a record described by a class: one 8-byte field per annotation."""
    kinds = {int: "i8", float: "f8"}
    return np.dtype([(name, kinds[kind]) for name, kind in record.__annotations__.items()])


def _pointer_code(_typing_context: Any, address: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


pointer: Any = intrinsic(_pointer_code)
"""An address as a pointer; only compiled code can call it."""


def arrays_at(dtype: np.dtype[Any]) -> Callable[[int, int], Any]:
    """A kernel that gives the array of `count` items at `address`: (address, count) -> array."""

    @compiled
    def at(address: int, count: int) -> Any:
        return carray(pointer(address), (count,), dtype)

    return at


int64s: Callable[[int, int], NDArray[np.int64]] = arrays_at(np.dtype(np.int64))
"""The `count` integers at `address`."""

octets: Callable[[int, int], NDArray[np.uint8]] = arrays_at(np.dtype(np.uint8))
"""The `count` bytes at `address`."""

"""How loops over arrays are compiled, and how compiled code reaches state through one address.

A kernel gets a single integer, the address of a record, and finds everything else from there:
passing many arrays instead costs more than a microsecond a call. The records have named fields:
a class with annotations says what they are (int is int64, float is float64), `layout` makes the
numpy dtype of it, and the same class is what the type checker sees.

numba's cache notices a change of the file a kernel stands in, not of a kernel, record or constant
that it uses from elsewhere; a stale kernel would then read records by their old layout. So what
is cached is marked with everything that the kernels of the package are made of.
"""

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import njit, types
from numba.core import caching, cgutils
from numba.core.caching import FunctionCache
from numba.extending import intrinsic, overload, register_jitable
from numba.np.numpy_support import carray
from numpy.typing import NDArray

P = ParamSpec("P")
R = TypeVar("R")


_ingredients: dict[str, list[str]] = {}  # of the kernels, by package


_bases: dict[str, list[str]] = {}  # packages whose kernels the kernels of a package call


def builds_on(package: str, base: str) -> None:
    """The kernels of `package` call those of `base`: what these are made of is theirs, too."""
    _bases.setdefault(package, []).append(base)


def _mark(package: str) -> str:
    # Sorted: modules are imported in another order by another command, which must find the cache.
    parts = sorted([*_ingredients[package], *map(_mark, _bases.get(package, ()))])
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def _package(module: str) -> str:
    return module.rpartition(".")[0]


def _note(package: str, ingredient: object) -> None:
    _ingredients.setdefault(package, []).append(repr(ingredient))


def _note_function(package: str, function: Callable[..., object]) -> None:
    code, names = function.__code__, function.__globals__
    numbers = [(n, names[n]) for n in code.co_names if type(names.get(n)) in (int, float)]
    made_of = code.co_code, code.co_names, code.co_consts, function.__defaults__
    _note(package, (code.co_name, *made_of, numbers))


# numba's own pickle: the module is none of the core's, which reads no files itself.
_caching: Any = caching

_UNREADABLE = (
    ArithmeticError,
    AttributeError,
    EOFError,
    ImportError,
    LookupError,
    MemoryError,
    OSError,
    TypeError,
    ValueError,
    _caching.pickle.PickleError,
)
"""What numba raises where its file is damaged or cannot be read."""


class MarkedCache(FunctionCache):
    """numba's cache of `function`, with the ingredients of its package as a part of the key.
    Raises RuntimeError where there is nowhere to keep one.

    It only saves time: where it cannot be read the kernel is compiled again, and where it cannot be
    written, as on a full disk, it is not kept.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._package = _package(function.__module__)

    # The decorator that says so needs Python 3.12.
    def _index_key(  # type: ignore[explicit-override]
        self, sig: Any, codegen: Any
    ) -> tuple[Any, ...]:
        plain: tuple[Any, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*plain, _mark(self._package))

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # type: ignore[explicit-override]
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except _UNREADABLE:
            with contextlib.suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:  # type: ignore[explicit-override]
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, and put into every kernel that calls it: for what is done row by row, where a
    call costs as much as the work."""
    return _kernel_of(function, forceinline=True)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code, made at its first call and kept in a cache on disk.

    The cache stands beside the source, or in the user's own cache folder where an installed
    package may not be written to; where neither can be written it is made in every process.
    No fastmath: results are those of IEEE arithmetic in the order written.
    """
    return _kernel_of(function, forceinline=False)


def _kernel_of(function: Callable[P, R], *, forceinline: bool) -> Callable[P, R]:
    kernel: Any = njit(error_model="numpy", forceinline=forceinline)(function)
    _note_function(_package(function.__module__), function)
    with contextlib.suppress(RuntimeError):  # there is nowhere to keep a cache
        kernel._cache = MarkedCache(function)  # noqa: SLF001
    dispatcher: Callable[P, R] = kernel
    return dispatcher


def shared(function: Callable[P, R], package: str) -> Callable[P, R]:
    """`function` unchanged in Python, and compiled into every kernel that calls it; the kernels
    are those of `package`, wherever the function itself stands."""
    _note_function(package, function)
    return register_jitable(error_model="numpy")(function)


def layout(record: type) -> np.dtype[np.void]:
    """The dtype of a record described by a class: one 8-byte field per annotation."""
    kinds = {int: "i8", float: "f8"}
    fields = [(name, kinds[kind]) for name, kind in record.__annotations__.items()]
    _note(_package(record.__module__), (record.__name__, fields))
    return np.dtype(fields)


def _pointer_code(_typing_context: Any, address: Any) -> Any:
    def generate(_context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], cgutils.voidptr_t)

    return types.voidptr(address), generate


pointer: Any = intrinsic(_pointer_code)
"""An address as a pointer; only compiled code can call it."""


class _Memory:
    """What stands at an address, in the form numpy reads foreign memory by."""

    def __init__(self, address: int, count: int, dtype: np.dtype[Any]) -> None:
        place = {"data": (int(address), False), "shape": (int(count),), "version": 3}
        self.__array_interface__ = place | {"typestr": dtype.str, "descr": dtype.descr}


def _array(address: Any, count: Any, dtype: Any) -> Any:
    return carray(pointer(address), (count,), dtype)


_array = shared(_array, _package(__name__))


def arrays_at(dtype: np.dtype[Any]) -> Callable[[int, int], Any]:
    """The array of `count` items at `address`, for kernels and for plain Python alike:
    (address, count) -> array.

    It is compiled into the kernels that call it and is no kernel itself. As one it would have to
    hand an array to Python, for which numba keeps an object under the kernel's name beside the
    machine code; two caches of that name, filled by two processes, then read one another's.
    """

    def at(address: int, count: int) -> Any:
        return np.asarray(_Memory(address, count, dtype))

    @overload(at, jit_options={"error_model": "numpy"}, strict=False)
    def compiled_at(*_types: Any) -> Any:
        return lambda address, count: _array(address, count, dtype)

    return at


int64s: Callable[[int, int], NDArray[np.int64]] = arrays_at(np.dtype(np.int64))
"""The `count` integers at `address`."""

float64s: Callable[[int, int], NDArray[np.float64]] = arrays_at(np.dtype(np.float64))
"""The `count` floats at `address`."""

octets: Callable[[int, int], NDArray[np.uint8]] = arrays_at(np.dtype(np.uint8))
"""The `count` bytes at `address`."""

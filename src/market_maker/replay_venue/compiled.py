"""How loops over arrays are compiled, and how compiled code reaches state through one address.

A kernel gets a single integer, the address of a record, and finds everything else from there:
passing many arrays instead costs more than a microsecond a call. The records have named fields:
a class with annotations says what they are (int is int64, float is float64, Wide is two words),
`layout` makes the numpy dtype of it, and the same class is what the type checker sees.

numba's cache notices a change of the file a kernel stands in, not of a kernel, record or constant
that it uses from elsewhere; a stale kernel would then read records by their old layout. So what
is cached is marked with everything that the kernels of the package are made of.
"""

import contextlib
import hashlib
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numba import types
from numba.core import caching
from numba.core.caching import FunctionCache
from numba.core.registry import CPUDispatcher
from numba.extending import lower_builtin, register_jitable, type_callable
from numba.np import arrayobj
from numba.np.numpy_support import from_dtype
from numpy.typing import NDArray

from market_maker.replay_venue.wide_integers import MADE_OF, WORDS, Wide

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
    _note(package, (_made_of(code), function.__defaults__, numbers))


def _made_of(code: Any) -> tuple[object, ...]:
    # Code within code by what it does, too: as it is written down it has an address.
    constants = [_made_of(c) if isinstance(c, type(code)) else c for c in code.co_consts]
    return code.co_name, code.co_code, code.co_names, constants


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


class NotKeptError(Exception):
    """A kernel would have to be compiled, and is not to be."""


class MarkedCache(FunctionCache):
    """numba's cache of `function`, with the ingredients of its package as a part of the key.
    Raises RuntimeError where there is nowhere to keep one.

    It only saves time: where it cannot be read the kernel is compiled again, and where it cannot be
    written, as on a full disk, it is not kept.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        self._package = _package(function.__module__)
        self.only_kept = False
        """Whether to raise NotKeptError instead of letting a kernel be compiled."""

    # The decorator that says so needs Python 3.12.
    def _index_key(  # type: ignore[explicit-override]
        self, sig: Any, codegen: Any
    ) -> tuple[Any, ...]:
        plain: tuple[Any, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*plain, _mark(self._package))

    def load_overload(self, sig: Any, target_context: Any) -> Any:  # type: ignore[explicit-override]
        loaded = self._load(sig, target_context)
        if loaded is None and self.only_kept:
            raise NotKeptError
        return loaded

    def _load(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except _UNREADABLE:
            with contextlib.suppress(OSError):
                self.flush()  # type: ignore[no-untyped-call]
            return None

    def save_overload(self, sig: Any, data: Any) -> None:  # type: ignore[explicit-override]
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]


# What numba has no types for.
_plain: Any = types.unliteral
_instructions_of: Any = lower_builtin
_arrays: Any = arrayobj


class Kernel(CPUDispatcher):
    """A function that numba compiles, once for whole numbers of any kind: a constant among the
    arguments of a call is a number as others are."""

    # The decorator that says so needs Python 3.12.
    def get_call_template(  # type: ignore[explicit-override]
        self, args: Any, kws: Any
    ) -> Any:
        named = {name: _plain(kind) for name, kind in kws.items()}
        return super().get_call_template(tuple(map(_plain, args)), named)


class KernelPart(Kernel):
    """A kernel that other kernels call, and Python does not: it has no code for that. Called by
    Python nevertheless, as by a test, it runs as Python."""

    def __call__(self, *arguments: Any) -> Any:  # type: ignore[explicit-override]
        return self.py_func(*arguments)


_NO_WRAPPERS = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""numba's own options for what nothing but compiled code calls."""


def load_kept(kernel: Any, *kinds: Any) -> bool:
    """Load what is kept of `kernel` for arguments of these kinds, once in a process. False where it
    would have to be compiled."""
    if kinds in getattr(kernel, "overloads", ()):
        return True
    cache = getattr(kernel, "_cache", None)
    if not isinstance(cache, MarkedCache):
        return False
    cache.only_kept = True
    try:
        kernel.compile(kinds)
    except NotKeptError:
        return False
    finally:
        cache.only_kept = False
    return True


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, and put into every kernel that calls it: for what is done row by row, where a
    call costs as much as the work."""
    return _kernel_of(function, KernelPart, forceinline=True, **_NO_WRAPPERS)


def merged(function: Callable[P, R]) -> Callable[P, R]:
    """As `inlined`, for much code that one kernel of an entry calls: compiled as lines of that
    one, and never by itself, which would be the same work once more."""
    return _kernel_of(function, KernelPart, inline="always", **_NO_WRAPPERS)


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` as machine code for the kernels that call it, made with the first of them and kept
    in a cache on disk.

    The cache stands beside the source, or in the user's own cache folder where an installed
    package may not be written to; where neither can be written it is made in every process.
    No fastmath: results are those of IEEE arithmetic in the order written.
    """
    return _kernel_of(function, KernelPart, **_NO_WRAPPERS)


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, for a kernel that Python calls."""
    return _kernel_of(function, Kernel, no_cfunc_wrapper=True)


def _kernel_of(
    function: Callable[P, R], kind: type[Kernel], **options: bool | str
) -> Callable[P, R]:
    chosen = {"nopython": True, "error_model": "numpy", **options}
    kernel: Any = kind(function, targetoptions=chosen)
    package = _package(function.__module__)
    _note_function(package, function)
    _note(package, (function.__qualname__, kind.__name__, options))  # another form of it is kept
    with contextlib.suppress(RuntimeError):  # there is nowhere to keep a cache
        kernel._cache = MarkedCache(function)  # noqa: SLF001
    dispatcher: Callable[P, R] = kernel
    return dispatcher


def shared(function: Callable[P, R], package: str) -> Callable[P, R]:
    """`function` unchanged in Python, and compiled into every kernel that calls it; the kernels
    are those of `package`, wherever the function itself stands."""
    _note_function(package, function)
    return register_jitable(error_model="numpy", **_NO_WRAPPERS)(function)


def layout(record: type) -> np.dtype[np.void]:
    """The dtype of a record described by a class: one field per annotation, of 8 bytes or, where it
    is a wide integer, of 16."""
    kinds = {int: "i8", float: "f8", Wide: WORDS.str}
    fields = [(name, kinds[kind]) for name, kind in record.__annotations__.items()]
    _note(_package(record.__module__), (record.__name__, fields))
    return np.dtype(fields)


class _Memory:
    """What stands at an address, in the form numpy reads foreign memory by."""

    def __init__(self, address: int, count: int, dtype: np.dtype[Any]) -> None:
        place = {"data": (int(address), False), "shape": (int(count),), "version": 3}
        self.__array_interface__ = place | {"typestr": dtype.str, "descr": dtype.descr}


for made in MADE_OF:
    _note_function(_package(__name__), made)


def arrays_at(dtype: np.dtype[Any]) -> Callable[[int, int], Any]:
    """The array of `count` items at `address`, for kernels and for plain Python alike:
    (address, count) -> array.

    In a kernel it is a few instructions and no kernel itself. As one it would have to hand an array
    to Python, for which numba keeps an object under the kernel's name beside the machine code; two
    caches of that name, filled by two processes, then read one another's.
    """
    array = types.Array(from_dtype(dtype), 1, "C")

    def at(address: int, count: int) -> Any:
        return np.asarray(_Memory(address, count, dtype))

    @type_callable(at)
    def type_at(_context: Any) -> Any:
        return lambda address, count: array  # noqa: ARG005  numba calls it by these names

    def build_at(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, count = (
            context.cast(builder, number, kind, types.intp)
            for number, kind in zip(arguments, signature.args, strict=True)
        )
        made = _arrays.make_array(array)(context, builder)
        size = context.get_constant(types.intp, dtype.itemsize)
        where = builder.inttoptr(address, made.data.type)
        _arrays.populate_array(
            made, where, shape=[count], strides=[size], itemsize=size, meminfo=None
        )
        return made._getvalue()  # noqa: SLF001

    _instructions_of(at, types.Integer, types.Integer)(build_at)
    _note_function(_package(__name__), build_at)
    return at


int64s: Callable[[int, int], NDArray[np.int64]] = arrays_at(np.dtype(np.int64))
"""The `count` integers at `address`."""

float64s: Callable[[int, int], NDArray[np.float64]] = arrays_at(np.dtype(np.float64))
"""The `count` floats at `address`."""

octets: Callable[[int, int], NDArray[np.uint8]] = arrays_at(np.dtype(np.uint8))
"""The `count` bytes at `address`."""

"""What kernels are made of, and how compiled code reaches state through one address.

A kernel gets a single integer, the address of a record, and finds everything else from there:
passing many arrays instead costs more than a microsecond a call. The records have named fields:
a class with annotations says what they are (int is int64, float is float64, Wide is two words),
`layout` makes the numpy dtype of it, and the same class is what the type checker sees.

Nothing is compiled here, and nothing that compiles is imported: decorators note what a kernel is
made of, kernel_compiler makes machine code of that where there is none, and what was kept of it is
used without numba. Kept code is marked with everything that the kernels of the package are made of:
a stale one would read records by their old layout.
"""

import hashlib
import warnings
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from market_maker.replay_venue import kernel_parts
from market_maker.replay_venue.kernel_parts import ARRAYS, PARTS, ArrayAt
from market_maker.replay_venue.machine_code import functions_of, processor
from market_maker.replay_venue.plain_kernels import plain
from market_maker.replay_venue.wide_integers import WORDS, Wide

P = ParamSpec("P")
R = TypeVar("R")


KEPT_NOWHERE = (
    "kernels of {} are compiled, which takes seconds, and kept nowhere: "
    "import market_maker.storage.kept_kernels first, and their machine code is kept on disk"
)

_ingredients: dict[str, list[str]] = {}  # of the kernels, by package


_bases: dict[str, list[str]] = {}  # packages whose kernels the kernels of a package call


def builds_on(package: str, base: str) -> None:
    """The kernels of `package` call those of `base`: what these are made of is theirs, too."""
    _bases.setdefault(package, []).append(base)


def mark(package: str) -> str:
    """A digest of everything that the kernels of a package are made of."""
    # Sorted: modules are imported in another order by another command, which must find what is kept
    parts = sorted([*_ingredients.get(package, ()), *map(mark, _bases.get(package, ()))])
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


class Entry:
    """A kernel that Python calls: integers in, one integer or truth out. Its machine code is
    loaded, or made, when it is called for the first time. is_ready: whether it is loaded."""

    __slots__ = ("__wrapped__", "code", "is_ready", "name", "package")

    def __init__(self, function: Callable[..., Any]) -> None:
        self.__wrapped__ = function
        self.package = _package(function.__module__)
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.code: Callable[..., Any] = self._first
        self.is_ready = False

    def __call__(self, *numbers: int) -> Any:
        return self.code(*numbers)

    def _first(self, *numbers: int) -> Any:
        make_ready(self.package)
        return self.code(*numbers)


_entries: dict[str, list[Entry]] = {}  # by package


def compile_here(package: str, *, apart: bool = False) -> bytes:
    """Machine code of a package's kernels, made now: seconds. apart: see `object_code`."""
    # Imported where it is used: numba takes longer to import than many a command takes.
    from market_maker.replay_venue.kernel_compiler import object_code  # noqa: PLC0415

    functions = {entry.name: entry.__wrapped__ for entry in _entries[package]}
    made: bytes = object_code(functions, processor(), apart=apart)
    return made


def names_of(package: str) -> list[str]:
    """Of the functions that the machine code of a package's kernels has for Python."""
    return [entry.name for entry in _entries[package]]


def make_ready(package: str) -> None:
    """Load the machine code of a package's kernels, where it is not loaded yet."""
    if not is_ready(package):
        source = kernel_parts.source() or _compile_aloud
        load(package, source(package))


def _compile_aloud(package: str) -> bytes:
    """Where no one said where machine code comes from: seconds in every process."""
    warnings.warn(KEPT_NOWHERE.format(package), RuntimeWarning, stacklevel=2)
    return compile_here(package)


def load(package: str, code: bytes) -> None:
    """Let the kernels of a package be `code`, an object file that has a function for each."""
    entries = _entries[package]
    functions = functions_of(code, names_of(package))
    for entry, function in zip(entries, functions, strict=True):
        entry.code, entry.is_ready = function, True


def run_plainly(package: str) -> None:
    """Until machine code is loaded, let the kernels of a package be run as the Python that they
    are: for little that is to be done before that is there."""
    for entry in _entries[package]:
        if not entry.is_ready:
            entry.code = plain(entry.__wrapped__)


def is_ready(package: str) -> bool:
    """Whether the machine code of a package's kernels is loaded."""
    return all(entry.is_ready for entry in _entries[package])


_NO_WRAPPERS: dict[str, bool | str] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""numba's own options for what nothing but compiled code calls."""


def inlined(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, and put into every kernel that calls it: for what is done row by row, where a
    call costs as much as the work."""
    return _part(function, forceinline=True)


def merged(function: Callable[P, R]) -> Callable[P, R]:
    """As `inlined`, for much code that one kernel of an entry calls: compiled as lines of that
    one, and never by itself, which would be the same work once more."""
    return _part(function, inline="always")


def compiled(function: Callable[P, R]) -> Callable[P, R]:
    """`function` unchanged in Python, and machine code in the kernels that call it.

    No fastmath: results are those of IEEE arithmetic in the order written.
    """
    return _part(function)


def entry(function: Callable[P, R]) -> Callable[P, R]:
    """As `compiled`, for a kernel that Python calls; it takes integers alone."""
    made: Any = Entry(_part(function))
    _entries.setdefault(made.package, []).append(made)
    kernel: Callable[P, R] = made
    return kernel


def _part(function: Callable[P, R], **options: bool | str) -> Callable[P, R]:
    package = _package(function.__module__)
    _note_function(package, function)
    _note(package, (function.__qualname__, options))  # another form of it is another code
    PARTS[function] = _options(**options)
    return function


def shared(function: Callable[P, R], package: str) -> Callable[P, R]:
    """As `compiled`, for kernels of `package`, wherever the function itself stands."""
    _note_function(package, function)
    PARTS[function] = _options()
    return function


def _options(**options: bool | str) -> dict[str, bool | str]:
    return {"nopython": True, "error_model": "numpy", **_NO_WRAPPERS, **options}


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


def arrays_at(dtype: np.dtype[Any]) -> Callable[[int, int], Any]:
    """The array of `count` items at `address`, for kernels and for plain Python alike:
    (address, count) -> array. In a kernel it is a few instructions and no kernel itself."""

    def at(address: int, count: int) -> Any:
        return np.asarray(_Memory(address, count, dtype))

    ARRAYS[at] = ArrayAt(dtype, 1)
    return at


def tables_at(dtype: np.dtype[Any]) -> Callable[[int, int, int], Any]:
    """As arrays_at, of rows one after the other: (address, rows, columns) -> array."""

    def at(address: int, rows: int, columns: int) -> Any:
        return np.asarray(_Memory(address, rows * columns, dtype)).reshape((rows, columns))

    ARRAYS[at] = ArrayAt(dtype, 2)
    return at


int64s: Callable[[int, int], NDArray[np.int64]] = arrays_at(np.dtype(np.int64))
"""The `count` integers at `address`."""

float64s: Callable[[int, int], NDArray[np.float64]] = arrays_at(np.dtype(np.float64))
"""The `count` floats at `address`."""

octets: Callable[[int, int], NDArray[np.uint8]] = arrays_at(np.dtype(np.uint8))
"""The `count` bytes at `address`."""

int64_rows: Callable[[int, int, int], NDArray[np.int64]] = tables_at(np.dtype(np.int64))
"""So many rows of so many integers at `address`."""

float64_rows: Callable[[int, int, int], NDArray[np.float64]] = tables_at(np.dtype(np.float64))
"""So many rows of so many floats at `address`."""

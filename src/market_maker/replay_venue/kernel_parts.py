"""What kernels are made of, as functions of Python, and where their machine code comes from.

compiled notes it here, kernel_compiler reads it.
"""

from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType
from typing import Any, NamedTuple


class ArrayAt(NamedTuple):
    """An array that a kernel finds at an address: of this dtype of numpy, in so many dimensions."""

    dtype: Any
    dimensions: int


PARTS: dict[Callable[..., Any], dict[str, bool | str]] = {}
"""Functions that kernels are made of, with numba's options for each."""

ARRAYS: dict[Callable[..., Any], ArrayAt] = {}
"""Functions that are a few instructions in a kernel, and what these make."""

Source = Callable[[str], bytes]
"""From the name of a package to the machine code of its kernels."""

_source: list[Source] = []


def take_from(source: Source) -> None:
    """Machine code comes from `source` from now on: the core keeps none."""
    _source[:] = [source]


def source() -> Source | None:
    """Where machine code comes from; None where it is made anew in every process, which says so."""
    return _source[0] if _source else None


def renamed(function: Any) -> tuple[Callable[..., Any], dict[str, Any]]:
    """A function made of the same code, and its global names, which are its own."""
    names = dict(function.__globals__)
    built = FunctionType(
        function.__code__, names, function.__name__, function.__defaults__, function.__closure__
    )
    built.__qualname__, built.__module__ = function.__qualname__, function.__module__
    built.__kwdefaults__ = function.__kwdefaults__
    return built, names


def held_in(function: Any, among: Mapping[Callable[..., Any], object]) -> list[tuple[str, Any]]:
    """Names in a function that stand for one of these functions, with it."""
    there = function.__globals__
    named = ((name, there.get(name)) for name in _names(function.__code__))
    return [
        (name, held) for name, held in named if isinstance(held, FunctionType) and held in among
    ]


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)

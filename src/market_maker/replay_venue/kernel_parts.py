"""What kernels are made of, as functions of Python, and where their machine code comes from.

compiled notes it here, kernel_compiler reads it.
"""

from collections.abc import Callable
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

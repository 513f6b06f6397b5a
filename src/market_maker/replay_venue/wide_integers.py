"""Whole numbers of two machine words in kernels, exact where an int64 would wrap around.

In a kernel a wide integer is a type of its own: with it and with int64s, which become wide, the
operators of Python mean what they mean for Python's ints, up to 127 bits. So a rule that the engine
and the kernel share is written once, for ints; a kernel that hands it a wide price or a record with
wide fields has it worked out in two words, and a product of int64s alone stays one of int64s
(wide_arithmetic).

They stay within kernels: Python could call an entry, so none takes or returns one; records hand
them on.
"""

from typing import Any, Final, Literal

import numpy as np

WORDS = np.dtype("V16")
"""Of a field of a record."""

OCTETS: Final = 16
_ORDER: Literal["little", "big"] = "little" if np.dtype("<i8").isnative else "big"


class Wide:
    """Annotation of a field that is a wide integer (compiled.layout)."""


def put_wide(record: Any, name: str, value: int) -> None:
    """Set a wide field of a record. Raises OverflowError for what two words do not hold."""
    record[name] = value.to_bytes(OCTETS, _ORDER, signed=True)


def wide_of(record: Any, name: str) -> int:
    """A wide field of a record."""
    return int.from_bytes(record[name].tobytes(), _ORDER, signed=True)


def wide(value: int) -> int:
    """The same number, which a kernel goes on with in two words."""
    return value

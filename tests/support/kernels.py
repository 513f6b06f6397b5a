"""Parts of kernels for tests that call one by itself."""

from numba import njit


def alone(part):
    """The machine code of `part`, as Python can call it."""
    return njit(error_model="numpy")(part.py_func)

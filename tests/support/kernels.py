"""Parts of kernels for tests that call one by itself."""

from numba import njit

from market_maker.replay_venue.kernel_compiler import CompiledParts, Kernel, know_arrays

PARTS = CompiledParts(Kernel)


def alone(part):
    """The machine code of `part`, as Python can call it with arrays and records too."""
    know_arrays()
    return njit(error_model="numpy")(PARTS.kernel(part).py_func)

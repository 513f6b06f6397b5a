"""Machine code of kernels: where it comes from, for which processor it is, how Python calls it.

It is an object file, as a linker takes, that has a function of Python's own calling convention for
each kernel that Python calls. Loading it takes two milliseconds and no numba: llvmlite is what
numba itself makes and loads machine code with.
"""

import ctypes
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

# llvmlite is imported where it is used: much that names a kernel never calls one.

_FASTCALL = 0x80
"""CPython's METH_FASTCALL: f(self, arguments, how many)."""

_KEPT: list[object] = []
"""What functions stand on, for as long as the process lives."""


class Processor(NamedTuple):
    """Which machine code is made for, as LLVM names it."""

    system: str
    name: str
    features: tuple[str, ...]

    def runs(self, other: "Processor") -> bool:
        """Whether it runs what was made for another one."""
        return self.system == other.system and {*other.features} <= {*self.features}


class _Method(ctypes.Structure):
    """CPython's PyMethodDef."""

    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("convention", ctypes.c_int),
        ("documentation", ctypes.c_char_p),
    )


_V2 = "64bit cmov cx16 cx8 fxsr mmx popcnt sahf sse sse2 sse3 sse4.1 sse4.2 ssse3"


def processor() -> Processor:
    """Which machine code is made for: every x86-64 since 2009, and else the one that there is. For
    a newer one it would be no faster: kernels are branches and whole numbers."""
    here = host()
    common = Processor(here.system, "x86-64-v2", tuple(_V2.split()))
    return common if here.system.startswith("x86_64") and here.runs(common) else here


@cache
def host() -> Processor:
    """The one that this process runs on."""
    from llvmlite import binding  # noqa: PLC0415

    found = binding.get_host_cpu_features()
    features = tuple(sorted(name for name, has in found.items() if has))
    return Processor(binding.get_process_triple(), binding.get_host_cpu_name(), features)


def functions_of(code: bytes, names: Sequence[str]) -> list[Callable[..., Any]]:
    """The functions of these names in an object file, which must be a whole one for this processor:
    nothing of it is checked here."""
    from llvmlite import binding  # noqa: PLC0415

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    target = binding.Target.from_triple(binding.get_process_triple())
    engine = binding.create_mcjit_compiler(
        binding.parse_assembly(""), target.create_target_machine(jit=True)
    )
    engine.add_object_file(binding.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _KEPT.append(engine)
    return [_callable(name, engine.get_function_address(name)) for name in names]


def _callable(name: str, address: int) -> Callable[..., Any]:
    make = ctypes.pythonapi.PyCFunction_NewEx
    make.restype = ctypes.py_object
    make.argtypes = [ctypes.c_void_p] * 3
    short = name.rpartition(".")[2].encode()
    method = _Method(short, address, _FASTCALL, None)
    _KEPT.append(method)
    function: Callable[..., Any] = make(ctypes.addressof(method), None, None)
    return function

"""Kernels made machine code, by numba: imported where something must be compiled, and nowhere else.

Each function that a kernel is made of is built anew, with the names of others in it standing for
their compiled form. Nothing is optimised or made machine code part by part, as numba does: once, in
the end, for everything that the entries call. What comes out needs none of numba: its functions
have the calling convention of Python's own, and call nothing but Python's and C's (CALLS).
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import codegen, compiler_lock
from numba.core.registry import CPUDispatcher, CPUTarget, cpu_target
from numba.extending import lower_builtin, type_callable
from numba.np import arrayobj
from numba.np.numpy_support import from_dtype

from market_maker.replay_venue import wide_arithmetic
from market_maker.replay_venue.kernel_parts import ARRAYS, PARTS, ArrayAt, held_in, renamed
from market_maker.replay_venue.machine_code import Processor

assert wide_arithmetic.WIDE is not None

CALLS = frozenset(
    {"PyLong_AsLongLong", "PyLong_FromLongLong", "PyBool_FromLong", "PyErr_Occurred"}
    | {"PyErr_BadArgument", "PyErr_BadInternalCall"}
    | {"acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "erf", "erfc", "exp", "exp2"}
    | {"expm1", "fabs", "floor", "fmod", "hypot", "ldexp", "log", "log10", "log1p", "log2", "pow"}
    | {"rint", "round", "sin", "sinh", "sqrt", "tan", "tanh", "trunc"}
    | {"memcpy", "memmove", "memset"}
)
"""What machine code may call: there in every process of Python."""

# What numba has no types for.
_plain: Any = types.unliteral
_instructions_of: Any = lower_builtin
_arrays: Any = arrayobj
_locked: Any = compiler_lock.global_compiler_lock

_WORD = ir.IntType(64)
_TRUTH = ir.IntType(8)
_STATUS = ir.IntType(32)
_POINTER = ir.IntType(8).as_pointer()


class Kernel(CPUDispatcher):
    """A function that numba compiles, once for whole numbers of any kind: a constant among the
    arguments of a call is a number as others are."""

    # The decorator that says so needs Python 3.12.
    def get_call_template(  # type: ignore[explicit-override]
        self, args: Any, kws: Any
    ) -> Any:
        named = {name: _plain(kind) for name, kind in kws.items()}
        return super().get_call_template(tuple(map(_plain, args)), named)


class CompiledParts:
    """Functions of kernels in their compiled form, which `kind` says."""

    def __init__(self, kind: type[Kernel]) -> None:
        self._kind = kind
        self._made: dict[Callable[..., Any], Any] = {}

    def kernel(self, function: Callable[..., Any]) -> Any:
        """The compiled form of a function."""
        if function not in self._made:
            built, names = renamed(function)
            self._made[function] = self._kind(built, targetoptions=dict(PARTS[function]))
            # Afterwards: functions may call one another.
            names.update((name, self.kernel(held)) for name, held in held_in(function, PARTS))
        return self._made[function]


class _Library(codegen.JITCodeLibrary):
    """What numba makes of one function, left as it is until it stands in a whole one."""

    def _optimize_final_module(self) -> None:  # type: ignore[explicit-override]
        """Nothing."""

    def _finalize_specific(self) -> None:  # type: ignore[explicit-override]
        """Nothing."""

    def get_pointer_to_function(self, name: str) -> int:  # type: ignore[explicit-override]  # noqa: ARG002
        """There is none."""
        return 0

    def object_code(self, names: Mapping[str, object], *, apart: bool) -> bytes:
        """Of all that functions of these names need."""
        module: Any = self._final_module
        for held in [*module.functions, *module.global_variables]:
            if held.name not in names and not held.is_declaration:
                held.linkage = "internal"
        if apart:
            _keep_apart(module)
        super()._optimize_final_module()  # type: ignore[no-untyped-call]
        held = [*module.functions, *module.global_variables]
        called = {each.name for each in held if each.is_declaration}
        others = {each for each in called - CALLS if not each.startswith("llvm.")}
        # Of an object of this process numba keeps the address.
        others |= {each.name for each in held if each.name.startswith("numba.dynamic.globals")}
        if others:
            raise TypeError(f"kernels need {sorted(others)}, which are not there without numba")
        made: bytes = self._codegen._tm.emit_object(module)  # noqa: SLF001
        return made


def _keep_apart(module: Any) -> None:
    """No part of a kernel is put into another, but where it is always."""
    modules = sorted({part.__module__ for part in PARTS})
    ours = ["".join(f"{len(word)}{word}" for word in each.split(".")) for each in modules]
    for held in module.functions:
        always = any(b"alwaysinline" in each for each in held.attributes)
        if not held.is_declaration and not always and any(each in held.name for each in ours):
            held.add_function_attribute("noinline")


class _Codegen(codegen.JITCPUCodegen):
    """numba's, for a given processor; it loads nothing into this process."""

    _library_class = _Library

    def __init__(self, made_for: Processor) -> None:
        self._made_for = made_for
        super().__init__("kernels")  # type: ignore[no-untyped-call]

    def _get_host_cpu_name(self) -> str:  # type: ignore[explicit-override]
        return self._made_for.name

    def _get_host_cpu_features(self) -> str:  # type: ignore[explicit-override]
        return ",".join(f"+{name}" for name in self._made_for.features)

    def _add_module(self, module: object) -> None:  # type: ignore[explicit-override]
        """Nothing."""

    def set_env(self, env_name: str, env: object) -> None:  # type: ignore[explicit-override]
        """Nothing: kernels have none."""


class _Target(CPUTarget):
    """numba's target for this process, with machine code for a given processor."""

    def __init__(self, made_for: Processor) -> None:
        super().__init__("cpu")  # type: ignore[no-untyped-call]
        shared: Any = cpu_target.target_context
        self._context = shared.subtarget(_internal_codegen=_Codegen(made_for))

    @property
    def target_context(self) -> Any:  # type: ignore[explicit-override]
        """Where kernels are compiled."""
        return self._context

    @property
    def typing_context(self) -> Any:  # type: ignore[explicit-override]
        """numba's own: types are the same for every processor."""
        return cpu_target.typing_context


@cache
def _parts_for(made_for: Processor) -> tuple[CompiledParts, Any]:
    """Compiled forms of functions for a processor; what two packages need is made once."""
    target = _Target(made_for)
    return CompiledParts(type("Kernel", (Kernel,), {"targetdescr": target})), target.target_context


@_locked  # type: ignore[untyped-decorator]
def object_code(
    entries: Mapping[str, Callable[..., Any]], made_for: Processor, *, apart: bool = False
) -> bytes:
    """An object file with a function of each of these names, for Python: integers in, one integer
    or truth out. apart: what kernels are made of stays a function each, so that a profiler sees
    each; it is slower. Raises TypeError for what has no such form."""
    know_arrays()
    parts, context = _parts_for(made_for)
    library = context.codegen().create_library("kernels")
    module = library.create_ir_module("entries")
    for name, function in entries.items():
        kernel = parts.kernel(function)
        kernel.compile((types.int64,) * function.__code__.co_argcount)
        (result,) = kernel.overloads.values()
        library.add_linking_library(result.library)
        _write_entry(module, name, result)
    _write_owner(module)
    library.add_ir_module(module)
    library.finalize()
    made: bytes = library.object_code(entries, apart=apart)
    return made


def _write_owner(module: Any) -> None:
    """What numba calls when the last one lets go of an array: here arrays lie at addresses, and
    have no owner."""
    function = ir.Function(
        module, ir.FunctionType(ir.VoidType(), [_POINTER]), "NRT_MemInfo_call_dtor"
    )
    ir.IRBuilder(function.append_basic_block()).ret_void()


def _write_entry(module: Any, name: str, compiled: Any) -> None:
    """A function for Python (METH_FASTCALL) around a compiled one."""
    kind, places = _plain(compiled.signature.return_type), len(compiled.signature.args)
    if kind not in (types.int64, types.boolean):
        raise TypeError(f"{name} returns {kind}, no integer or truth")
    found = _TRUTH if kind == types.boolean else _WORD
    inner = ir.Function(
        module,
        ir.FunctionType(_STATUS, [found.as_pointer(), _POINTER.as_pointer()] + [_WORD] * places),
        compiled.fndesc.llvm_func_name,
    )
    outer = ir.Function(
        module, ir.FunctionType(_POINTER, [_POINTER, _POINTER.as_pointer(), _WORD]), name
    )
    _, given, count = outer.args
    to = ir.IRBuilder(outer.append_basic_block())
    with to.if_then(to.icmp_signed("!=", count, _WORD(places)), likely=False):
        _write_error(module, to, "PyErr_BadArgument")
    numbers = []
    for place in range(places):
        held = to.load(to.gep(given, [_WORD(place)]))
        number = to.call(_outside(module, "PyLong_AsLongLong", _WORD, _POINTER), [held])
        with to.if_then(to.icmp_signed("==", number, _WORD(-1)), likely=False):
            error = to.call(_outside(module, "PyErr_Occurred", _POINTER), [])
            with to.if_then(to.icmp_unsigned("!=", error, _POINTER(None)), likely=False):
                to.ret(_POINTER(None))
        numbers.append(number)
    result, reason = to.alloca(found), to.alloca(_POINTER)
    status = to.call(inner, [result, reason, *numbers])
    with to.if_then(to.icmp_signed("!=", status, _STATUS(0)), likely=False):
        _write_error(module, to, "PyErr_BadInternalCall")
    number = to.load(result)
    if kind == types.boolean:
        number, name_of = to.zext(number, _WORD), "PyBool_FromLong"
    else:
        name_of = "PyLong_FromLongLong"
    to.ret(to.call(_outside(module, name_of, _POINTER, _WORD), [number]))


def _write_error(module: Any, to: Any, name: str) -> None:
    """Raise it in Python, by a function: numba changes what the names of exceptions mean."""
    to.call(_outside(module, name, _STATUS), [])
    to.ret(_POINTER(None))


def _outside(module: Any, name: str, result: Any, *arguments: Any) -> Any:
    """A function of Python's, declared once."""
    return module.globals.get(name) or ir.Function(module, ir.FunctionType(result, arguments), name)


_known: set[Callable[..., Any]] = set()


def know_arrays() -> None:
    """Let numba know what every function in ARRAYS is in a kernel."""
    for at, described in ARRAYS.items():
        if at not in _known:
            _known.add(at)
            _know_array(at, described)


def _know_array(at: Callable[..., Any], described: ArrayAt) -> None:
    array = types.Array(from_dtype(described.dtype), described.dimensions, "C")
    itemsize = described.dtype.itemsize

    if described.dimensions == 1:

        def type_at(_context: Any) -> Any:
            return lambda address, count: array  # noqa: ARG005  numba calls it by these names
    else:

        def type_at(_context: Any) -> Any:
            return lambda address, rows, columns: array  # noqa: ARG005  as above

    def build_at(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        address, *shape = (
            context.cast(builder, number, kind, types.intp)
            for number, kind in zip(arguments, signature.args, strict=True)
        )
        made = _arrays.make_array(array)(context, builder)
        size = context.get_constant(types.intp, itemsize)
        strides = [size] if len(shape) == 1 else [builder.mul(size, shape[1]), size]
        where = builder.inttoptr(address, made.data.type)
        _arrays.populate_array(
            made, where, shape=shape, strides=strides, itemsize=size, meminfo=None
        )
        return made._getvalue()  # noqa: SLF001

    type_callable(at)(type_at)
    _instructions_of(at, *(types.Integer,) * (described.dimensions + 1))(build_at)

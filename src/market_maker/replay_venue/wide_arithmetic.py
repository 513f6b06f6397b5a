"""How kernels calculate with wide integers (wide_integers): numba's part of them, imported by
kernel_compiler alone."""

import operator
from collections.abc import Callable
from typing import Any

from numba import types
from numba.core import cgutils, datamodel, imputils, typeconv
from numba.core.typing import templates
from numba.extending import intrinsic, overload
from numba.np import numpy_support

from market_maker.replay_venue.wide_integers import OCTETS, WORDS, Wide, wide

# numba has no types of these
_cgutils: Any = cgutils
_datamodel: Any = datamodel
_typeconv: Any = typeconv
_from_dtype: Any = numpy_support.FROM_DTYPE
_signature_of: Any = templates.signature
_typed: Any = templates.infer_global
_lower: Any = imputils.lower_builtin
_lower_cast: Any = imputils.lower_cast

_ir = _cgutils.ir
_RAW = _ir.IntType(128)
_NUMPY: Any = {"error_model": "numpy"}


class WideType(types.EnumMember):
    """numba's type of a wide integer. numba wants to know what numpy has for each field of a
    record, and asks so of those types only that are its own: a member of an enum is what stands
    behind it, here so many octets."""

    def __init__(self) -> None:
        super().__init__(Wide, types.CharSeq(OCTETS))

    # The decorator that says so needs Python 3.12.
    def can_convert_from(  # type: ignore[explicit-override]
        self, _context: Any, other: Any
    ) -> Any:
        """An int64 becomes wide wherever a wide integer is wanted."""
        return _typeconv.Conversion.safe if isinstance(other, types.Integer) else None

    def unify(self, _context: Any, other: Any) -> Any:  # type: ignore[explicit-override]
        """What is sometimes an int64 and sometimes wide is wide."""
        return self if isinstance(other, types.Integer) else None


WIDE = WideType()
_from_dtype[WORDS] = WIDE


@_datamodel.register_default(WideType)
class _WideModel(_datamodel.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _RAW)


@_lower_cast(types.Integer, WideType)  # type: ignore[untyped-decorator]
def _widened(_context: Any, builder: Any, source: Any, _target: Any, value: Any) -> Any:
    return (builder.sext if source.signed else builder.zext)(value, _RAW)


def _operate(operators: tuple[Any, ...], emit: Callable[..., Any], result: Any) -> None:
    """What kernels do with wide integers, and with int64s beside them: instructions, by `emit`."""
    places = emit.__code__.co_argcount - 1
    wides = (WIDE,) * places

    class Wanted(templates.AbstractTemplate):
        def generic(self, args: Any, _keywords: Any) -> Any:
            # What is wanted of int64s alone numba knows, but for `wide`.
            ours = len(args) == places and (WIDE in args or emit is _same)
            if ours and all(each == WIDE or isinstance(each, types.Integer) for each in args):
                return _signature_of(result, *wides)
            return None

    def lowered(_context: Any, builder: Any, _signature: Any, args: Any) -> Any:
        return emit(builder, *args)

    for each in operators:
        _typed(each)(type("Wanted", (Wanted,), {"key": each}))
        _lower(each, *wides)(lowered)


def _same(_to: Any, a: Any) -> Any:
    return a


def _opposite(to: Any, a: Any) -> Any:
    return to.sub(_RAW(0), a)


def _absolute(to: Any, a: Any) -> Any:
    return to.select(to.icmp_signed("<", a, _RAW(0)), _opposite(to, a), a)


def _larger(to: Any, a: Any, b: Any) -> Any:
    return to.select(to.icmp_signed(">", a, b), a, b)


_operate((wide,), _same, WIDE)
_operate((operator.neg,), _opposite, WIDE)
_operate((abs,), _absolute, WIDE)
_operate((max,), _larger, WIDE)
_operate((operator.add, operator.iadd), lambda to, a, b: to.add(a, b), WIDE)
_operate((operator.sub, operator.isub), lambda to, a, b: to.sub(a, b), WIDE)
_operate((operator.mul, operator.imul), lambda to, a, b: to.mul(a, b), WIDE)
_operate((operator.lt,), lambda to, a, b: to.icmp_signed("<", a, b), types.boolean)
_operate((operator.le,), lambda to, a, b: to.icmp_signed("<=", a, b), types.boolean)
_operate((operator.gt,), lambda to, a, b: to.icmp_signed(">", a, b), types.boolean)
_operate((operator.ge,), lambda to, a, b: to.icmp_signed(">=", a, b), types.boolean)
_operate((operator.eq,), lambda to, a, b: to.icmp_signed("==", a, b), types.boolean)
_operate((operator.ne,), lambda to, a, b: to.icmp_signed("!=", a, b), types.boolean)


def _narrow_code(_typing_context: Any, _value: Any) -> Any:
    def generate(_context: Any, builder: Any, __signature_of: Any, args: Any) -> Any:
        return builder.trunc(args[0], _ir.IntType(64))

    return _signature_of(types.int64, WIDE), generate


def _shift_code(_typing_context: Any, _value: Any, _places: Any) -> Any:
    """To the left by 0 to 127 places; to the right by fewer than none."""

    def generate(_context: Any, builder: Any, __signature_of: Any, args: Any) -> Any:
        places = builder.sext(args[1], _RAW)
        left = builder.shl(args[0], places)
        right = builder.lshr(args[0], builder.neg(places))
        return builder.select(builder.icmp_signed(">=", places, _RAW(0)), left, right)

    return _signature_of(WIDE, WIDE, types.int64), generate


def _length_code(_typing_context: Any, _value: Any) -> Any:
    """As int.bit_length, of a number >= 0."""

    def generate(_context: Any, builder: Any, __signature_of: Any, args: Any) -> Any:
        zeros = builder.trunc(builder.ctlz(args[0], _ir.IntType(1)(0)), _ir.IntType(64))
        return builder.sub(_ir.IntType(64)(8 * OCTETS), zeros)

    return _signature_of(types.int64, WIDE), generate


_narrow: Any = intrinsic(_narrow_code)
_shift: Any = intrinsic(_shift_code)
_length: Any = intrinsic(_length_code)


@overload(operator.floordiv, strict=False, jit_options=_NUMPY)
def _quotient(part: Any, whole: Any) -> Any:
    return _divided if WIDE in (part, whole) else None


@overload(operator.mod, strict=False, jit_options=_NUMPY)
def _rest(part: Any, whole: Any) -> Any:
    if WIDE not in (part, whole):
        return None
    return lambda part, whole: part - part // whole * whole


def _divided(part: Any, whole: Any) -> Any:
    """Rounded down: by the machine's own division where both are an int64, otherwise digit by
    digit, as many as the quotient has."""
    part = wide(part)
    whole = wide(whole)
    # Divided by -1 the least int64 would not be one.
    if whole > 0 and part == _narrow(part) and whole == _narrow(whole):
        return wide(_narrow(part) // _narrow(whole))
    rest = abs(part)
    divisor = abs(whole)
    place = _length(rest) - _length(divisor)
    quotient = wide(0)
    while place >= 0:
        times = _shift(divisor, place)
        if rest >= times:
            rest -= times
            quotient += _shift(wide(1), place)
        place -= 1
    if (part < 0) != (whole < 0):
        return -quotient - 1 if rest > 0 else -quotient
    return quotient

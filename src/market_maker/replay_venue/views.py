"""What stands at an address, item by item, in compiled code: a pointer and a count.

It is indexed, from 0 on, and has a length; no index is checked.
"""

import operator
from typing import Any

from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, overload, register_model

_INLINED: Any = {"error_model": "numpy", "forceinline": True}
_utils: Any = cgutils  # numba's own, without types


class ViewType(types.Type):
    """numba's type of a view. item: the type of what stands there."""

    def __init__(self, item: Any) -> None:
        self.item = item
        super().__init__(f"View({item})")


@register_model(ViewType)
class _ViewModel(models.StructModel):
    def __init__(self, manager: Any, view: Any) -> None:
        members = [("start", types.voidptr), ("count", types.intp)]
        super().__init__(manager, view, members)  # type: ignore[no-untyped-call]


def view_of(item: Any) -> Any:
    """What makes a view, (address, count) -> view; only compiled code can call it."""

    def code(_typing_context: Any, address: Any, count: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            made = _utils.create_struct_proxy(signature.return_type)(context, builder)
            made.start = builder.inttoptr(arguments[0], _utils.voidptr_t)
            made.count = context.cast(builder, arguments[1], signature.args[1], types.intp)
            return made._getvalue()  # noqa: SLF001

        return ViewType(item)(address, count), generate

    return intrinsic(code)


def _place(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    """Where the item of an index begins."""
    view, index_type = signature.args[:2]
    start = _utils.create_struct_proxy(view)(context, builder, arguments[0]).start
    index = context.cast(builder, arguments[1], index_type, types.intp)
    size = context.get_abi_sizeof(context.get_data_type(view.item))
    offset = builder.mul(index, context.get_constant(types.intp, size))
    place = builder.gep(start, [offset])
    return builder.bitcast(place, context.get_data_type(view.item).as_pointer())


def _count_code(_typing_context: Any, view: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _utils.create_struct_proxy(signature.args[0])(context, builder, arguments[0]).count

    return types.intp(view), generate


def _load_code(_typing_context: Any, view: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        if isinstance(view.item, types.Record):  # a record is known by where it stands
            return place
        return context.unpack_value(builder, view.item, place)

    return view.item(view, index), generate


def _store_code(_typing_context: Any, view: Any, index: Any, value: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = _place(context, builder, signature, arguments)
        if isinstance(view.item, types.Record):
            one = context.get_constant(types.intp, 1)
            _utils.raw_memcpy(builder, place, arguments[2], one, view.item.size)
        else:
            cast = context.cast(builder, arguments[2], value, view.item)
            context.pack_value(builder, view.item, cast, place)
        return context.get_dummy_value()

    return types.none(view, index, value), generate


CODE = (_place, _count_code, _load_code, _store_code)
"""What kernels are made of."""

_load: Any = intrinsic(_load_code)
_store: Any = intrinsic(_store_code)
_count: Any = intrinsic(_count_code)


@overload(len, jit_options=_INLINED, strict=False)
def _length(view: Any) -> Any:
    if isinstance(view, ViewType):
        return lambda view: _count(view)  # noqa: PLW0108
    return None


@overload(operator.getitem, jit_options=_INLINED, strict=False)
def _get_item(view: Any, index: Any) -> Any:
    if isinstance(view, ViewType) and isinstance(index, types.Integer):
        return lambda view, index: _load(view, index)  # noqa: PLW0108  numba wants a function
    return None


@overload(operator.setitem, jit_options=_INLINED, strict=False)
def _set_item(view: Any, index: Any, value: Any) -> Any:  # noqa: ARG001  its type is any
    if isinstance(view, ViewType) and isinstance(index, types.Integer):
        return lambda view, index, value: _store(view, index, value)  # noqa: PLW0108
    return None

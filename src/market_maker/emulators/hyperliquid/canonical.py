"""An action as the venue hashes it, whatever way a client wrote it down.

The venue reads an action into its own types and hashes those: the order of keys and nulls mean
nothing, numbers lose trailing zeros, addresses and cloids are lower case with 0x, and a false `f`
or `a` is none. A client that signed anything else is taken for another account.
"""

from functools import singledispatch
from typing import Any

from msgspec.structs import replace

from market_maker.emulators.hyperliquid.numbers import bare, decimal
from market_maker.venues.hyperliquid import actions

CLOID_DIGITS = 32


@singledispatch
def canonical(action: Any) -> Any:
    """As the venue has it; what no rule is for stays as it is."""
    return action


@canonical.register
def _place(action: actions.PlaceOrders) -> actions.PlaceOrders:
    builder = action.builder
    if builder is not None:
        builder = replace(builder, b=builder.b.lower())
    return replace(action, orders=tuple(map(_order, action.orders)), builder=builder)


@canonical.register
def _cancel(action: actions.CancelOrders) -> actions.CancelOrders:
    return replace(action, f=action.f or None)


@canonical.register
def _cancel_by_cloid(action: actions.CancelByCloid) -> actions.CancelByCloid:
    cancels = tuple(replace(one, cloid=cloid(one.cloid)) for one in action.cancels)
    return replace(action, cancels=cancels, f=action.f or None)


@canonical.register
def _modify(action: actions.Modify) -> actions.Modify:
    return replace(action, oid=name(action.oid), order=_order(action.order), a=action.a or None)


@canonical.register
def _batch_modify(action: actions.BatchModify) -> actions.BatchModify:
    modifies = tuple(
        replace(one, oid=name(one.oid), order=_order(one.order)) for one in action.modifies
    )
    return replace(action, modifies=modifies, a=action.a or None)


def cloid(text: str) -> str:
    """0x and 32 lower-case digits; what is no number stays as it is."""
    digits = text.lower().removeprefix("0x")
    hexadecimal = 0 < len(digits) <= CLOID_DIGITS and all(
        one in "0123456789abcdef" for one in digits
    )
    return "0x" + digits.rjust(CLOID_DIGITS, "0") if hexadecimal else text


def name(oid: int | str) -> int | str:
    """An order's number, or its cloid."""
    return cloid(oid) if isinstance(oid, str) else oid


def _order(wire: actions.OrderWire) -> actions.OrderWire:
    kind = wire.t
    if kind.trigger is not None:
        trigger = replace(kind.trigger, triggerPx=_number(kind.trigger.triggerPx))
        kind = replace(kind, trigger=trigger)
    named = None if wire.c is None else cloid(wire.c)
    return replace(wire, p=_number(wire.p), s=_number(wire.s), t=kind, c=named)


def _number(text: str) -> str:
    value = decimal(text)
    return text if value is None else bare(value)

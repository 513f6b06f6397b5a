"""The integers everything is counted in."""

from typing import Final, NewType

Ticks = NewType("Ticks", int)
"""A price, counted in the instrument's tick size."""

Lots = NewType("Lots", int)
"""A quantity, counted in the instrument's lot size. Signed for positions: long > 0."""

Nanos = NewType("Nanos", int)
"""A moment: nanoseconds since the Unix epoch, UTC; or a span of them."""

Value = NewType("Value", int)
"""Quote currency, counted in VALUE_SCALE-ths of one tick x lot. Signed: a gain is > 0."""

OrderId = NewType("OrderId", int)
"""Our own order number, unique within one engine."""

ParticipantId = NewType("ParticipantId", str)
"""Global identity of a participant; a member of a pool is known by it."""

VALUE_SCALE: Final = 10**8
"""Values per tick x lot: half ticks, fees in 1/10,000 bps and average costs stay exact or
are rounded far below anything that is paid."""

RATE_SCALE: Final = 10**8
"""Rates (fees, funding) per unit of notional: one basis point is 10**4."""

NANOS_PER_MS: Final = 1_000_000
NANOS_PER_SECOND: Final = 1_000_000_000
NANOS_PER_HOUR: Final = 3_600 * NANOS_PER_SECOND
BPS: Final = 10_000.0
"""Basis points in one."""


def packable(value: int) -> int | str:
    """As MessagePack takes it, whose integers end at 64 bits: beyond them by its digits."""
    return value if -(2**63) <= value < 2**64 else str(value)

"""What goes wrong between us and the venue, for simulation tests."""

from random import Random

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, Nanos


class Faults(Struct, frozen=True, kw_only=True):
    """Probabilities in [0, 1]; none by default. Raises InvalidFieldError.

    lose_request: a place or cancel never arrives. lose_reply: it has its effect, and its
    Accepted, Rejected, Canceled or CancelRejected is lost. lose_fill: a fill report is lost; only
    the venue's own list of fills has it. duplicate_fill: a fill report comes twice. late_fill: it
    comes up to late_ns later and lets other reports, such as that of a cancellation, overtake.
    lose_delta: a book delta is lost, which leaves a gap in the sequence. reject: an order is
    refused for no good reason. halt: in each second, the venue halts the instrument for halt_ns.
    """

    lose_request: float = 0.0
    lose_reply: float = 0.0
    lose_fill: float = 0.0
    duplicate_fill: float = 0.0
    late_fill: float = 0.0
    lose_delta: float = 0.0
    reject: float = 0.0
    halt: float = 0.0
    late_ns: Nanos = Nanos(2 * NANOS_PER_SECOND)
    halt_ns: Nanos = Nanos(5 * NANOS_PER_SECOND)

    def __post_init__(self) -> None:
        for field in msgspec.structs.fields(self):
            value = getattr(self, field.name)
            if field.type is float and not 0 <= value <= 1:
                raise InvalidFieldError(field.name, value, "a probability from 0 to 1")
            if field.type is not float and value <= 0:
                raise InvalidFieldError(field.name, value, "nanoseconds above 0")


NO_FAULTS = Faults()


class Dice:
    """Draws for faults. A generator of its own: a fault that is switched on or off shifts no
    trader and no latency, and one that cannot happen draws nothing."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def fall(self, probability: float) -> bool:
        """Whether it happens."""
        return probability > 0 and self._rng.random() < probability

    def delay(self, most: Nanos) -> Nanos:
        """From 1 to `most` nanoseconds."""
        return Nanos(self._rng.randint(1, most))

"""What holds for a ladder under every strategy."""

from math import inf

from msgspec import Struct


class Conditions(Struct, frozen=True, gc=False):
    """What holds for a ladder under every strategy. ceiling_bps: of the total spread,
    beside the configured one. size: factor on every order. joins: the side whose best level stands
    at the best price of the book at least, and how many lots it may have there; None: neither."""

    ceiling_bps: float = inf
    size: float = 1.0
    joins: tuple[int, int] | None = None


NO_CONDITIONS = Conditions()

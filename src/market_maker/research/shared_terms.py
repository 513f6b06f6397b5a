"""The terms that several runs share.

Apart from what compares them: a single replay knows the terms and begins no processes.
"""

from msgspec import Struct

from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings


class SharedTerms(Struct, frozen=True, kw_only=True):
    """What all cases share."""

    exchange: ReplaySettings
    step_ns: Nanos | None
    seed: int

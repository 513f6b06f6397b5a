"""Time that several recordings of one market share: what happened in it counts more than once."""

from collections.abc import Sequence

from market_maker.model.recording import Recording
from market_maker.model.units import NANOS_PER_SECOND


def common_time(named: Sequence[tuple[str, Recording]]) -> list[tuple[str, ...]]:
    """Of each recording, a remark for every earlier one that shares time with it. Of one market
    are those of one symbol on one grid: a perpetual and its spot market have different ones."""
    return [
        tuple(
            f"it shares {shared / NANOS_PER_SECOND:,.1f} s with {name}, which count twice"
            for name, other in named[:place]
            if (shared := _shared(recording, other)) > 0
        )
        for place, (_, recording) in enumerate(named)
    ]


def _shared(one: Recording, other: Recording) -> int:
    """Nanoseconds by receipt, 0 or less where there are none."""
    first, second = one.instrument, other.instrument
    grids = [(each.symbol, each.tick_size, each.lot_size) for each in (first, second)]
    if grids[0] != grids[1]:
        return 0
    return min(one.end, other.end) - max(one.start, other.start)

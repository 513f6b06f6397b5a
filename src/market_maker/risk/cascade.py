"""What a liquidation cascade of a given severity asks for (math section 3.6)."""

from msgspec import Struct


class Band(Struct, frozen=True, gc=False):
    """From `severity` on, 0 to 1. gamma, size: factors on the risk aversion and on every order.
    pulls: no quotes at all. halts: the pool stops until a person resumes it."""

    severity: float
    gamma: float
    size: float
    pulls: bool
    halts: bool


CALM = Band(0.0, 1.0, 1.0, pulls=False, halts=False)
KILL_SEVERITY = 0.95
_BANDS = (
    Band(0.8, 2.5, 0.5, pulls=True, halts=False),
    Band(0.5, 2.5, 0.5, pulls=False, halts=False),
    Band(0.3, 1.5, 1.0, pulls=False, halts=False),
    CALM,
)
_KILL = Band(KILL_SEVERITY, 2.5, 0.5, pulls=True, halts=True)


def band_of(severity: float) -> Band:
    """The band that `severity` lies in. Each begins at its own severity, but for the last one:
    0.95 itself still only pulls."""
    if severity > KILL_SEVERITY:
        return _KILL
    for band in _BANDS:
        if severity >= band.severity:
            return band
    return CALM

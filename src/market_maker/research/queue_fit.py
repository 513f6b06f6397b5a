"""A fit of the power queue model to market-by-order captures, kept in a file for replays.

`queue-models --out FILE` writes one, `replay --queue calibrated --queue-fit FILE` quotes in it. A
fit that the data cannot carry is written with its reason, and refused by a replay.
"""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct

from market_maker.documents import read_document
from market_maker.model.errors import InvalidDataError
from market_maker.research.queue_calibration import EXPONENTS, Probe, calibrated, judged

ARRIVALS_FIT_MIN = 100
"""Fewer orders that came to the head of their queue carry no fit."""

RATIO_MAX = 3.0
"""Of the ends of the interval: an exponent that is not known better than so is none."""

FORMAT = "market_maker queue fit"
FIT_BYTES_MAX = 1 << 20


class QueueFit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """exponent: the power model's, with where 95 % of resamples of the probes put it. distance:
    mean of the model's distance from the true front, as a share of what stood before an order at
    first, with its standard error; pessimistic: the same of the pessimistic model. reason: why it
    cannot be used, empty where it can. files: that it was made of."""

    format: str = FORMAT
    files: tuple[str, ...]
    probes: int
    arrivals: int
    exponent: float
    low: float
    high: float
    distance: float
    distance_error: float
    pessimistic: float
    reason: str


def fit_of(files: Sequence[str], probes: Sequence[Probe]) -> QueueFit:
    """The fit to all probes of all files. There must be at least one probe."""
    exponent, low, high = calibrated(probes)
    error, pessimistic = judged(probes, exponent), judged(probes, None)
    return QueueFit(
        files=tuple(files),
        probes=error.probes,
        arrivals=error.arrivals,
        exponent=round(exponent, 3),
        low=round(low, 3),
        high=round(high, 3),
        distance=error.front,
        distance_error=error.front_error,
        pessimistic=pessimistic.front,
        reason=_why_not(error.arrivals, low, high),
    )


def _why_not(arrivals: int, low: float, high: float) -> str:
    if arrivals < ARRIVALS_FIT_MIN:
        return f"{arrivals} orders came to the head of their queue: a fit needs {ARRIVALS_FIT_MIN}"
    if low <= EXPONENTS[0] or high >= EXPONENTS[-1]:
        ends = f"{EXPONENTS[0]:g} to {EXPONENTS[-1]:g}"
        return f"95 % of resamples ({low:.1f} to {high:.1f}) reach an end of what is tried ({ends})"
    if high > RATIO_MAX * low:
        return f"95 % of resamples lie from {low:.1f} to {high:.1f}: too wide to be a fit"
    return ""


def read_fit(path: Path) -> QueueFit:
    """A fit that may be used. Raises InvalidDataError for a file that is none, and for one that the
    data did not carry."""
    try:
        fit = msgspec.json.decode(read_document(path, FIT_BYTES_MAX), type=QueueFit)
    except msgspec.DecodeError:
        fit = None
    if fit is None or fit.format != FORMAT:
        raise InvalidDataError(str(path), "not a fit that `queue-models --out` wrote")
    if fit.reason:
        raise InvalidDataError(str(path), f"this fit cannot be used: {fit.reason}")
    return fit

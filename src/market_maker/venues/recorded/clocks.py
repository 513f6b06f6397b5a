"""The recorder's clock beside the venue's: shifted once, or piece by piece where it was stepped.

An offset is receipt less event. It is the latency plus what the two clocks differ by, so its
smallest value in a stretch of a capture stands for the difference there.
"""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from market_maker.model.errors import DomainError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND
from market_maker.venues.recorded.rows import UNSTAMPED

BASE_LATENCY_NS = NANOS_PER_MS
"""The fastest message is taken to have travelled this long, where the recorder's clock was
behind the venue's and says nothing about it."""

CLOCK_STEP_NS = NANOS_PER_SECOND // 2
"""A step of the recorder's clock is at least this large; less is jitter or latency."""

STEP_MESSAGES_MIN = 20
"""Fewer messages after a place say nothing about the clock from there on."""

PIECES_MAX = 1_000

SPIKE_NS = 60 * NANOS_PER_SECOND
"""A stamp so much above those on both sides of it is odd: held, it would hold all that follow."""

EDGE_NS = 86_400 * NANOS_PER_SECOND
"""A first or last stamp so far from its only neighbour is odd."""

SPIKE_PASSES = 8
"""So many odd stamps in a row are found."""

Stamps = NDArray[np.int64]


class UnstampedError(DomainError):
    """Neither the venue nor the recorder wrote a time."""

    def __init__(self) -> None:
        super().__init__("no message has a time")


class ClockPiece(Struct, frozen=True):
    """From message `first` on, shift_ns is added to receipts."""

    first: int
    shift_ns: int


class CaptureClock(Struct, frozen=True, eq=False):
    """ts_event, ts_recv: per message, brought together; ts_recv never goes back. pieces: what was
    added, one piece unless the clock was stepped. reversals: receipts that went back, held at the
    one before. odd: stamps far off those beside them, taken to be the one before. fastest: the
    smallest corrected offset, nanoseconds; 0 where no message has both
    stamps."""

    ts_event: Stamps
    ts_recv: Stamps
    pieces: tuple[ClockPiece, ...]
    reversals: int
    odd: int
    fastest: int


def bring_together(ts_event: Stamps, ts_recv: Stamps) -> CaptureClock:
    """Both clocks of a capture, message by message. Raises UnstampedError when no message
    has a stamp at all."""
    ts_event, odd_events = _without_spikes(ts_event)
    ts_event[odd_events] = UNSTAMPED
    ts_recv, odd_receipts = _without_spikes(ts_recv)
    stamped = (ts_event != UNSTAMPED) & (ts_recv != UNSTAMPED) & ~odd_events & ~odd_receipts
    starts = _starts(ts_event, ts_recv, stamped)
    pieces = _pieces(starts, ts_recv - ts_event, stamped)
    shifted = ts_recv.copy()
    for piece, end in zip(pieces, [*(p.first for p in pieces[1:]), len(ts_recv)], strict=True):
        shifted[piece.first : end] += piece.shift_ns
    receipts = np.where(ts_recv == UNSTAMPED, _guessed_receipts(ts_event, ts_recv), shifted)
    held = np.maximum.accumulate(receipts) if len(receipts) else receipts
    fastest = int((held - ts_event)[stamped].min()) if stamped.any() else 0
    return CaptureClock(
        ts_event=_event_times(ts_event, held),
        ts_recv=held,
        pieces=pieces,
        odd=int(np.count_nonzero(odd_events) + np.count_nonzero(odd_receipts)),
        reversals=int(np.count_nonzero(receipts[1:] < held[:-1])),
        fastest=fastest,
    )


def _without_spikes(stamps: Stamps) -> tuple[Stamps, NDArray[np.bool_]]:
    """Stamps with odd ones taken to be those before them, and which those are."""
    given = np.flatnonzero(stamps != UNSTAMPED)
    original = stamps[given]
    found = original.copy()
    if len(found) > 2:  # noqa: PLR2004  # of two stamps neither is the odd one
        if np.abs(found[1:3] - found[0]).min() > EDGE_NS:
            found[0] = found[1:3].min()
        for _ in range(SPIKE_PASSES):
            before, here, after = found[:-2], found[1:-1], found[2:]
            spikes = (here - before > SPIKE_NS) & (here - after > SPIKE_NS)
            found[1:-1] = np.where(spikes, before, here)
        if found[-1] - found[-2] > EDGE_NS:
            found[-1] = found[-2]
    fixed, odd = stamps.copy(), np.zeros(len(stamps), dtype=np.bool_)
    fixed[given], odd[given] = found, found != original
    return fixed, odd


def _starts(ts_event: Stamps, ts_recv: Stamps, stamped: NDArray[np.bool_]) -> list[int]:
    """The messages with which the recorder's clock was set anew; the first one always is."""
    indices = np.flatnonzero(stamped)
    receipts = ts_recv[indices]
    offsets = receipts - ts_event[indices]
    starts, begin = [0], 0
    while begin < len(offsets) and len(starts) < PIECES_MAX:
        place = _next_step(offsets[begin:], receipts[begin:])
        if place is None:
            break
        begin += place
        starts.append(int(indices[begin]))
    return starts


def _next_step(offsets: Stamps, receipts: Stamps) -> int | None:
    """Where the offset first changes for good, by more than CLOCK_STEP_NS within one message.

    A clock that is set back writes a receipt before the last one; without that, messages that were
    late come to an end.
    """
    if len(offsets) <= STEP_MESSAGES_MIN:
        return None
    so_far = np.minimum.accumulate(offsets)[:-1]
    from_here = np.minimum.accumulate(offsets[::-1])[::-1][1:]
    jumps = np.diff(offsets)
    forward = (from_here - so_far >= CLOCK_STEP_NS) & (jumps >= CLOCK_STEP_NS)
    forward[len(offsets) - STEP_MESSAGES_MIN :] = False
    windows = np.lib.stride_tricks.sliding_window_view(offsets[1:], STEP_MESSAGES_MIN)
    soon = windows.max(axis=1)
    backward = np.zeros(len(jumps), dtype=np.bool_)
    backward[: len(soon)] = so_far[: len(soon)] - soon >= CLOCK_STEP_NS
    backward &= (jumps <= -CLOCK_STEP_NS) & (np.diff(receipts) < 0)
    places = np.flatnonzero(forward | backward)
    return int(places[0]) + 1 if len(places) else None


def _pieces(
    starts: list[int], offsets: Stamps, stamped: NDArray[np.bool_]
) -> tuple[ClockPiece, ...]:
    smallest = []
    for first, end in zip(starts, [*starts[1:], len(offsets)], strict=True):
        here = offsets[first:end][stamped[first:end]]
        smallest.append(int(here.min()) if len(here) else 0)
    believable = [offset for offset in smallest if offset >= 0]
    base = min(believable) if believable else BASE_LATENCY_NS
    if len(starts) == 1:
        return (ClockPiece(0, 0 if believable else base - smallest[0]),)
    return tuple(
        ClockPiece(first, base - offset) for first, offset in zip(starts, smallest, strict=True)
    )


def _guessed_receipts(ts_event: Stamps, ts_recv: Stamps) -> Stamps:
    """Where the recorder wrote no receipt: the base latency after the latest event so far."""
    if not (ts_recv == UNSTAMPED).any():
        return ts_recv
    known = ts_event != UNSTAMPED
    if not known.any():
        raise UnstampedError
    latest = np.maximum.accumulate(ts_event)
    latest[latest == UNSTAMPED] = ts_event[known][0]
    return latest + BASE_LATENCY_NS


def _event_times(ts_event: Stamps, receipts: Stamps) -> Stamps:
    """Event times, with missing ones filled in.

    They are the receipt less the base latency, but no earlier than any event received before,
    and no later than the receipt.
    """
    unstamped = ts_event == UNSTAMPED
    if not unstamped.any():
        return ts_event
    latest = np.maximum.accumulate(ts_event)
    guess = np.minimum(np.maximum(receipts - BASE_LATENCY_NS, latest), receipts)
    return np.where(unstamped, guess, ts_event)

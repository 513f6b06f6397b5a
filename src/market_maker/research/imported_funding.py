"""What a capture said of funding, as payments of the recording made from it."""

from decimal import Decimal

import msgspec
import numpy as np
from numpy.typing import NDArray

from market_maker.model.recording import FundingPayment, Recording
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import mids_at
from market_maker.venues.recorded.funding_watch import FundingWatch, NoticedPayment, payment_of

AT_THE_MID = "funding is booked at the mid: the capture names no mark price"
MISSED = "payments of funding were made while nothing was received: their rates are not known"


def with_funding(
    recording: Recording, watch: FundingWatch, ts_recv: NDArray[np.int64]
) -> Recording:
    """`recording` with the payments that were made within it. ts_recv: receipts of all messages, on
    the clock that they were brought to. One without a price, before any mid, is left out."""
    within = [paid for paid in watch.payments if recording.start < paid.due <= recording.end]
    payments = tuple(_priced(recording, within, ts_recv))
    remarks = list(recording.remarks)
    if watch.missed:
        remarks.append(f"{watch.missed} {MISSED}")
    if any(paid.mark is None for paid in within):
        remarks.append(AT_THE_MID)
    return msgspec.structs.replace(recording, funding=payments, remarks=tuple(remarks))


def _priced(
    recording: Recording, noticed: list[NoticedPayment], ts_recv: NDArray[np.int64]
) -> list[FundingPayment]:
    known, found = 0, []
    mids = _mids(recording, [paid.due for paid in noticed if paid.mark is None])
    for paid in noticed:
        mark = paid.mark or mids[paid.due]
        if mark:
            known = max(known, int(ts_recv[paid.message]))
            found.append(payment_of(paid, known, mark))
    return found


def _mids(recording: Recording, moments: list[Nanos]) -> dict[Nanos, Decimal]:
    if not moments:
        return {}
    mids_x2 = mids_at(recording, np.array(moments, dtype=np.int64)).tolist()
    prices = (recording.instrument.price(mid_x2) / 2 for mid_x2 in mids_x2)
    return dict(zip(moments, prices, strict=True))

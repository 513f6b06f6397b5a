"""The venue's words for what became of an order."""

import pytest

from market_maker.venues.hyperliquid.exchange_wire import Refusal
from market_maker.venues.hyperliquid.statuses import (
    OrderFate,
    cancel_words,
    fate_of,
    rejection_of,
)


@pytest.mark.parametrize(
    ("status", "fate"),
    [
        ("open", OrderFate.LIVE),
        ("triggered", OrderFate.LIVE),
        ("filled", OrderFate.FILLED),
        ("canceled", OrderFate.CANCELED),
        ("scheduledCancel", OrderFate.CANCELED),
        ("internalCancel", OrderFate.CANCELED),
        ("marginCanceled", OrderFate.CANCELED),
        ("somethingNewCanceled", OrderFate.CANCELED),
        ("rejected", OrderFate.REJECTED),
        ("badAloPxRejected", OrderFate.REJECTED),
        ("somethingNewRejected", OrderFate.REJECTED),
        ("resting", OrderFate.UNKNOWN),
    ],
)
def test_the_fate_of_an_order_follows_from_its_status(status, fate):
    assert fate_of(status) is fate


def test_a_rejection_and_a_forced_cancel_have_reasons():
    assert rejection_of("badAloPxRejected") is Refusal.POST_ONLY
    assert rejection_of("positionFlipAtOpenInterestCapRejected") is Refusal.OPEN_INTEREST
    assert rejection_of("rejected") is Refusal.OTHER
    assert cancel_words("canceled") == ""
    assert cancel_words("openInterestCapCanceled") == "open interest cap"
    assert cancel_words("scheduledCancel") == "scheduled"
    assert cancel_words("selfTradeCanceled") == "self trade"

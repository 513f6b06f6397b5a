"""The venue's words for what became of an order. The set grows, so an unknown word is judged by how
it ends. Source: Hyperliquid docs, "Info endpoint", and nktkas/hyperliquid.
"""

from enum import Enum

from market_maker.venues.hyperliquid.exchange_wire import Refusal


class OrderFate(Enum):
    """What a status says. LIVE: on the book, or waiting to be. CANCELED and REJECTED: over."""

    LIVE = "live"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


_LIVE = frozenset({"open", "triggered"})
_CANCELED = frozenset({"canceled", "scheduledCancel", "internalCancel"})

_REJECTIONS = {
    "tickRejected": Refusal.INVALID,
    "minTradeNtlRejected": Refusal.MIN_NOTIONAL,
    "perpMarginRejected": Refusal.MARGIN,
    "insufficientSpotBalanceRejected": Refusal.MARGIN,
    "reduceOnlyRejected": Refusal.REDUCE_ONLY,
    "badAloPxRejected": Refusal.POST_ONLY,
    "positionIncreaseAtOpenInterestCapRejected": Refusal.OPEN_INTEREST,
    "positionFlipAtOpenInterestCapRejected": Refusal.OPEN_INTEREST,
    "tooAggressiveAtOpenInterestCapRejected": Refusal.OPEN_INTEREST,
    "openInterestIncreaseRejected": Refusal.OPEN_INTEREST,
    "oracleRejected": Refusal.ORACLE_DISTANCE,
    "perpMaxPositionRejected": Refusal.POSITION_LIMIT,
    "tooManyOpenOrdersRejected": Refusal.POSITION_LIMIT,
}


def fate_of(status: str) -> OrderFate:
    """What became of the order."""
    if status in _LIVE:
        return OrderFate.LIVE
    if status == "filled":
        return OrderFate.FILLED
    if status in _CANCELED or status.endswith("Canceled"):
        return OrderFate.CANCELED
    return OrderFate.REJECTED if status.lower().endswith("rejected") else OrderFate.UNKNOWN


def rejection_of(status: str) -> Refusal:
    """Why an order was rejected; OTHER where the word is new."""
    return _REJECTIONS.get(status, Refusal.OTHER)


def cancel_words(status: str) -> str:
    """Why the venue took an order off, in words; empty when it was asked to."""
    if status == "canceled":
        return ""
    words = status.removesuffix("Canceled").removesuffix("Cancel")
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in words).strip()

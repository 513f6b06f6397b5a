"""What we want resting on the book, and why we do or do not have it there."""

from enum import StrEnum

from msgspec import Struct

from market_maker.model.units import Lots, Ticks


class Reason(StrEnum):
    """Why a side quotes, quotes otherwise than the strategy wanted, or does not quote."""

    QUOTING = "quoting"
    SPREAD_FLOOR = "quoting at the spread floor"
    SPREAD_CEILING = "quoting at the spread ceiling"
    LARGEST_SIZE = "quoting orders of the largest size that the venue takes"
    NOT_STARTED = "no turn yet"
    PAUSED = "paused"
    HALTED = "halted"
    NO_MEMBERS = "no active members"
    NO_BOOK = "no order book yet"
    GAPPED = "order book gapped, waiting for a snapshot"
    CROSSED = "order book crossed"
    STALE = "stale market data"
    WARMING_UP = "warming up: too few volatility samples"
    WARMING_UP_TRADES = "warming up: too few trades or volume ticks"
    FIT = "fill intensity no longer fits its law"
    ONE_SIDED = "order book has no bid or no ask"
    POSITION_LIMIT = "position limit: only the reducing side quotes"
    LOSS_LIMIT = "near the loss limit: only the reducing side quotes"
    DRAWDOWN_LIMIT = "near the drawdown limit: only the reducing side quotes"
    EXPOSURE_LIMIT = "total exposure limit: only the reducing side quotes"
    CASCADE = "liquidation cascade: quotes pulled"
    SILENT = "the strategy keeps this side silent"
    REBALANCING = "quoting at the best price to work off the position"
    UNWINDING = "unwinding: only orders that reduce a position"
    WORST_CASE = "worst-case position limit: position, working and unknown orders"
    MEMBER_LIMIT = "member position limit"
    PRICE_COLLAR = "price outside the collar around the reference"
    ORDER_VALUE = "order above the value limit"
    MIN_NOTIONAL = "order below the minimum notional or one lot"
    MIN_SIZE = "order below the smallest size that the venue takes"
    MAX_SIZE = "order above the largest size that the venue takes"
    PRICE_BAND = "price outside the venue's band around the mark"
    OPEN_ORDERS = "as many open orders of the account as the venue takes"
    NO_PRICE = "no price above zero"
    BUDGET = "message budget spent; the rest is kept for cancels"
    AWAITING_CANCEL = "waiting for a cancel to be confirmed"
    AWAITING_ACK = "waiting for the venue to acknowledge"
    AWAITING_QUOTE = "waiting for the next quote"
    UNKNOWN_ORDER = "an order's fate is unknown"
    OWN_CROSS = "would cross one of our own orders"
    SIMULATED = "shadow mode: simulated, nothing is sent"


QUOTES = (
    Reason.QUOTING, Reason.SPREAD_FLOOR, Reason.SPREAD_CEILING, Reason.LARGEST_SIZE,
    Reason.REBALANCING,
)  # fmt: skip
"""Reasons of a side that quotes."""


UNWANTED = (
    Reason.NOT_STARTED, Reason.PAUSED, Reason.HALTED, Reason.NO_MEMBERS, Reason.NO_BOOK,
    Reason.GAPPED, Reason.CROSSED, Reason.STALE, Reason.WARMING_UP, Reason.WARMING_UP_TRADES,
    Reason.FIT, Reason.ONE_SIDED, Reason.CASCADE, Reason.SILENT,
)  # fmt: skip
"""Reasons of a side that is to have no order at all."""


class Clamp(StrEnum):
    """Which bound of the total spread binds."""

    INSIDE = "inside"
    FLOOR = "floor"
    CEILING = "ceiling"


class SideStatus(Struct, frozen=True, array_like=True, gc=False):
    """One side of a pool as an operator reads it. price and size: best live own order."""

    quoting: bool
    reason: Reason
    price: Ticks | None
    size: Lots
    live_orders: int

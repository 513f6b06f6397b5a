"""Reasons and clamps by number, as the kernel counts them."""

from market_maker.engine.orders import LIVE, PENDING_CANCEL, PENDING_NEW
from market_maker.engine.reconcile import WAITING
from market_maker.model.quotes import QUOTES, Reason

REASONS: tuple[Reason, ...] = tuple(Reason)
"""By code."""


def code_of(reason: Reason) -> int:
    """The place of a reason in REASONS."""
    return REASONS.index(reason)


SEEING = 0
"""Instead of the reason of a blind market, where it sees: no such reason has this code."""

QUOTING = code_of(Reason.QUOTING)
SPREAD_FLOOR = code_of(Reason.SPREAD_FLOOR)
SPREAD_CEILING = code_of(Reason.SPREAD_CEILING)
LARGEST_SIZE = code_of(Reason.LARGEST_SIZE)
NO_MEMBERS = code_of(Reason.NO_MEMBERS)
NO_BOOK = code_of(Reason.NO_BOOK)
GAPPED = code_of(Reason.GAPPED)
CROSSED = code_of(Reason.CROSSED)
ONE_SIDED = code_of(Reason.ONE_SIDED)
STALE = code_of(Reason.STALE)
WARMING_UP = code_of(Reason.WARMING_UP)
WARMING_UP_TRADES = code_of(Reason.WARMING_UP_TRADES)
POSITION_LIMIT = code_of(Reason.POSITION_LIMIT)
LOSS_LIMIT = code_of(Reason.LOSS_LIMIT)
DRAWDOWN_LIMIT = code_of(Reason.DRAWDOWN_LIMIT)
SILENT = code_of(Reason.SILENT)
WORST_CASE = code_of(Reason.WORST_CASE)
MEMBER_LIMIT = code_of(Reason.MEMBER_LIMIT)
PRICE_COLLAR = code_of(Reason.PRICE_COLLAR)
ORDER_VALUE = code_of(Reason.ORDER_VALUE)
MIN_NOTIONAL = code_of(Reason.MIN_NOTIONAL)
MIN_SIZE = code_of(Reason.MIN_SIZE)
MAX_SIZE = code_of(Reason.MAX_SIZE)
PRICE_BAND = code_of(Reason.PRICE_BAND)
OPEN_ORDERS = code_of(Reason.OPEN_ORDERS)
NO_PRICE = code_of(Reason.NO_PRICE)
BUDGET = code_of(Reason.BUDGET)
OWN_CROSS = code_of(Reason.OWN_CROSS)
WAITS_NEW = code_of(WAITING[PENDING_NEW])
WAITS_LIVE = code_of(WAITING[LIVE])
WAITS_CANCEL = code_of(WAITING[PENDING_CANCEL])

assert QUOTING == SEEING
assert set(REASONS[: LARGEST_SIZE + 1]) == {*QUOTES} - {Reason.REBALANCING}

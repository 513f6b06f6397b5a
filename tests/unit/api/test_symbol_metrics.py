"""How well a symbol was quoted, by what was recorded of it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.api.symbol_metrics import average_spread, filled_share, time_at_limit
from market_maker.model.orders import Side
from market_maker.model.quotes import Reason
from market_maker.model.records import OrderCount, OrderStatus
from tests.unit.model.test_history import row


def count(status: OrderStatus, number: int) -> OrderCount:
    return OrderCount(Side.BUY, status, number, Decimal(number), Decimal(0))


def test_the_fill_rate_is_of_all_orders_and_unknown_without_any():
    orders = (count(OrderStatus.FILLED, 1), count(OrderStatus.CANCELED, 3))
    assert filled_share(orders) == 0.25
    assert filled_share(()) is None


def test_the_spread_is_of_the_rows_in_which_both_sides_quoted():
    both = replace(row(60), bid=Decimal(99), ask=Decimal(101))
    assert average_spread((both, row(120))) == pytest.approx(200)
    assert average_spread((row(60),)) is None


def test_a_side_that_a_position_limit_keeps_silent_counts_once_for_both():
    silent = {"quoting_bid": False, "reason_bid": Reason.POSITION_LIMIT.value}
    limited = replace(row(60), **silent)
    stale = replace(row(120), quoting_bid=False, reason_bid=Reason.STALE.value)
    paused = replace(row(180), state="PAUSED", **silent)
    both = replace(limited, quoting_ask=False, reason_ask=Reason.MEMBER_LIMIT.value)
    assert time_at_limit((limited, stale, paused, both, row(240))) == 50.0
    assert time_at_limit((paused,)) is None

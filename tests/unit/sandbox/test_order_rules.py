"""What the sandbox exchange takes of its members' orders."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.model.events import RejectReason
from market_maker.model.instrument import FeeSchedule, Instrument
from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.orders import Side
from market_maker.sandbox.matching import Matching
from market_maker.sandbox.order_rules import refused, why_not_taken
from market_maker.sandbox.reports import NewOrder, OrderKind, OrderRejected

PLAIN = Instrument("BTC", Decimal("0.1"), Decimal("0.001"))
SIZE, NUMBER, FAR = (
    RejectReason.MIN_NOTIONAL, RejectReason.POSITION_LIMIT, RejectReason.PRICE_DISTANCE,
)  # fmt: skip


def new(price=9_990, size=10, number=1, **fields):
    side = fields.pop("side", Side.BUY)
    kind = OrderKind.POST_ONLY
    return NewOrder(
        account="me", order_id=number, side=side, price=price, size=size, kind=kind, **fields
    )


def market():
    """A mid of 10,000 ticks."""
    matching = Matching(PLAIN, FeeSchedule())
    for number, (side, price) in enumerate(((Side.BUY, 9_990), (Side.SELL, 10_010)), start=10):
        matching.submit(replace(new(price, number=number, side=side), account="other"))
    return matching


@pytest.mark.parametrize(
    ("limits", "order", "reason"),
    [
        ({}, new(), None),
        ({"min_lots": 10}, new(), None),
        ({"min_lots": 11}, new(), SIZE),
        ({"min_lots": 11}, new(reduce_only=True), None),
        ({"max_lots": 10}, new(), None),
        ({"max_lots": 9}, new(), NUMBER),
        ({"max_notional": Decimal("9.99")}, new(), None),
        ({"max_notional": Decimal("9.98")}, new(), NUMBER),
        ({"band_down_rate": 100_000}, new(9_991), None),
        ({"band_down_rate": 100_000}, new(9_990), FAR),
        ({"band_up_rate": 100_000}, new(10_009, side=Side.SELL), None),
        ({"band_up_rate": 100_000}, new(10_010, side=Side.SELL), FAR),
    ],
)
def test_an_order_at_a_limit_is_taken_and_one_beyond_it_is_not(limits, order, reason):
    limited = replace(PLAIN, limits=InstrumentLimits(**limits))
    assert why_not_taken(order, limited, market()) is reason


def test_open_orders_of_the_account_are_counted():
    limited, matching = replace(PLAIN, limits=InstrumentLimits(max_open_orders=2)), market()
    for number in (1, 2):
        assert why_not_taken(new(number=number), limited, matching) is None
        matching.submit(new(number=number))
    assert why_not_taken(new(number=3), limited, matching) is NUMBER
    assert why_not_taken(replace(new(), account="another"), limited, matching) is None


def test_while_a_side_is_empty_there_is_no_band():
    limited = replace(PLAIN, limits=InstrumentLimits(band_down_rate=1))
    assert why_not_taken(new(1), limited, Matching(PLAIN, FeeSchedule())) is None


def test_a_refusal_is_the_answer_and_nothing_else():
    outcome = refused(new(), NUMBER)
    assert outcome.trades == ()
    assert [(type(one), one.reason) for one in outcome.reports] == [(OrderRejected, NUMBER)]

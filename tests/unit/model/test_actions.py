"""A fill is recorded with its owner, whichever way it was found."""

from market_maker.model.actions import record_of
from market_maker.model.events import Filled, FillFound, plain_fill
from market_maker.model.orders import Side

OWNER = ("acme", Side.SELL, 2, "mm-1", "account-acme")


def test_a_reported_and_a_found_fill_are_one_record():
    found = FillFound(1, 2, 7, 9, "acme", Side.SELL, 2, 100, 3, -5, "mm-1", "account-acme")
    reported = plain_fill(found)
    assert reported == Filled(1, 2, 7, 9, 100, 3, -5, "mm-1")
    record = record_of(found, OWNER, 201)
    assert record == record_of(reported, OWNER, 201)
    assert (record.member, record.side, record.level) == OWNER[:3]
    assert (record.price, record.size, record.fee, record.mid_x2) == (100, 3, -5, 201)

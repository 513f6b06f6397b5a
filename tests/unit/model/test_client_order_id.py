"""Names as documented, and never the same twice."""

import pytest

from market_maker.model.client_order_id import OrderNames, stamp_of
from market_maker.model.orders import Side


def test_a_name_is_as_documented():
    names = OrderNames("BTCUSDT-PERP")
    name = names.next(1_790_000_000_123_456_789, "0123456789abcdef", Side.SELL, 2)
    assert name == "mm-01234567-BTCUSDT-PERP-2-SELL-1790000000123456789"


def test_a_short_participant_is_used_whole():
    assert OrderNames("X").next(5, "ann", Side.BUY, 0) == "mm-ann-X-0-BUY-5"


def test_stamps_grow_in_one_moment_and_over_a_clock_that_is_set_back():
    names = OrderNames("X")
    stamps = [stamp_of(names.next(now, "ann", Side.BUY, 0)) for now in (100, 100, 90, 200)]
    assert stamps == [100, 101, 102, 200]


def test_a_restart_goes_on_after_the_last_stamp():
    names = OrderNames("X")
    names.follow(500)
    names.follow(400)
    assert stamp_of(names.next(100, "ann", Side.BUY, 0)) == 501


@pytest.mark.parametrize("text", ["", "mm", "mm-ann-X-0-BUY-", "mm-ann-X-0-BUY-x", "1-²"])
def test_other_names_have_no_stamp(text):
    assert stamp_of(text) == 0

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.instrument import Instrument
from market_maker.model.orders import Order, OrderState, Side
from market_maker.scoring.presence import Presence, presence, snapshot_record
from tests.unit.scoring.facts import DAY, HOUR, TARGETS

BTC = Instrument("BTCUSDT-PERP", Decimal("0.1"), Decimal("0.001"), Decimal(10))
MID_X2 = 2_000_000
WIDEST = Decimal(80)
BID = Order(1, "acme", Side.BUY, 0, 999_750, 10, 10, OrderState.LIVE)
ASK = Order(2, "acme", Side.SELL, 0, 1_000_250, 20, 20, OrderState.LIVE)


def seen(*orders):
    return presence(orders, MID_X2, BTC, WIDEST)


def test_a_two_sided_quote_shows_its_spread_and_its_thinner_side():
    assert seen(BID, ASK) == Presence(Decimal(5), Decimal("999.75"))


def test_the_best_price_of_each_side_counts_and_all_that_rests_there():
    deeper = structs.replace(BID, order_id=3, price=999_000, leaves=1000)
    beside = structs.replace(BID, order_id=4, leaves=30)
    farther = structs.replace(ASK, order_id=5, price=1_001_000, leaves=1000)
    assert seen(BID, deeper, farther, ASK) == seen(farther, ASK, deeper, BID) == seen(BID, ASK)
    assert seen(BID, beside, ASK) == Presence(Decimal(5), Decimal("2000.5"))


@pytest.mark.parametrize("orders", [(), (BID,), (ASK,), (BID, structs.replace(BID, order_id=9))])
def test_one_side_is_not_present(orders):
    assert seen(*orders) is None


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        (OrderState.LIVE, True),
        (OrderState.PENDING_CANCEL, True),
        (OrderState.PENDING_NEW, False),
        (OrderState.UNKNOWN, False),
    ],
)
def test_only_what_rests_on_the_book_counts(state, counts):
    assert (seen(structs.replace(BID, state=state), ASK) is not None) is counts


def test_an_order_as_far_as_the_widest_spread_still_counts():
    at, beyond = (structs.replace(BID, price=price) for price in (992_000, 991_999))
    assert seen(at, ASK) is not None
    assert seen(beyond, ASK) is None
    assert seen(BID, structs.replace(ASK, price=1_008_001)) is None


def test_an_order_below_the_smallest_value_does_not_count_but_one_behind_it_may():
    tiny = Instrument("X", Decimal("0.1"), Decimal("0.000001"), Decimal(10))
    small = structs.replace(BID, price=999_900, leaves=100)
    behind = structs.replace(BID, leaves=1000)
    ask = structs.replace(ASK, leaves=1000)
    assert presence([small, ask], MID_X2, tiny, WIDEST) is None
    found = presence([small, behind, ask], MID_X2, tiny, WIDEST)
    assert found == Presence(Decimal(5), Decimal("99.975"))
    halves = [structs.replace(small, order_id=n, leaves=51) for n in (5, 6)]
    assert presence([*halves, ask], MID_X2, tiny, WIDEST).depth_usdt == Decimal("10.19898")


@given(st.integers(2, 50), st.integers(0, 49), st.integers(1, 200), st.integers(1, 200))
def test_splitting_an_order_at_one_price_changes_nothing(size, part, below, above):
    part = min(part, size - 1)
    bid = structs.replace(BID, price=1_000_000 - below, leaves=size)
    ask = structs.replace(ASK, price=1_000_000 + above)
    pieces = [structs.replace(bid, leaves=part), structs.replace(bid, leaves=size - part)]
    assert seen(bid, ask) == seen(*pieces, ask)
    assert seen(ask, *pieces) == seen(*pieces, ask)


def test_a_snapshot_adds_one_to_its_hour():
    there = snapshot_record("X", "acme", DAY + HOUR + 5, Presence(Decimal(5), Decimal(9)), TARGETS)
    assert (there.hour, there.eligible, there.valid) == (DAY + HOUR, 1, 1)
    assert (there.spread_sum_bps, there.depth_sum_usdt) == (5, 9)
    missing = snapshot_record("X", "acme", DAY, None, TARGETS)
    assert (missing.eligible, missing.valid, missing.spread_sum_bps) == (1, 0, 0)
    assert missing.volume_target_usdt == TARGETS.volume_target_usdt

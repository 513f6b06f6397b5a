from hypothesis import given
from hypothesis import strategies as st

from market_maker.execution.client_order_id import UniqueMoments, client_order_id
from market_maker.model.actions import Place
from market_maker.model.orders import Side


def test_the_name_is_the_documented_one():
    order = Place(7, "b4a1f3c2-55aa-4c1e", Side.SELL, 2, 999_995, 10)
    name = client_order_id("BTCUSDT-PERP", order, 1_790_000_000_123_456_789)
    assert name == "mm-b4a1f3c2-BTCUSDT-PERP-2-SELL-1790000000123456789"


def test_a_short_participant_id_stands_as_it_is():
    assert client_order_id("X", Place(1, "ann", Side.BUY, 0, 1, 1), 5) == "mm-ann-X-0-BUY-5"


@given(st.integers(0, 2**62), st.lists(st.integers(0, 2**62)))
def test_moments_grow_strictly_whatever_the_clock_does(last, clock):
    moments = UniqueMoments(last)
    given_out = [last, *(moments.next(now) for now in clock)]
    assert given_out == sorted(set(given_out))


def test_a_moment_is_the_clocks_when_that_is_later():
    assert UniqueMoments(5).next(1_000) == 1_000

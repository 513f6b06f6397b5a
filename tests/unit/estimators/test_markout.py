import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.markout import markout
from market_maker.model.orders import Side

prices = st.floats(1.0, 1e6)


@given(prices, prices, prices)
def test_the_two_sides_of_one_trade_have_opposite_markouts(price, mid, later):
    buy, sell = (markout(side, price, mid, later) for side in (Side.BUY, Side.SELL))
    assert (buy.edge_bps, buy.adverse_bps) == (-sell.edge_bps, -sell.adverse_bps)
    assert buy.markout_bps == -sell.markout_bps


@given(prices, prices, prices)
def test_the_markout_is_the_result_against_the_later_mid(price, mid, later):
    result = markout(Side.BUY, price, mid, later)
    assert result.markout_bps == pytest.approx((later - price) / mid * 1e4, rel=1e-6, abs=1e-6)


def test_a_maker_earns_its_edge_and_pays_for_the_move_against_it():
    result = markout(Side.BUY, 99.95, 100.0, 99.97)
    assert result.edge_bps == pytest.approx(5.0)
    assert result.adverse_bps == pytest.approx(3.0)
    assert result.markout_bps == pytest.approx(2.0)

import pytest

from market_maker.risk.order_limits import collar_rate_from_bps


@pytest.mark.parametrize("bps", [0.0001, 0.07, 4.35, 100.0, 5_000.0])
def test_the_collar_is_never_wider_than_asked_for(bps):
    rate = collar_rate_from_bps(bps)
    assert 0 <= bps * 10_000 - rate < 1 + 1e-6

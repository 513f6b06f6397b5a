"""Parameters of the traders are above zero, shares below one."""

import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.sandbox.parameters import TraderParameters


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start_price", 0.0),
        ("sigma_calm_bps", float("nan")),
        ("calm_s", float("inf")),
        ("noise_branching", 1.0),
        ("depth_attention", 1.0),
        ("depth_distance_min_bps", 40.0),
    ],
)
def test_what_cannot_be_a_market_is_refused_by_its_name(name, value):
    with pytest.raises(InvalidFieldError) as caught:
        TraderParameters(**{name: value})
    assert caught.value.field == name

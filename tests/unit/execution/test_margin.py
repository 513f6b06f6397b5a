from decimal import Decimal

import pytest

from market_maker.execution.margin import within_margin
from tests.builders import member


@pytest.mark.parametrize(
    ("margin", "limits", "held_to"),
    [
        ("20000", ["20000"], "20000"),
        ("10000", ["20000"], "10000.00"),
        ("10000", ["20000", "30000"], "4000.00"),
        ("0.03", ["20000", "20000"], "0.01"),
    ],
)
def test_limits_of_all_pools_together_stay_within_the_margin(margin, limits, held_to):
    held = within_margin(member(limit=20_000), Decimal(margin), sum(map(Decimal, limits)))
    assert (held.position_limit_usdt, held.active) == (Decimal(held_to), True)


def test_without_margin_there_are_no_orders():
    assert not within_margin(member(limit=20_000), Decimal(0), Decimal(20_000)).active

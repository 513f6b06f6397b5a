"""Five significant figures: the step of prices changes at a power of ten, and a ladder that lies
across it is on the grid on both sides."""

import pytest

from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table

pytestmark = pytest.mark.slow

TEN_THOUSAND = 100_000
"""Ticks of 0.1: the step is one tick below and ten above."""


def test_a_ladder_across_ten_thousand_is_taken_on_both_sides_wherever_it_moves(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            table.market.middle = TEN_THOUSAND
            steps = set()
            for share in (0.0, 0.0007, -0.0014, 0.0011, -0.0004, 0.0009, -0.0009):
                table.market.move(share)
                await table.passes(3)
                await table.until(lambda: len(table.open()) == 10)
                prices = [order.price for order in table.listed()]
                steps |= {price % 10 == 0 for price in prices if price < TEN_THOUSAND}
                assert all(price % 10 == 0 for price in prices if price > TEN_THOUSAND)
                assert min(prices) < TEN_THOUSAND < max(prices)
            assert False in steps, "below it the finer step is used"
            return table.running.lines

    lines = leaping(run())
    assert not lines.having("InvalidPrice")
    assert not lines.having("Order rejected")

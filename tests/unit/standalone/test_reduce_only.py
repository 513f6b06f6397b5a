"""Reduce-only mode in a session that runs (SOP 8.3): beyond its position limit a maker takes
everything off the side that would add to the position, and says so."""

from decimal import Decimal

import pytest

from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(("lots", "left"), [(6_000, Side.SELL), (-6_000, Side.BUY)])
def test_beyond_the_position_limit_only_what_reduces_is_quoted(tmp_path, lots, left):
    async def run():
        async with at_table(tmp_path, max_position=Decimal("0.05")) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.trade(lots)
            await table.until(lambda: {one.side for one in table.open()} == {left})
            await table.passes(10)
            assert {one.buy for one in table.listed()} == {left is Side.BUY}
            assert table.running.parts.runner.state is PoolState.ACTIVE
            warned = table.running.lines.having("WARN Reduce-only mode")
            table.trade(-lots)
            await table.until(lambda: len({one.side for one in table.open()}) == 2)
            await table.until(lambda: table.running.lines.having("Reduce-only mode over"))
            return warned

    assert len(leaping(run())) == 1


def test_a_condition_that_nears_is_said_before_it_trips(tmp_path):
    async def run():
        async with at_table(tmp_path, max_position=Decimal("0.05")) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.trade(9_000)
            said = "Kill switch condition detected: Max position value: $8775.09, and the limit is"
            await table.until(lambda: table.running.lines.having(said))
            assert table.running.parts.runner.state is PoolState.ACTIVE

    leaping(run())

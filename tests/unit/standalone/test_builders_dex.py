"""On a builder's dex: margin follows the first fill, and sizes shrink as open interest nears its
cap (SOP 6.4, 6.5)."""

from decimal import Decimal

import pytest

from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import MASTER

pytestmark = pytest.mark.slow
COIN, ASSET = "hyna:BTC", 140_000


def test_margin_is_added_once_after_the_first_fill(tmp_path):
    async def run():
        async with at_table(tmp_path, coin=COIN, initial_isolated_margin=Decimal(700)) as table:
            await table.until(lambda: len(table.open()) == 10)
            account = table.venue.world.accounts.accounts[MASTER.address]
            assert table.running.lines.having("margin=isolated")
            added = "isolated margin of hyna:BTC: 700 added"
            assert not table.running.lines.having(added)
            table.market.move(0.0006)
            await table.until(lambda: table.running.lines.having(added))
            assert account.holdings[ASSET].raw > 700
            table.market.move(0.0006)
            await table.passes(20)
            return table.running.lines.having(added)

    assert len(leaping(run())) == 1


def test_sizes_shrink_over_the_last_tenth_below_the_cap_and_grow_back(tmp_path):
    async def run():
        cap = {COIN: Decimal(10_000_000)}
        async with at_table(tmp_path, coin=COIN, venue={"caps": cap}) as table:
            await table.until(lambda: len(table.open()) == 10)
            before = sum(one.leaves for one in table.open())
            others, listed = table.venue.world, table.venue.world.universe.asset(ASSET)
            full = int(Decimal(9_600_000) / others.mid(ASSET) / listed.perp.lot)
            others._others[ASSET] = full
            await table.until(lambda: table.running.lines.having("WARN HIP-3 OI cap near capacity"))
            await table.until(lambda: sum(one.leaves for one in table.open()) < before * 0.6)
            await table.passes(200)
            assert len(table.running.lines.having("OI cap near capacity")) == 1
            others._others[ASSET] = 0
            await table.until(lambda: sum(one.leaves for one in table.open()) > before * 0.9)

    leaping(run())


def test_at_the_cap_nothing_that_adds_is_quoted_and_it_is_no_reject_storm(tmp_path):
    async def run():
        cap = {COIN: Decimal(10_000_000)}
        async with at_table(tmp_path, coin=COIN, venue={"caps": cap}) as table:
            await table.until(lambda: len(table.open()) == 10)
            world = table.venue.world
            listed = world.universe.asset(ASSET)
            world._others[ASSET] = int(Decimal(10_100_000) / world.mid(ASSET) / listed.perp.lot)
            for _ in range(40):
                table.market.move(0.001)
                await table.passes(2)
            assert table.running.lines.having("HIP-3 OI cap")
            return table.running.parts.runner.state

    assert leaping(run()).value == "ACTIVE"

"""Each condition of the kill switch, tripped in a session that runs, at the document's thresholds:
the session cancels, proves it by the venue's list, says why, and ends with a code of its own."""

import asyncio
import re
from decimal import Decimal

import pytest
from msgspec import Struct

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.risk import guards
from market_maker.standalone.ending import EXIT_OPEN
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table

pytestmark = pytest.mark.slow


async def lose_500(table):
    table.trade(9_000)
    await table.until(lambda: table.running.parts.runner.snapshot().position == 9_000)
    table.market.move(-0.062)


async def fall_by_five_per_cent(table):
    table.trade(5_000)
    await table.until(lambda: table.running.parts.runner.snapshot().position == 5_000)
    table.market.move(-0.058)


async def hold_10_000(table):
    lots = int(Decimal(10_500) / table.venue.world.mid(0) * 100_000)
    table.trade(lots)


async def hear_nothing(table):
    table.venue.faults = VenueFaults(frozen=frozenset({"BTC"}))


async def be_limited(table):
    table.venue.faults = VenueFaults(too_many=1.0)
    while table.running.parts.runner.state is not PoolState.HALTED:
        table.market.move(0.0007)
        await table.passes(1)
    table.venue.faults = VenueFaults()


async def see_a_cascade(table):
    for _ in range(130):
        table.market.trade(Side.SELL, 100)
        await table.passes(1)
    for _ in range(4):
        table.market.trade(Side.SELL, 100_000)
        await asyncio.sleep(1)


class Case(Struct, frozen=True):
    """cause, code, words: of the end. money: of the account."""

    cause: str
    code: int
    words: str
    money: int
    trip: object


CASES = (
    Case(guards.LOSS, 10, "Max daily loss exceeded", 100_000, lose_500),
    Case(guards.DRAWDOWN, 11, "Max drawdown exceeded", 5_000, fall_by_five_per_cent),
    Case(guards.POSITION, 12, "Max position value exceeded", 100_000, hold_10_000),
    Case(guards.MARKET_DATA, 13, "Stale data", 100_000, hear_nothing),
    Case(guards.CASCADE, 14, "Liquidation cascade detected", 100_000, see_a_cascade),
    Case(guards.RATE_LIMIT, 15, "Rate limit errors", 100_000, be_limited),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.words)
def test_a_condition_cancels_proves_logs_and_ends_with_its_code(tmp_path, case):
    async def run():
        async with at_table(tmp_path, money=case.money) as table:
            await table.until(lambda: len(table.open()) == 10)
            await case.trip(table)
            end = await table.ended()
            assert table.listed() == []
            return end, table.running.lines

    end, lines = leaping(run())
    assert (end.state, end.reason) == (PoolState.HALTED, case.cause), "\n".join(lines.lines[-60:])
    assert end.proved
    assert end.code == case.code
    (line,) = lines.having("ERROR KILL SWITCH TRIGGERED: [")
    assert re.search(rf"\[{case.words}: [^]]*\d[^]]*\] cause=", line), line
    assert lines.having("Kill switch was triggered during session")
    assert lines.having("Bulk cancel completed")
    assert not lines.having("ORDERS MAY BE OPEN")


def test_cancels_that_stay_limited_end_with_orders_that_may_be_open(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.faults = VenueFaults(too_many=1.0)
            table.market.move(0.001)
            return await table.ended(), table.running.lines

    end, lines = leaping(run())
    assert (end.proved, end.code) == (False, EXIT_OPEN)
    assert lines.having("ORDERS MAY BE OPEN")

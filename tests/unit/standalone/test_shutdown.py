"""A shutdown ends with the venue's word, or says that it has none, and always in time."""

import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.ending import EXIT_CLEAN, EXIT_OPEN
from market_maker.standalone.shutdown import WITHIN_S
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table

pytestmark = pytest.mark.slow


async def stopped(table):
    """Its end, and how many seconds that took."""
    began = table.running.clock.now()
    table.running.stop.ask("test")
    end = await table.ended()
    return end, (table.running.clock.now() - began) / NANOS_PER_SECOND


def test_cancels_that_are_lost_are_sent_again_until_the_list_is_empty(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.faults = VenueFaults(busy=0.6)
            end, _ = await stopped(table)
            assert table.listed() == []
            return end

    end = leaping(run())
    assert (end.code, end.proved) == (EXIT_CLEAN, True)


def test_a_venue_that_does_not_answer_is_given_up_in_time_with_a_code_of_its_own(tmp_path):
    async def run():
        async with at_table(tmp_path) as table:
            await table.until(lambda: len(table.open()) == 10)
            table.venue.faults = VenueFaults(too_many=1.0)
            end, took = await stopped(table)
            assert table.running.lines.having("ORDERS MAY BE OPEN")
            return end, took

    end, took = leaping(run())
    assert end.code == EXIT_OPEN
    assert took < WITHIN_S + 10

"""Two makers with one key on one market, each with a state folder of its own, so that no lock keeps
them apart."""

from contextlib import asynccontextmanager

import pytest

from market_maker.model.units import NANOS_PER_SECOND
from market_maker.standalone.tending import YOUNG_FOR
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import session, settings_for

pytestmark = pytest.mark.slow


@asynccontextmanager
async def another(table, folder):
    url = table.running.parts.settings.network
    async with session(settings_for(url, folder), table.running.clock) as second:
        yield second


def test_the_second_leaves_before_it_has_placed_anything_and_the_first_goes_on(tmp_path):
    async def run():
        async with at_table(tmp_path / "first") as table:
            await table.until(lambda: len(table.open()) == 10)
            await table.passes(YOUNG_FOR // NANOS_PER_SECOND)
            async with another(table, tmp_path / "second") as second:
                await table.until(lambda: second.end or second.error)
            said = str(second.error or second.lines.having("reason="))
            assert "another maker" in said
            assert not second.lines.having("Maker is ACTIVE")
            await table.until(lambda: len(table.open()) == len(table.listed()) == 10)

    leaping(run())


def test_of_two_that_begin_at_one_moment_one_at_most_stays(tmp_path):
    async def run():
        async with at_table(tmp_path / "first") as table:
            await table.until(lambda: table.running.parts)
            async with another(table, tmp_path / "second") as second:
                await table.until(lambda: second.end or table.running.lines.having("SHUTDOWN"))
                if second.end is None:
                    await table.ended()
                # One that stays is put away by the test, with 0.
                left = {one.end.code for one in (table.running, second) if one.end}
            assert left
            assert 0 not in left
            assert len(table.listed()) <= 10

    leaping(run())

"""What a watchdog knows of the line of a maker."""

import pytest

from market_maker.emulators.hyperliquid.faults import VenueFaults
from tests.simulation.leaping_loop import leaping
from tests.unit.standalone.table import at_table
from tests.unit.standalone.venue import MASTER

pytestmark = pytest.mark.slow


def test_a_reconnection_of_a_moment_is_not_deaf_and_a_lost_stream_is(tmp_path):
    async def run():
        async with at_table(tmp_path, stale_data_threshold_secs=60) as table:
            await table.until(lambda: len(table.open()) == 10)
            line = table.running.parts.line
            streams = table.running.parts.opened.session.connection.streams
            assert [one.account_id for one in line.watched()] == [MASTER.address]
            table.venue.upgrade(0)
            await table.until(lambda: not streams.connected)
            assert not line.is_deaf
            await table.until(lambda: streams.connected)
            table.venue.faults = VenueFaults(refuse_upgrade=1.0)
            table.venue.upgrade(0)
            await table.until(lambda: not streams.connected)
            assert not line.is_deaf
            await table.until(lambda: line.is_deaf)
            assert not streams.connected
            table.venue.faults = VenueFaults()
            await table.until(lambda: streams.connected)
            assert not line.is_deaf

    leaping(run())

"""A paper session quotes the live market, and no order reaches the venue."""

import pytest

from market_maker.standalone.maker_parts import RunMode
from tests.unit.standalone.venue import actions_used, emulated, serving, session, settings_for
from tests.unit.venues.hyperliquid.stub import until

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_paper_session_quotes_fills_and_sends_nothing(tmp_path):
    async with serving(emulated(money=0)) as url:
        settings = settings_for(url, tmp_path)
        async with session(settings, mode=RunMode.PAPER) as running:
            await running.quoting()
            await until(lambda: running.lines.having("Fill processed"))
        assert running.end.code == 0
        assert running.parts.reconciliation.counters("BTC").mismatches == 0
        assert await actions_used(url, tmp_path) == 0
    assert running.lines.having("mode=paper")

"""A maker quotes, stops by itself where a guard says so, and ends with the venue's proof."""

from decimal import Decimal

import aiohttp
import pytest

from market_maker.model.lifecycle import PoolState
from market_maker.risk import guards
from market_maker.standalone.ending import KILL_CODES
from tests.servers import free_port
from tests.unit.standalone.venue import (
    AGENT_TEXT,
    MASTER_TEXT,
    emulated,
    others_order,
    serving,
    session,
    settings_for,
)
from tests.unit.venues.hyperliquid.stub import until

pytestmark = [pytest.mark.anyio, pytest.mark.slow]


async def test_a_session_quotes_and_ends_with_the_venues_proof(tmp_path):
    async with serving(emulated()) as url, session(settings_for(url, tmp_path)) as running:
        await running.quoting()
        assert len({order.side for order in running.open_orders()}) == 2
    assert (running.end.code, running.end.proved) == (0, True)
    for said in ("Market maker started for BTC with ladder", "Final position state", "stopped."):
        assert running.lines.having(said)
    assert running.lines.having("Kill switch was NOT triggered")


async def test_an_agent_quotes_on_a_builders_dex_with_isolated_margin(tmp_path):
    async with serving(emulated()) as url:
        settings = settings_for(url, tmp_path, AGENT_TEXT, dex="HyENA", strategy_type="symmetric")
        async with session(settings) as running:
            await running.quoting(2)
            assert running.parts.coin == "hyna:BTC"
    assert running.end.code == 0
    assert running.lines.having("margin=isolated")


async def test_a_tripped_guard_ends_the_session_with_its_own_code(tmp_path):
    async with serving(emulated()) as url:
        settings = settings_for(url, tmp_path, stale_data_threshold_secs=Decimal(2))
        async with session(settings) as running:
            await running.quoting()
            running.parts.line.market.feed.hear = lambda _frame, _now: None
            await until(lambda: running.end is not None)
    assert running.end.state is PoolState.HALTED
    assert running.end.code == KILL_CODES[guards.MARKET_DATA]
    assert running.end.proved
    assert running.lines.having("KILL SWITCH TRIGGERED: [Stale data: no update for ")
    assert running.lines.having("Data staleness exceeded")
    assert running.lines.having("Kill switch was triggered during session")


async def test_leftovers_of_ours_are_cancelled_and_orders_of_others_left_alone(tmp_path):
    venue = emulated()
    async with serving(venue) as url:
        theirs = await others_order(url, tmp_path, "BTC")
        settings = settings_for(url, tmp_path)
        async with session(settings) as running:
            await running.quoting()
            # As after kill -9: nothing cancels.
            left = len(running.open_orders())
            running.broken_off()
        assert running.end is None
        assert left == 10
        async with session(settings) as again:
            await again.quoting()
            said = again.lines.having("existing orders")[0]
            assert int(said.partition("Cancelling ")[2].split()[0]) > 0
            assert again.lines.having("Order of others on this market is left alone")
        assert again.end.code == 0
        assert await theirs()


async def test_a_trade_by_hand_is_booked_and_the_session_goes_on(tmp_path):
    async with serving(emulated()) as url, session(settings_for(url, tmp_path)) as running:
        await running.quoting()
        await others_order(url, tmp_path, "BTC", crossing=True)
        await until(lambda: running.parts.runner.snapshot().position != 0)
        assert running.parts.runner.state is PoolState.ACTIVE
    assert running.end.code == 0


async def test_two_makers_of_one_market_on_one_account_are_refused(tmp_path):
    async with serving(emulated()) as url:
        settings = settings_for(url, tmp_path)
        async with session(settings) as running:
            await until(lambda: running.parts is not None)
            async with session(settings) as second:
                await until(lambda: second.error is not None)
            assert "another maker trades this market" in str(second.error)


async def test_metrics_are_served_while_it_runs(tmp_path):
    port = free_port()
    async with serving(emulated()) as url:
        settings = settings_for(url, tmp_path, MASTER_TEXT, metrics_port=port)
        async with session(settings) as running, aiohttp.ClientSession() as http:
            await running.quoting()
            async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                page = await answer.text()
    assert 'mm_kill_switch_triggered{asset="BTC",quote="USDC"} 0' in page
    assert 'mm_max_position{asset="BTC",quote="USDC"} 0.0' in page

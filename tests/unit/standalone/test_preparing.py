"""Before the first quote: sizes from what the account has, and the position that is there."""

from decimal import Decimal

import pytest

from market_maker.model.account import LeverageSetting
from market_maker.standalone.opening import http_session, market_of, open_maker_session
from market_maker.standalone.preparing import prepared, set_leverage
from tests.unit.standalone.venue import CLOCK, Lines, emulated, others_order, serving, settings_for

pytestmark = pytest.mark.anyio


async def test_the_position_that_is_there_is_taken_over(tmp_path):
    async with serving(emulated()) as url, http_session() as http:
        await others_order(url, tmp_path, "BTC", crossing=True)
        settings = settings_for(url, tmp_path)
        opened = market_of(settings, await open_maker_session(settings, http, CLOCK))
        ready = await prepared(settings, opened)
    assert ready.held.size == Decimal("0.001")
    assert ready.holding.lots == 100
    assert ready.instrument.maker_fee_bps == Decimal("1.5")
    assert ready.config.members[0].account_id == opened.session.account_id


async def test_leverage_is_set_where_it_differs_and_a_refusal_is_reported(tmp_path):
    lines = Lines()
    async with serving(emulated()) as url, http_session() as http:
        settings = settings_for(url, tmp_path, leverage=5)
        opened = market_of(settings, await open_maker_session(settings, http, CLOCK))
        await set_leverage(await prepared(settings, opened), opened, lines.log)
        assert await opened.session.account.leverage("BTC") == LeverageSetting(5, isolated=False)
        await others_order(url, tmp_path, "BTC", crossing=True)
        forced = settings_for(url, tmp_path, leverage=5, force_isolated=True)
        await set_leverage(await prepared(forced, opened), opened, lines.log)
    assert lines.having("Leverage set asset=BTC leverage=5 margin=cross changed=True")
    assert lines.having("Failed to set leverage, using existing")

"""What `status` shows: both addresses of an agent, money and orders dex by dex."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.limits import VenueLimits
from market_maker.standalone.account_report import account_report, orphans, report_lines
from market_maker.standalone.opening import http_session, market_of, open_maker_session
from tests.unit.standalone.venue import (
    AGENT,
    AGENT_TEXT,
    CLOCK,
    MASTER,
    emulated,
    others_order,
    serving,
    settings_for,
)

pytestmark = pytest.mark.anyio


async def test_an_agents_key_shows_the_account_that_it_acts_for(tmp_path):
    async with serving(emulated()) as url, http_session() as http:
        await others_order(url, tmp_path, "BTC")
        settings = settings_for(url, tmp_path, AGENT_TEXT, dex="hyna")
        session = await open_maker_session(settings, http, CLOCK)
        report = await account_report(settings, market_of(settings, session))
    assert (report.signer, report.account) == (AGENT.address, MASTER.address)
    text = "\n".join(report_lines(report))
    for said in (
        "Account Status for hyna:BTC",
        f"{MASTER.address} (by its agent {AGENT.address})",
        "Account Value:    $100000",
        "Available Margin: $",
        "Position:         None",
        "Open Orders:      1",
        "BUY   0.001 BTC @ $50000",
        "(not sent by market_maker)",
    ):
        assert said in text, text
    assert orphans(report) == ()


async def test_all_dexes_of_an_account_on_one_of_them_weigh_a_quarter_of_a_minute(tmp_path):
    venue = emulated(limits=VenueLimits())
    account = venue.world.accounts.accounts[MASTER.address]
    for dex in range(1, len(venue.world.universe.dexes)):
        account.cash[dex] = Decimal(0)
    async with serving(venue) as url, http_session() as http:
        settings = settings_for(url, tmp_path)
        session = await open_maker_session(settings, http, CLOCK, everywhere=True)
        report = await account_report(settings, market_of(settings, session))
    assert [one.dex for one in report.dexes] == ["main", "xyz", "flx", "vntl", "hyna"]
    assert venue.weights.highest <= 220
    assert venue.weights.highest == session.connection.rest.budget.use(CLOCK.now()).used


async def test_spot_balances_are_shown_beside_the_dexes(tmp_path):
    venue = emulated()
    venue.world.accounts.accounts[MASTER.address].spot = {0: Decimal("12.5"), 1: Decimal(40)}
    async with serving(venue) as url, http_session() as http:
        settings = settings_for(url, tmp_path)
        session = await open_maker_session(settings, http, CLOCK)
        report = await account_report(settings, market_of(settings, session))
    tokens = {held.token: held.total for held in report.spot}
    assert tokens["USDC"] == Decimal("12.5")
    assert len(tokens) == 2
    assert "  Balance:          12.5 USDC (12.5 available)" in list(report_lines(report))


async def test_an_account_without_tokens_says_so(tmp_path):
    venue = emulated()
    venue.world.accounts.accounts[MASTER.address].spot = {}
    async with serving(venue) as url, http_session() as http:
        settings = settings_for(url, tmp_path)
        session = await open_maker_session(settings, http, CLOCK)
        report = await account_report(settings, market_of(settings, session))
    assert "\nspot: nothing" in list(report_lines(report))


async def test_a_position_is_shown_with_its_entry_and_leverage(tmp_path):
    async with serving(emulated()) as url, http_session() as http:
        await others_order(url, tmp_path, "BTC", crossing=True)
        settings = settings_for(url, tmp_path)
        session = await open_maker_session(settings, http, CLOCK)
        report = await account_report(settings, market_of(settings, session))
    text = "\n".join(report_lines(report))
    assert "Position:         0.001 BTC (20x cross)" in text
    assert "Entry Price:" in text
    assert "Unrealized PnL:" in text

"""A key has the account it acts for, or is refused with the reason."""

from random import Random

import aiohttp
import pytest

from market_maker.model.account import AccountMode
from market_maker.model.errors import InvalidFieldError, VenueRefusedError
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.identity import identify
from tests.unit.venues.hyperliquid.stub import Stub, serving

pytestmark = pytest.mark.anyio
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
NOON_MS = NOON // NANOS_PER_MS
DAY = 86_400 * NANOS_PER_SECOND
AGENT, MASTER, SUB = "0x" + "a" * 40, "0x" + "b" * 40, "0x" + "c" * 40


class StillClock:
    def now(self):
        return NOON


async def identified(signer=AGENT, account="", lasting=0, **answers):
    stub = Stub()

    def role(body):
        roles = {
            AGENT: {"role": "agent", "data": {"user": MASTER}},
            MASTER: {"role": "user"},
            SUB: {"role": "subAccount", "data": {"master": MASTER}},
        }
        return roles.get(body["user"], {"role": "missing"})

    stub.answers = {
        "userRole": role,
        "userAbstraction": "disabled",
        "extraAgents": [],
        "exchangeStatus": {"time": NOON_MS, "specialStatuses": None},
        **answers,
    }
    async with serving(stub) as url, aiohttp.ClientSession() as session:
        rest = Rest(url, session, StillClock(), WeightBudget(Random(1)))
        return await identify(rest, StillClock(), signer, account=account, lasting=Nanos(lasting))


async def test_an_agent_acts_for_its_master_and_an_account_for_itself():
    told = await identified()
    assert (told.signer, told.account, told.role) == (AGENT, MASTER, "agent")
    told = await identified(MASTER)
    assert (told.signer, told.account, told.role) == (MASTER, MASTER, "user")


async def test_a_key_without_an_account_is_refused_with_what_to_do():
    with pytest.raises(VenueRefusedError, match=r"no account and no agent on testnet: fund it"):
        await identified("0x" + "d" * 40)


async def test_a_sub_account_of_its_own_may_be_traded_and_no_other():
    assert (await identified(account=SUB)).account == SUB
    for other in ("0x" + "d" * 40, AGENT):
        with pytest.raises(InvalidFieldError, match="one of its sub-accounts"):
            await identified(account=other)


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("default", AccountMode.STANDARD),
        ("disabled", AccountMode.STANDARD),
        ("unifiedAccount", AccountMode.UNIFIED),
        ("portfolioMargin", AccountMode.PORTFOLIO),
    ],
)
async def test_the_mode_of_an_account_says_where_its_money_is(word, mode):
    told = await identified(userAbstraction=word)
    assert (told.mode, told.warnings) == (mode, ())


async def test_a_mode_that_is_not_known_is_refused_rather_than_read_as_no_money():
    with pytest.raises(VenueRefusedError, match="'quantum' is not known"):
        await identified(userAbstraction="quantum")


async def test_a_discontinued_mode_is_warned_of():
    told = await identified(userAbstraction="dexAbstraction")
    assert told.mode is AccountMode.UNIFIED
    assert "discontinued" in told.warnings[0]


def until(days):
    return [
        {"name": "mm", "address": AGENT, "validUntil": (NOON + int(days * DAY)) // NANOS_PER_MS}
    ]


async def test_an_agent_that_expires_soon_is_warned_of():
    told = await identified(extraAgents=until(3))
    assert told.warnings == ("the agent key expires in 3.0 days: approve it again",)
    assert told.expires_at == NOON + 3 * DAY
    assert (await identified(extraAgents=until(30))).warnings == ()


async def test_an_agent_that_expires_before_the_session_ends_is_refused():
    with pytest.raises(VenueRefusedError, match=r"expires in 3\.0 days, before the session ends"):
        await identified(extraAgents=until(3), lasting=4 * DAY)
    with pytest.raises(VenueRefusedError, match="has expired"):
        await identified(extraAgents=until(-1))


@pytest.mark.parametrize(("off", "words"), [(60, "60.0 s behind"), (-60, "60.0 s ahead of")])
async def test_a_clock_that_is_off_is_refused(off, words):
    status = {"time": NOON_MS + off * 1_000}
    with pytest.raises(VenueRefusedError, match=words):
        await identified(exchangeStatus=status)
    assert (await identified(exchangeStatus={"time": NOON_MS + 900})).clock_ahead_ms == -900

"""An account's money, margin and limits are those of its mode and its market."""

from decimal import Decimal
from random import Random

import aiohttp
import pytest

from market_maker.model.account import AccountMode, LeverageSetting
from market_maker.model.errors import (
    InvalidFieldError,
    VenueRefusedError,
    VenueUnavailableError,
)
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.venues.hyperliquid.account import HyperliquidAccount
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.budgets import WeightBudget
from market_maker.venues.hyperliquid.client import Rest
from market_maker.venues.hyperliquid.connection import HyperliquidConnection
from market_maker.venues.hyperliquid.keys import SigningKey
from market_maker.venues.hyperliquid.market_wire import DexInfo
from market_maker.venues.hyperliquid.precision import MarketKind
from market_maker.venues.hyperliquid.universe import ListedMarket, Universe
from tests.support.local_nonces import LocalNonces
from tests.unit.venues.hyperliquid.stub import Stub, serving

pytestmark = pytest.mark.anyio
NOON = Nanos(1_790_000_000 * NANOS_PER_SECOND)
KEY = SigningKey.from_text("01" * 32)
MARKETS = (
    ListedMarket("BTC", 0, 5, max_leverage=40),
    ListedMarket(
        "hyna:BTC",
        140_000,
        5,
        dex="hyna",
        collateral="USDE",
        collateral_index=235,
        max_leverage=20,
        isolated=True,
    ),
    ListedMarket("hyna:TSLA", 140_001, 3, dex="hyna", max_leverage=10, isolated=True, growth=True),
    ListedMarket("PURR/USDC", 10_000, 0, MarketKind.SPOT, base_index=1),
)
UNIVERSE = Universe(
    (None, DexInfo("hyna", "HyENA", deployer_fee_scale=Decimal(1))), {m.coin: m for m in MARKETS}
)
HELD = {
    "coin": "BTC",
    "szi": "0.5",
    "entryPx": "96000.0",
    "leverage": {"type": "cross", "value": 20},
    "liquidationPx": None,
    "marginUsed": "2425.0",
    "positionValue": "48500.0",
    "unrealizedPnl": "500.0",
    "cumFunding": {"allTime": "1", "sinceOpen": "0.5", "sinceChange": "0"},
}
STATE = {
    "assetPositions": [{"type": "oneWay", "position": HELD}],
    "marginSummary": {
        "accountValue": "10500.0",
        "totalNtlPos": "48500.0",
        "totalMarginUsed": "2425.0",
    },
    "withdrawable": "8075.0",
}
OK = {"status": "ok", "response": {"type": "default"}}


class StillClock:
    def now(self):
        return NOON


@pytest.fixture
def stub():
    return Stub()


@pytest.fixture
async def opened(stub):
    async with serving(stub) as url, aiohttp.ClientSession() as session:
        rest = Rest(url, session, StillClock(), WeightBudget(Random(1)), timeout_s=1.0)
        trading = TradingAccount(KEY.address, Signer(KEY, LocalNonces()))
        accounts = TradingAccounts({"me": trading})
        connection = HyperliquidConnection(rest, session, StillClock(), accounts, Random(1))

        def account(mode=AccountMode.STANDARD):
            return HyperliquidAccount(connection, UNIVERSE, trading, mode)

        yield account


async def test_a_standard_accounts_money_is_at_the_dex(stub, opened):
    stub.answers["clearinghouseState"] = STATE
    funds = await opened().funds("BTC")
    assert (funds.collateral, funds.equity, funds.available) == ("USDC", 10_500, 8_075)
    (held,) = funds.positions
    assert (held.size, held.leverage, held.isolated) == (Decimal("0.5"), 20, False)
    assert held.funding_since_open == Decimal("0.5")
    assert "dex" not in stub.heard[0]


@pytest.mark.parametrize("mode", [AccountMode.UNIFIED, AccountMode.PORTFOLIO])
async def test_a_unified_accounts_money_is_its_balance_and_own_holds_are_no_loss(
    stub, opened, mode
):
    empty = {"accountValue": "0.0", "totalNtlPos": "0.0", "totalMarginUsed": "0.0"}
    stub.answers["clearinghouseState"] = {**STATE, "marginSummary": empty, "withdrawable": "0.0"}
    stub.answers["spotClearinghouseState"] = {
        "balances": [
            {"coin": "USDC", "token": 0, "total": "7", "hold": "0"},
            {"coin": "USDE", "token": 235, "total": "1000.0", "hold": "400.0"},
        ]
    }
    funds = await opened(mode).funds("hyna:BTC")
    assert (funds.collateral, funds.equity, funds.available) == ("USDE", 1_500, 600)
    assert (funds.margin_used, funds.position_value) == (400, 48_500)
    assert stub.heard[0]["dex"] == "hyna"


async def test_an_account_without_a_balance_has_none(stub, opened):
    stub.answers["clearinghouseState"] = {**STATE, "assetPositions": []}
    stub.answers["spotClearinghouseState"] = {"balances": []}
    assert (await opened(AccountMode.UNIFIED).funds("BTC")).equity == 0


BALANCES = {
    "balances": [
        {"coin": "USDC", "token": 0, "total": "70.0", "hold": "20.0", "entryNtl": "0.0"},
        {"coin": "PURR", "token": 1, "total": "200.0", "hold": "0.0", "entryNtl": "30.0"},
        {"coin": "HYPE", "token": 150, "total": "0.0", "hold": "0.0", "entryNtl": "0.0"},
    ]
}


@pytest.mark.parametrize("mode", list(AccountMode))
async def test_a_spot_position_is_the_balance_of_its_token_at_its_cost(stub, opened, mode):
    stub.answers["spotClearinghouseState"] = BALANCES
    funds = await opened(mode).funds("PURR/USDC")
    assert (funds.collateral, funds.equity, funds.available) == ("USDC", 100, 50)
    (held,) = funds.positions
    assert (held.symbol, held.size, held.entry_price) == ("PURR/USDC", 200, Decimal("0.15"))
    assert len(stub.heard) == 1


async def test_tokens_that_an_account_has_are_listed_with_what_is_free(stub, opened):
    stub.answers["spotClearinghouseState"] = BALANCES
    usdc, purr = await opened().spot_holdings()
    assert (usdc.token, usdc.total, usdc.available) == ("USDC", 70, 50)
    assert (purr.token, purr.available, purr.entry_value) == ("PURR", 200, 30)


async def test_a_spot_account_without_the_token_has_no_position(stub, opened):
    stub.answers["spotClearinghouseState"] = {"balances": []}
    funds = await opened().funds("PURR/USDC")
    assert (funds.equity, funds.positions) == (0, ())


def leverage(value, kind):
    return {"coin": "BTC", "leverage": {"type": kind, "value": value}}


async def test_leverage_is_set_only_where_it_differs(stub, opened):
    stub.answers |= {"activeAssetData": leverage(10, "cross"), "updateLeverage": OK}
    assert await opened().leverage("BTC") == LeverageSetting(10, isolated=False)
    assert not await opened().set_leverage("BTC", 10, isolated=False)
    assert stub.asked("updateLeverage") == []
    assert await opened().set_leverage("BTC", 20, isolated=False)
    assert stub.asked("updateLeverage")[0]["action"] == {
        "type": "updateLeverage",
        "asset": 0,
        "isCross": True,
        "leverage": 20,
    }


async def test_leverage_that_the_market_does_not_have_is_refused_before_it_is_sent(opened):
    with pytest.raises(InvalidFieldError, match="1 to 40"):
        await opened().set_leverage("BTC", 41, isolated=False)
    with pytest.raises(InvalidFieldError, match="hyna:BTC has"):
        await opened().set_leverage("hyna:BTC", 5, isolated=False)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (
            {"status": "err", "response": "Cannot switch leverage type with open position."},
            VenueRefusedError,
            "Cannot switch leverage type",
        ),
        ((422, "Failed to deserialize"), VenueRefusedError, "HTTP 422"),
        ((429, "null"), VenueUnavailableError, "429"),
        (None, VenueUnavailableError, "no answer"),
    ],
)
async def test_a_refusal_is_reported_in_the_venues_words(stub, opened, answer, error, words):
    stub.answers |= {"activeAssetData": leverage(10, "cross"), "updateLeverage": answer}
    with pytest.raises(error, match=words):
        await opened().set_leverage("BTC", 20, isolated=True)


async def test_margin_is_added_in_millionths(stub, opened):
    stub.answers |= {"updateIsolatedMargin": OK, "topUpIsolatedOnlyMargin": OK}
    await opened().add_margin("hyna:BTC", Decimal("1000.5"))
    await opened().top_up("hyna:BTC", Decimal(5))
    first, second = (body["action"] for body in stub.heard)
    assert (first["asset"], first["ntli"]) == (140_000, 1_000_500_000)
    assert second == {"type": "topUpIsolatedOnlyMargin", "asset": 140_000, "leverage": "5"}


async def test_the_allowance_is_the_venues_own_count(stub, opened):
    stub.answers["userRateLimit"] = {
        "cumVlm": "2854574.59",
        "nRequestsUsed": 2_890,
        "nRequestsCap": 2_864_574,
        "nRequestsSurplus": 100,
    }
    told = await opened().allowance()
    assert told.left == 2_864_574 - 2_890 + 100


FEES = {
    "userCrossRate": "0.00045",
    "userAddRate": "0.00015",
    "userSpotCrossRate": "0.0007",
    "userSpotAddRate": "0.0004",
}


@pytest.mark.parametrize(
    ("coin", "maker", "taker"),
    [
        ("BTC", "0.00015", "0.00045"),
        ("hyna:BTC", "0.0003", "0.0009"),
        ("hyna:TSLA", "0.00003", "0.00009"),
        ("PURR/USDC", "0.0004", "0.0007"),
    ],
)
async def test_fees_of_a_builders_dex_are_scaled(stub, opened, coin, maker, taker):
    stub.answers["userFees"] = FEES
    rates = await opened().fees(coin)
    assert (rates.maker, rates.taker) == (Decimal(maker), Decimal(taker))


async def test_a_rebate_is_not_scaled_by_a_deployer(stub, opened):
    stub.answers["userFees"] = {**FEES, "userAddRate": "-0.00002"}
    assert (await opened().fees("hyna:BTC")).maker == Decimal("-0.00002")


def interest(amount):
    meta = {
        "universe": [{"name": "hyna:BTC", "szDecimals": 5}, {"name": "hyna:TSLA", "szDecimals": 3}]
    }
    context = {"funding": "0", "openInterest": amount, "oraclePx": "100", "markPx": "100"}
    return [meta, [context, context]]


@pytest.mark.parametrize(
    ("amount", "near", "factor"),
    [("1000", False, "1"), ("90000", True, "1"), ("95000", True, "0.5"), ("200000", True, "0")],
)
async def test_sizes_shrink_as_a_cap_comes_near(stub, opened, amount, near, factor):
    stub.answers |= {
        "metaAndAssetCtxs": interest(amount),
        "perpsAtOpenInterestCap": [],
        "perpDexLimits": {
            "totalOiCap": "400000000.0",
            "oiSzCapPerPerp": "1000000000.0",
            "coinToOiCap": [["hyna:BTC", "10000000.0"]],
        },
    }
    room = await opened().open_interest("hyna:BTC")
    assert (room.near, room.size_factor) == (near, Decimal(factor))
    unlimited = await opened().open_interest("hyna:TSLA")
    assert (unlimited.cap, unlimited.size_factor) == (None, 1)


async def test_a_coin_that_the_venue_lists_at_its_cap_has_no_room(stub, opened):
    stub.answers |= {
        "metaAndAssetCtxs": [{"universe": [{"name": "BTC", "szDecimals": 5}]}, interest("1")[1]],
        "perpsAtOpenInterestCap": ["BTC"],
    }
    assert (await opened().open_interest("BTC")).size_factor == 0
    assert stub.asked("perpDexLimits") == []


@pytest.mark.parametrize("universe", [[], [{"name": "ETH", "szDecimals": 4}], ["zero"]])
async def test_a_market_that_is_missing_from_an_answer_is_a_venue_that_is_away(
    stub, opened, universe
):
    contexts = interest("1")[1]
    if universe == ["zero"]:
        universe, contexts = [{"name": "BTC", "szDecimals": 5}], [{**contexts[0], "markPx": "0"}]
    stub.answers |= {
        "metaAndAssetCtxs": [{"universe": universe}, contexts],
        "perpsAtOpenInterestCap": [],
    }
    with pytest.raises(VenueUnavailableError, match="metaAndAssetCtxs: BTC"):
        await opened().open_interest("BTC")


async def test_funding_is_read_to_its_end_and_each_payment_once(stub, opened):
    def entry(number):
        return {
            "time": 1_000 + number // 2,
            "hash": "0x",
            "delta": {
                "type": "funding",
                "coin": "AB"[number % 2],
                "usdc": "-0.1",
                "szi": "1",
                "fundingRate": "0.00001",
            },
        }

    def page(body):
        rows = [entry(number) for number in range(1_201)]
        return [row for row in rows if row["time"] >= body["startTime"]][:500]

    stub.answers["userFunding"] = page
    receipts = await opened().funding(Nanos(1_000 * NANOS_PER_MS))
    assert len(receipts) == 1_201
    assert receipts[0].at == 1_000 * NANOS_PER_MS
    assert len(stub.heard) == 3


async def test_the_dead_mans_refusal_is_an_answer(stub, opened):
    text = "Cannot set scheduled cancel time until enough volume traded. Required: $1000000."
    stub.answers["scheduleCancel"] = {"status": "err", "response": text}
    state = await opened().schedule_cancel(Nanos(NOON + 60 * NANOS_PER_SECOND))
    assert (state.at, state.problem) == (None, text)


async def test_the_dead_man_is_wound_up_and_taken_back(stub, opened):
    stub.answers["scheduleCancel"] = OK
    at = Nanos(NOON + 60 * NANOS_PER_SECOND)
    assert (await opened().schedule_cancel(at)).at == at
    assert (await opened().schedule_cancel(None)).at is None
    first, second = (body["action"] for body in stub.heard)
    assert first == {"type": "scheduleCancel", "time": at // NANOS_PER_MS}
    assert second == {"type": "scheduleCancel"}
    with pytest.raises(InvalidFieldError, match="5 s from now"):
        await opened().schedule_cancel(Nanos(NOON + NANOS_PER_SECOND))

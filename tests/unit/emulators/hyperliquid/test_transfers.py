"""Money between purses and accounts, agents, account modes."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from tests.unit.emulators.hyperliquid.box import BTC, STRANGER, Box, order

pytestmark = pytest.mark.thorough

DONE = {"status": "ok", "response": {"type": "default"}}
OTHER = "0x" + "44" * 20


@pytest.fixture
def box():
    return Box(coins=("BTC", "hyna:BTC"))


def err(text):
    return {"status": "err", "response": text}


def test_usdc_moves_between_spot_and_the_first_dex(box):
    wish = {"type": "usdClassTransfer", "amount": "40", "toPerp": False}
    assert box.send_user(wish) == DONE
    assert box.state()["withdrawable"] == "99960.0"
    (balance,) = box.info("spotClearinghouseState", user=TEST_ADDRESS)["balances"]
    assert (balance["coin"], balance["total"]) == ("USDC", "100040.0")
    assert box.send_user({**wish, "amount": "1000000"}) == err(
        "Insufficient balance for token transfer"
    )


def test_only_the_collateral_of_a_dex_moves_to_it(box):
    wish = {
        "type": "sendAsset",
        "destination": TEST_ADDRESS,
        "sourceDex": "",
        "destinationDex": "hyna",
        "token": "USDC:0x6d1e7cde53ba9467b783cb7c530ce054",
        "amount": "10",
        "fromSubAccount": "",
    }
    assert box.send_user(wish) == err("Invalid token for this dex.")
    assert box.send_user({**wish, "destinationDex": "xyz"}) == DONE
    assert box.state("xyz")["withdrawable"] == "100010.0"
    assert box.send_user({**wish, "token": "NOPE"}) == err("Invalid token: NOPE")
    assert box.send_user({**wish, "destinationDex": "nope"}) == err("Invalid perp dex: nope")


def test_what_is_sent_makes_an_account_and_stands_in_both_ledgers(box):
    wish = {"type": "usdSend", "destination": STRANGER.address, "amount": "500"}
    assert box.send_user(wish) == DONE
    assert box.send({"type": "noop"}, key=STRANGER) == DONE
    for user in (TEST_ADDRESS, STRANGER.address):
        (entry,) = box.info("userNonFundingLedgerUpdates", user=user, startTime=0)
        assert entry["delta"]["amount"] == "500.0"
    for amount in ("-1", "0", "1e3", "NaN", ""):
        assert box.send_user({**wish, "amount": amount}) == err("Invalid amount.")


def test_an_agents_name_may_say_until_when_it_is_valid(box):
    until = box.now // 1_000_000 + 60_000
    wish = {"type": "approveAgent", "agentAddress": OTHER, "agentName": f"bot valid_until {until}"}
    assert box.send_user(wish) == DONE
    (agent,) = box.info("extraAgents", user=TEST_ADDRESS)
    assert agent == {"name": "bot", "address": OTHER, "validUntil": until}
    late = {**wish, "agentName": f"two valid_until {until + 181 * 86_400_000}"}
    assert box.send_user({**late, "agentAddress": "0x" + "55" * 20}) == err(
        "Invalid agent validity."
    )
    box.wait(61, step=30.5)
    assert box.info("userRole", user=OTHER) == {"role": "missing"}


def test_agents_are_four_at_most_and_nobodys_agent_twice(box):
    for number in range(4):
        address = f"0x{number + 1:040x}"
        wish = {"type": "approveAgent", "agentAddress": address, "agentName": f"n{number}"}
        assert box.send_user(wish) == DONE
    assert box.send_user({**wish, "agentName": "n9"}) == err("Extra agent already used.")
    fifth = {**wish, "agentAddress": OTHER, "agentName": "n9"}
    assert box.send_user(fifth) == err("Too many extra agents.")


def test_a_unified_account_has_its_value_in_its_spot_balance(box):
    assert box.send({"type": "agentSetAbstraction", "abstraction": "u"}) == DONE
    assert box.info("userAbstraction", user=TEST_ADDRESS) == "unifiedAccount"
    assert box.state()["marginSummary"]["accountValue"] == "0.0"
    balances = box.info("spotClearinghouseState", user=TEST_ADDRESS)["balances"]
    usdc = next(one for one in balances if one["coin"] == "USDC")
    assert usdc["total"] == "400000.0"  # of three dexes, and of spot
    _, ask = box.best()
    assert "filled" in box.one(BTC, True, ask, "0.0002", tif="Ioc")
    box.place(order(BTC, True, "90000", "0.1"))
    balances = box.info("spotClearinghouseState", user=TEST_ADDRESS)["balances"]
    held = next(one for one in balances if one["coin"] == "USDC")
    assert Decimal(held["hold"]) > 400
    refused = box.send({"type": "agentSetAbstraction", "abstraction": "i"})
    assert refused == err("Abstraction transition not allowed")


def test_accounts_that_transfers_make_are_bounded(box, monkeypatch):
    monkeypatch.setattr("market_maker.emulators.hyperliquid.transfers.ACCOUNTS_MOST", 2)
    wish = {"type": "usdSend", "destination": OTHER, "amount": "1"}
    assert box.send_user(wish) == DONE
    assert box.send_user({**wish, "destination": "0x" + "45" * 20}) == err("Too many accounts.")


def test_a_sub_account_is_sent_tokens_and_set_by_its_master(box):
    made = box.send({"type": "createSubAccount", "name": "two"})["response"]["data"]
    wish = {
        "type": "subAccountSpotTransfer",
        "subAccountUser": made,
        "isDeposit": True,
        "token": "USDC:0x6d1e7cde53ba9467b783cb7c530ce054",
        "amount": "7",
    }
    assert box.send(wish) == DONE
    assert box.info("spotClearinghouseState", user=made)["balances"][0]["total"] == "7.0"
    assert box.send({**wish, "isDeposit": False, "amount": "8"}) == err(
        "Insufficient balance for token transfer"
    )
    mode = {"type": "userSetAbstraction", "user": made, "abstraction": "unifiedAccount"}
    assert box.send_user(mode) == DONE
    assert box.info("userAbstraction", user=made) == "unifiedAccount"
    assert box.info("userAbstraction", user=TEST_ADDRESS) == "default"
    assert box.send_user({**mode, "user": OTHER}) == err(f"Vault not registered: {OTHER}")

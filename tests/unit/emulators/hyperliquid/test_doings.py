"""Actions that are neither orders nor transfers."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import TEST_ADDRESS
from tests.unit.emulators.hyperliquid.box import BTC, Box, order

DONE = {"status": "ok", "response": {"type": "default"}}
BUILDER = "0x" + "65" * 20


@pytest.fixture
def box():
    return Box(coins=("BTC",))


def test_an_action_that_is_not_offered_says_so(box):
    answer = box.send({"type": "twapCancel", "a": 0, "t": 1})
    assert answer == {"status": "err", "response": "Action twapCancel is not offered here."}


def test_actions_of_which_only_the_nonce_counts_are_done(box):
    for action in ({"type": "noop"}, {"type": "setReferrer", "code": "X"}):
        assert box.send(action) == DONE


def test_quota_is_bought_with_usdc(box):
    assert box.send({"type": "reserveRequestWeight", "weight": 1_000}) == DONE
    limit = box.info("userRateLimit", user=TEST_ADDRESS)
    assert limit["nRequestsCap"] == 11_000
    assert box.state()["marginSummary"]["accountValue"] == "99999.5"
    assert box.send({"type": "reserveRequestWeight", "weight": 0})["status"] == "err"


def test_a_builder_is_paid_only_after_it_was_approved(box):
    _, ask = box.best()
    action = {
        "type": "order",
        "orders": [order(BTC, True, ask, "0.0002", tif="Ioc")],
        "grouping": "na",
        "builder": {"b": BUILDER, "f": 0},
    }
    refused = box.send(action)["response"]["data"]["statuses"][0]["error"]
    assert refused == "Builder fee has not been approved."
    approve = {"type": "approveBuilderFee", "builder": BUILDER, "maxFeeRate": "0.01%"}
    assert box.send_user(approve) == DONE
    assert box.info("maxBuilderFee", user=TEST_ADDRESS, builder=BUILDER) == 10
    action["builder"]["f"] = 10
    action["orders"] = [order(BTC, True, box.best()[1], "0.0002", tif="Ioc")]
    assert "filled" in box.send(action)["response"]["data"]["statuses"][0]
    fill = box.info("userFills", user=TEST_ADDRESS)[0]
    assert Decimal(fill["builderFee"]) == pytest.approx(
        Decimal(fill["px"]) * Decimal(fill["sz"]) / 10_000, abs=Decimal("0.000001")
    )
    action["builder"]["f"] = 11
    assert "error" in box.send(action)["response"]["data"]["statuses"][0]


def test_a_sub_account_is_made_funded_and_traded_for(box):
    made = box.send({"type": "createSubAccount", "name": "two"})["response"]["data"]
    fund = {"type": "subAccountTransfer", "subAccountUser": made, "isDeposit": True, "usd": 10**9}
    assert box.send(fund) == DONE
    (status,) = box.place(order(BTC, True, "90000", "0.001"), vault=made)
    assert "resting" in status
    assert len(box.info("openOrders", user=made)) == 1
    assert box.open_orders() == []
    assert box.info("userRole", user=made) == {
        "role": "subAccount",
        "data": {"master": TEST_ADDRESS},
    }

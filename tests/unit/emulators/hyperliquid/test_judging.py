"""What the venue refuses, and in which words."""

from decimal import Decimal

import pytest

from tests.unit.emulators.hyperliquid.box import BTC, GOLD, HYNA_BTC, Box, order

NAME = "0x000000000000000000000000000000ab"


@pytest.fixture
def box():
    return Box()


def far(box, coin="BTC", share="0.95"):
    """A valid bid far below the market."""
    return (box.best(coin)[0] * Decimal(share)).quantize(Decimal(1))


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("terms", "text"),
    [
        ((BTC, True, "90000", "0"), "Order has zero size."),
        ((BTC, True, "90000", "-1"), "Order has invalid size."),
        ((BTC, True, "90000", "0.000001"), "Order has invalid size."),
        ((BTC, True, "90000", "1e5"), "Order has invalid size."),
        ((BTC, True, "90000", "9" * 30), "Order has invalid size."),
        ((BTC, True, "0", "1"), "Order has invalid price."),
        ((BTC, True, "NaN", "1"), "Order has invalid price."),
        ((BTC, True, "90000.5", "0.001"), "Price must be divisible by tick size."),
        ((BTC, True, "90000", "0.0001"), "Order must have minimum value of $10."),
        ((HYNA_BTC, True, "90000", "0.0001"), "Order must have minimum value of 10 USDE."),
        ((999, True, "90000", "1"), "Asset is not listed."),
        ((10_000, True, "1", "100"), "Spot is not traded here."),
        ((BTC, True, "90000", "30"), "Insufficient margin to place order."),
    ],
)
def test_a_wrong_order_is_refused_in_the_venues_words_with_its_asset(box, terms, text):
    assert box.one(*terms)["error"] == f"{text} asset={terms[0]}"


def test_a_reduce_only_order_that_would_not_reduce_is_refused(box):
    error = box.one(BTC, True, far(box), "0.001", reduce_only=True)["error"]
    assert error == "Reduce only order would increase position. asset=0"


def test_one_price_that_cannot_be_meant_is_one_error_for_the_whole_batch(box):
    good, bad = order(BTC, True, far(box), "0.001"), order(BTC, True, 1_000, "0.1")
    (status,) = box.place(good, bad)
    assert status["error"].startswith("Order price cannot be more than 80% away")
    assert box.open_orders() == []
    assert box.place()[0]["error"]


def test_at_the_cap_what_would_grow_open_interest_is_refused():
    box = Box(coins=("xyz:GOLD",), xyz__GOLD=500)
    _, ask = box.best("xyz:GOLD")
    over = box.one(GOLD, True, ask, "0.2", tif="Ioc")["error"]
    assert over.startswith("Order would increase open interest too quickly")
    assert "filled" in box.one(GOLD, True, ask, "0.12", tif="Ioc")
    box.account.holdings[GOLD].lots += 100
    assert box.info("perpsAtOpenInterestCap", dex="xyz") == ["xyz:GOLD"]
    capped = box.one(GOLD, True, ask, "0.1")["error"]
    assert capped.startswith("Order would increase open interest while open interest is capped")
    limits = box.info("perpDexLimits", dex="xyz")
    assert ["xyz:GOLD", "500.0"] in limits["coinToOiCap"]


def test_after_an_upgrade_only_post_only_orders_are_taken_for_a_while(box):
    box.venue.upgrade(post_only_ms=10_000)
    error = box.one(BTC, True, far(box), "0.001", tif="Gtc")["error"]
    assert error.startswith("Only post-only orders allowed immediately after a network upgrade")
    assert "resting" in box.one(BTC, True, far(box), "0.001")
    box.wait(11)
    assert "resting" in box.one(BTC, True, far(box), "0.001", tif="Gtc")

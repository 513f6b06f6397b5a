"""The options of the command."""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.opening import (
    TEST_ADDRESS,
    HyperliquidOptions,
    opened,
)
from market_maker.model.errors import InvalidFieldError
from tests.unit.emulators.hyperliquid.box import KEY, NOON

MINE, OTHER = "0x" + "Ab" * 20, "0x" + "cd" * 20


def test_the_usual_address_is_that_of_the_usual_key():
    assert KEY.address == TEST_ADDRESS


def test_accounts_agents_and_vaults_are_there_from_the_start():
    venue = opened(
        HyperliquidOptions(
            accounts=[f"{MINE}=250.5"],
            agents=[f"{OTHER}={MINE}"],
            vaults=[f"{TEST_ADDRESS}={MINE}"],
            coins=["BTC"],
        ),
        NOON,
    )
    accounts = venue.world.accounts
    assert accounts.find(MINE.lower()).cash[0] == Decimal("250.5")
    assert accounts.account_of(OTHER, venue.world.now).address == MINE.lower()
    assert accounts.find(TEST_ADDRESS).owner == MINE.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        {"accounts": ["0x12=5"]},
        {"accounts": [MINE]},
        {"accounts": [f"{MINE}=much"]},
        {"agents": [f"{OTHER}={OTHER}"]},
        {"vaults": [OTHER]},
        {"coins": ["NOPE"]},
        {"oi_caps": ["NOPE=5"]},
        {"frozen": ["NOPE"]},
        {"faults": ["nope=1"]},
        {"faults": ["reset=2"]},
        {"delay_ms": -1},
    ],
)
def test_an_option_that_makes_no_sense_is_named(wrong):
    with pytest.raises(InvalidFieldError):
        opened(HyperliquidOptions(**{"accounts": [f"{MINE}=1"], "coins": ["BTC"], **wrong}), NOON)

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


def test_every_other_option_reaches_the_venue():
    venue = opened(
        HyperliquidOptions(
            seed=7,
            accounts=[f"{MINE}=1"],
            coins=["BTC", "hyna:BTC"],
            oi_caps=["hyna:BTC=123"],
            schedule_volume=5,
            limits=False,
            mainnet=True,
            faults=["drop-answer=0.25"],
            frozen=["BTC"],
            delay_ms=20,
            fast_book_ms=0,
        ),
        NOON,
    )
    listed = venue.world.universe.listed
    assert {one.perp.name for one in listed if not one.perp.delisted} == {"BTC", "hyna:BTC"}
    assert venue.world.universe.coin("hyna:BTC").perp.cap_usd == 123
    assert (venue.weights.limit, venue.settings.mainnet) == (None, True)
    assert venue.settings.schedule_volume == 5
    assert (venue.settings.seed, venue.settings.fast_book_ms) == (7, 0)
    assert (venue.faults.drop_answer, venue.faults.delay_ms) == (0.25, 20)
    assert venue.faults.frozen == {"BTC"}


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

"""Orders name an account of the process, or a sub-account where others are allowed."""

import pytest

from market_maker.model.errors import NotFoundError
from market_maker.venues.hyperliquid.accounts import Signer, TradingAccount, TradingAccounts
from market_maker.venues.hyperliquid.keys import SigningKey
from tests.support.local_nonces import LocalNonces

KEY = SigningKey.from_text("01" * 32)
MAIN = TradingAccount(KEY.address, Signer(KEY, LocalNonces()))
SUB = "0x" + "ab" * 20


def test_a_name_is_found_and_another_is_not():
    accounts = TradingAccounts({"main": MAIN})
    assert accounts.of("main") is MAIN
    for unknown in ("sub", SUB):
        with pytest.raises(NotFoundError):
            accounts.of(unknown)


def test_another_address_is_a_sub_account_of_the_first_signer_and_stays_the_same():
    accounts = TradingAccounts({"main": MAIN}, others=True)
    found = accounts.of(SUB)
    assert (found.address, found.vault, found.signer) == (SUB, SUB, MAIN.signer)
    assert accounts.of(SUB) is found
    assert accounts.all() == ("main", SUB)
    assert accounts.of(KEY.address).vault is None
    with pytest.raises(NotFoundError):
        accounts.of("no address")

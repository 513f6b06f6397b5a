"""Whose key acts for whom."""

from decimal import Decimal

from market_maker.emulators.hyperliquid.accounts import AccountBook, Agent

NOW = 1_000


def book():
    accounts = AccountBook()
    master = accounts.open("0xmaster")
    master.cash[0] = Decimal(1)
    return accounts, master


def test_an_agent_acts_for_its_account_until_it_expires_or_is_replaced():
    accounts, master = book()
    accounts.appoint(master, Agent("0xagent", "bot", NOW + 5))
    assert accounts.account_of("0xagent", NOW) is master
    assert accounts.account_of("0xagent", NOW + 5) is None
    accounts.appoint(master, Agent("0xother", "bot", NOW + 50))
    assert accounts.account_of("0xagent", NOW) is None
    assert accounts.account_of("0xother", NOW) is master


def test_an_account_without_money_is_unknown_and_so_is_its_agent():
    accounts = AccountBook()
    empty = accounts.open("0xempty")
    accounts.appoint(empty, Agent("0xagent", "", NOW + 5))
    assert accounts.account_of("0xempty", NOW) is None
    assert accounts.account_of("0xagent", NOW) is None
    assert accounts.account_of("0xstranger", NOW) is None

"""Budgets by IP and by address."""

import pytest

from market_maker.emulators.hyperliquid.accounts import PerpAccount
from market_maker.emulators.hyperliquid.judging import NotTaken
from market_maker.emulators.hyperliquid.limits import (
    Quota,
    VenueLimits,
    Windows,
    answer_weight,
    info_weight,
)

NOW = 1_795_000_000_000


def test_weights_are_those_of_the_documentation():
    assert [info_weight(kind) for kind in ("l2Book", "userRole", "meta")] == [2, 60, 20]
    assert answer_weight("userFills", 2_000) == 100
    assert answer_weight("candleSnapshot", 119) == 1
    assert answer_weight("meta", 1_000) == 0


def test_a_minute_slides():
    windows = Windows(100)
    assert windows.spend("ip", NOW, 60)
    assert windows.spend("ip", NOW + 30_000, 40)
    assert not windows.spend("ip", NOW + 59_999, 1)
    assert windows.spend("other", NOW + 59_999, 100)
    assert windows.spend("ip", NOW + 60_000, 60)
    assert not windows.spend("ip", NOW + 60_000, 1)
    assert (windows.highest, windows.refused) == (100, 2)


def test_an_answer_that_costs_more_is_owed():
    windows = Windows(100)
    windows.spend("ip", NOW, 20)
    windows.owe("ip", NOW, 90)
    assert not windows.spend("ip", NOW + 1, 1)


def test_sources_that_are_remembered_are_bounded():
    windows = Windows(100)
    windows.SOURCES_MAX = 3
    for number in range(10):
        assert windows.spend(str(number), NOW + 60_000 * number, 1)
    assert len(windows._of) <= 3


def test_a_spent_quota_leaves_one_action_each_ten_seconds_and_more_cancels():
    quota, account = Quota(VenueLimits(free_actions=5)), PerpAccount("0xann")
    quota.charge(account, NOW, 5, cancels=False)
    quota.charge(account, NOW, 1, cancels=False)
    with pytest.raises(NotTaken, match=r"Too many cumulative requests sent \(7 > 5\)"):
        quota.charge(account, NOW + 9_999, 1, cancels=False)
    quota.charge(account, NOW + 9_999, 4, cancels=True)
    quota.charge(account, NOW + 10_000, 1, cancels=False)
    with pytest.raises(NotTaken):
        quota.charge(account, NOW + 10_000, 1, cancels=True)
    account.reserved = 100
    quota.charge(account, NOW + 10_000, 50, cancels=False)

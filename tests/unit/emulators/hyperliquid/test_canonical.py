"""Whatever way an action is written down, one thing is hashed."""

import pytest

from market_maker.emulators.hyperliquid.canonical import canonical, cloid, name
from market_maker.venues.hyperliquid.actions import decode_action, packed


def test_a_cloid_is_lower_case_with_all_its_digits():
    full = "0x" + "0" * 30 + "ab"
    assert cloid("0xAB") == cloid("ab") == full
    assert (cloid("nonsense"), name(7), name("AB")) == ("nonsense", 7, full)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ('"p":"100.0","s":"1.50"', '"p":"100","s":"1.5"'),
        ('"p":"100","s":"1.5","c":null', '"p":"100","s":"1.5"'),
        ('"p":"100","s":"1.5","c":"AB"', '"p":"100","s":"1.5","c":"0x' + "0" * 30 + 'ab"'),
    ],
)
def test_numbers_lose_zeros_and_nulls_are_nothing(written, meant):
    def order(terms):
        text = (
            '{"type":"order","orders":[{"a":0,"b":true,%s,"r":false,"t":{"limit":{"tif":"Alo"}}}],'
            '"grouping":"na"}'
        )
        return decode_action(text % terms)

    assert packed(canonical(order(written))) == packed(canonical(order(meant)))


def test_a_false_flag_is_none():
    cancels = '{"type":"cancel","cancels":[{"a":0,"o":1}]%s}'
    assert packed(canonical(decode_action(cancels % ',"f":false'))) == packed(
        canonical(decode_action(cancels % ""))
    )

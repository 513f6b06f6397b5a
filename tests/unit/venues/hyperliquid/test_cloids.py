"""The venue's names of our orders."""

from market_maker.venues.hyperliquid.cloids import CLOID_LENGTH, cloid_of, is_ours


def test_a_cloid_is_the_same_for_the_same_name_and_16_bytes_in_lower_case():
    name = "mm-abcd1234-hyna:BTC-0-BUY-1790000000000000000"
    cloid = cloid_of(name)
    assert cloid == cloid_of(name) == cloid.lower()
    assert len(cloid) == CLOID_LENGTH
    assert len(bytes.fromhex(cloid[2:])) == 16


def test_names_that_differ_have_cloids_that_differ():
    cloids = {cloid_of(f"mm-ann-BTC-{level}-BUY-{at}") for level in range(10) for at in range(500)}
    assert len(cloids) == 5_000


def test_our_orders_are_known_by_their_cloids():
    assert is_ours(cloid_of("anything"))
    assert is_ours(cloid_of("anything").upper().replace("0X", "0x"))
    assert not is_ours(None)
    assert not is_ours("0x" + "0" * 32)
    assert not is_ours(cloid_of("anything")[:-1])

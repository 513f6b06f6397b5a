"""An order is found by whichever of its names is given."""

from market_maker.venues.hyperliquid import name_book
from market_maker.venues.hyperliquid.cloids import cloid_of
from market_maker.venues.hyperliquid.name_book import NameBook


def test_an_order_is_found_by_its_cloid_and_from_then_on_by_the_venues_number():
    names = NameBook()
    cloid = names.sent(1, "mm-one")
    assert cloid == names.cloid(1) == cloid_of("mm-one")
    assert names.find(None, 77) is None
    assert names.find(cloid.upper().replace("0X", "0x"), 77) == 1
    assert names.find(None, 77) == 1


def test_an_order_is_found_by_a_number_of_the_answer():
    names = NameBook()
    names.sent(1, "mm-one")
    names.numbered(1, 77)
    assert names.find(None, 77) == 1
    assert names.find("0x" + "0" * 32, 78) is None


def test_a_name_is_reported_where_it_is_known_and_its_cloid_where_not():
    names = NameBook()
    former = names.remember("mm-former")
    assert names.text(former) == "mm-former"
    assert names.text("0xabc") == "0xabc"
    assert names.text(None) == ""
    assert names.find(former, 5) is None


def test_old_names_are_forgotten(monkeypatch):
    monkeypatch.setattr(name_book, "NAMES_KEPT", 3)
    names = NameBook()
    cloids = [names.sent(number, f"mm-{number}") for number in range(5)]
    assert [names.find(cloid, 0) for cloid in cloids] == [None, None, 2, 3, 4]

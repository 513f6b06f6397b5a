"""What is displayed at a price is what is left of the orders that are known."""

from market_maker.research.known_orders import KnownOrders

LEVEL, OTHER = (1, 100), (1, 99)


def test_a_cut_takes_what_is_there_and_says_what_is_displayed_after_it():
    known = KnownOrders()
    assert known.add(1, LEVEL, 5).displayed == 5
    assert known.add(2, LEVEL, 3).displayed == 8
    assert known.add(3, OTHER, 9).displayed == 9
    taken = known.cut(1, 2, traded=True)
    assert (taken.traded, taken.cancelled, taken.displayed) == (2, 0, 6)
    rest = known.cut(1, 99, traded=False)
    assert (rest.traded, rest.cancelled, rest.displayed) == (0, 3, 3)


def test_orders_that_are_not_known_change_nothing():
    known = KnownOrders()
    known.add(1, LEVEL, 5)
    assert known.cut(2, 1, traded=True) is None
    assert known.cut(1, 0, traded=True) is None
    assert known.orders == {1: (LEVEL, 5)}

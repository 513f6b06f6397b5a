from market_maker.model.events import MarkPrice
from market_maker.research.wakings import FactReader


def test_a_fact_is_read_once_and_not_before_it_was_received():
    first, second = MarkPrice(1, 10, 100), MarkPrice(2, 20, 101)
    reader = FactReader((first, second))
    assert reader.until(9) == []
    assert reader.until(10) == [first]
    assert reader.until(30) == [second]
    assert reader.until(40) == []

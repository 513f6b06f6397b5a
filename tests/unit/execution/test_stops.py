"""Stops: a start sees every one that overlaps with it."""

from market_maker.execution.stops import EVERYTHING, Stops


def test_a_stop_of_everything_counts_for_every_symbol() -> None:
    stops = Stops()
    before = stops.count("A"), stops.count("B")
    stops.add(EVERYTHING)
    stops.add("A")
    assert (stops.count("A"), stops.count("B")) == (before[0] + 2, before[1] + 1)


def test_a_stop_is_under_way_until_the_last_of_several_is_done() -> None:
    stops = Stops()
    with stops.carried_out("A"):
        with stops.carried_out("A"):
            assert stops.under_way("A")
        assert stops.under_way("A")
        assert not stops.under_way("B")
    assert not stops.under_way("A")
    with stops.carried_out(EVERYTHING):
        assert stops.under_way("B")
    assert stops.count("A") == 3

"""Stops: a start sees every one that overlaps with it."""

from market_maker.execution.stops import EVERYTHING, SYMBOLS_MAX, Stops


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


def test_stops_of_names_that_are_no_pools_have_an_end_and_every_start_sees_them_all() -> None:
    stops, before = Stops(), {"A": 0, "B": 0}
    for number in range(3 * SYMBOLS_MAX):
        stops.add(f"none-{number}")
        stops.add("A" if number % 2 else "B")
        assert stops.count("A") + stops.count("B") > sum(before.values())
        before = {symbol: stops.count(symbol) for symbol in before}
    assert len(stops._ever) <= SYMBOLS_MAX + 1

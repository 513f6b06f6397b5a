import pytest

from market_maker.clocks import SimClock, WallClock
from market_maker.model.units import Nanos


def test_simulated_time_moves_only_when_it_is_moved():
    clock = SimClock(Nanos(5))
    assert clock.now() == clock.now() == 5
    clock.advance_to(Nanos(7))
    clock.sleep(Nanos(3))
    assert clock.now() == 10


def test_simulated_time_never_goes_back():
    clock = SimClock(Nanos(5))
    with pytest.raises(AssertionError):
        clock.advance_to(Nanos(4))


def test_wall_time_never_goes_back():
    clock = WallClock()
    readings = [clock.now() for _ in range(1000)]
    assert readings == sorted(readings)


def test_wall_clock_does_not_wait_for_the_past():
    clock = WallClock()
    clock.sleep(Nanos(-1))
    clock.sleep(Nanos(0))

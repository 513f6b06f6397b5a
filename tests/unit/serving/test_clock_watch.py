"""A computer's clock that is set while the service runs."""

import pytest

from market_maker.clocks import SLEW, TimeOfDay, WallClock
from market_maker.model.units import NANOS_PER_HOUR, NANOS_PER_SECOND
from market_maker.serving.clock_watch import ClockWatch

DAY = 24 * NANOS_PER_HOUR
START = 1_775_001_600 * NANOS_PER_SECOND


class Computer:
    """An operating system whose clock can be set."""

    def __init__(self):
        self.elapsed, self.moved = 5, 0
        self.said: list[tuple[str, dict]] = []
        self.clock = WallClock(self.wall, lambda: self.elapsed)
        self.watch = ClockWatch(self.clock, self)

    def wall(self):
        return START + self.elapsed + self.moved

    def error(self, event, **fields):
        self.said.append((event, fields))

    def passes(self, seconds):
        self.elapsed += round(seconds * NANOS_PER_SECOND)


@pytest.fixture
def computer():
    return Computer()


def test_a_steady_clock_is_not_spoken_of(computer):
    for _ in range(3):
        computer.passes(1)
        computer.watch.check()
    assert (computer.said, computer.watch.problem, computer.watch.steps) == ([], "", 0)


@pytest.mark.parametrize("moved", [NANOS_PER_HOUR, DAY])
def test_a_clock_that_is_set_forward_or_a_machine_that_slept_is_followed_at_once(computer, moved):
    before = computer.clock.now()
    computer.moved = moved
    computer.passes(1)
    assert computer.watch.check() == moved
    assert computer.clock.now() == computer.wall() > before
    assert computer.said == [("clock moved", {"by_s": moved / 1e9, "drift_s": moved / 1e9})]
    assert f"+{moved // NANOS_PER_SECOND} s" in computer.watch.problem
    computer.passes(60)
    computer.watch.check()
    assert (computer.watch.problem, computer.watch.steps) == ("", 1)


def test_after_a_clock_is_set_back_times_go_on_and_are_drawn_back_slowly(computer):
    before = computer.clock.now()
    computer.moved = -NANOS_PER_HOUR
    assert computer.watch.check() == 0
    assert computer.clock.now() >= before
    readings = []
    for _ in range(3_600 * SLEW // 60):
        assert "ahead of it" in computer.watch.problem
        computer.passes(60)
        computer.watch.check()
        readings.append(computer.clock.now())
    assert readings == sorted(set(readings))
    assert computer.clock.now() == computer.wall()
    assert computer.watch.steps == 1


def test_a_second_step_while_the_first_is_drawn_back_is_noticed(computer):
    computer.moved = -NANOS_PER_HOUR
    computer.watch.check()
    computer.passes(10)
    computer.moved = 0
    computer.watch.check()
    assert computer.watch.steps == 2
    assert computer.clock.drift() == pytest.approx(0, abs=2 * NANOS_PER_SECOND)


def test_the_time_of_day_is_what_the_computer_says(computer):
    day = TimeOfDay(computer.wall)
    computer.moved = -DAY
    assert day.now() == computer.wall()


@pytest.mark.parametrize("moved", [DAY, -DAY, NANOS_PER_HOUR])
def test_after_a_large_step_the_date_is_in_doubt_for_an_hour_or_until_it_is_caught_up(
    computer, moved
):
    assert computer.watch.doubt == ""
    computer.moved = moved
    computer.watch.check()
    assert "clock was" in computer.watch.doubt
    for _ in range(61):
        computer.passes(60)
        computer.watch.check()
    assert bool(computer.watch.doubt) == (moved < 0)


def test_a_step_of_seconds_leaves_the_date_as_it_is(computer):
    computer.moved = 30 * NANOS_PER_SECOND
    computer.watch.check()
    assert computer.watch.problem
    assert computer.watch.doubt == ""

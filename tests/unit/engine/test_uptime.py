import pytest

from market_maker.engine.uptime import Uptime
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.model.units import NANOS_PER_HOUR
from tests.unit.engine.desk import Desk

HOUR = NANOS_PER_HOUR
DAY = 24 * HOUR
MIDNIGHT = 20_000 * DAY
BOTH, ONE, NONE = (1, 1), (1, 0), (0, 0)


def noted(*moments):
    uptime = Uptime()
    for hours, active, working in moments:
        uptime.note(MIDNIGHT + int(hours * HOUR), active, working)
    return uptime


def pct(uptime, hours):
    return uptime.pct(MIDNIGHT + int(hours * HOUR))


def test_before_it_was_active_there_is_no_share():
    assert Uptime().pct(MIDNIGHT) is None
    assert pct(noted((1, False, BOTH)), 5) is None
    assert pct(noted((1, True, BOTH)), 1) is None


@pytest.mark.parametrize("lonely", [(1, 0), (0, 1), (0, 0)])
def test_only_both_sides_count(lonely):
    uptime = noted((1, True, BOTH), (4, True, lonely))
    assert [pct(uptime, hours) for hours in (4, 5, 7)] == [100.0, 75.0, 50.0]


def test_time_that_it_is_not_active_counts_neither_way():
    stopped = [(1, True, BOTH), (2, False, NONE)]
    assert pct(noted(*stopped), 7) == 100.0
    assert pct(noted(*stopped, (8, True, ONE)), 9) == 50.0


def test_saying_the_same_again_changes_nothing():
    moments = [(1 + i / 10, True, (i + 1, 1)) for i in range(20)]
    assert pct(noted(*moments, (4, True, NONE)), 5) == pct(noted(moments[0], (4, True, NONE)), 5)


def test_at_midnight_utc_it_starts_afresh():
    uptime = noted((1, True, NONE), (23, True, BOTH))
    assert pct(uptime, 23.999) < 10
    assert pct(uptime, 24) is None
    assert pct(uptime, 25) == 100.0


def test_what_was_before_midnight_is_gone_also_after_a_change():
    uptime = noted((1, True, NONE), (23, True, BOTH), (25, True, NONE))
    assert pct(uptime, 26) == 50.0


def test_days_without_a_word_leave_only_today():
    uptime = noted((1, True, BOTH))
    assert pct(uptime, 24 * 5 + 2) == 100.0
    uptime.note(MIDNIGHT + 5 * DAY + 2 * HOUR, True, NONE)
    assert pct(uptime, 24 * 5 + 4) == 50.0
    assert pct(uptime, 24 * 9) is None


def test_a_desk_that_quotes_both_sides_is_up_and_a_pause_does_not_count():
    desk = Desk().started()
    for _ in range(10):
        desk.step(ms=1000)
    up = desk.snapshot.uptime_pct
    assert up > 95
    desk.step(desk.operate(Command.PAUSE))
    paused = desk.snapshot.uptime_pct
    for _ in range(20):
        desk.step(ms=1000)
    assert desk.snapshot.uptime_pct == paused


def test_a_desk_with_one_side_filled_and_not_replaced_falls_behind():
    desk = Desk(quote_interval_ms=600_000).started()
    desk.step(desk.fill(desk.order(Side.BUY)))
    before = desk.snapshot.uptime_pct
    for _ in range(10):
        desk.step(ms=1000)
    assert desk.snapshot.uptime_pct < before

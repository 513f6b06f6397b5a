from hypothesis import given
from hypothesis import strategies as st

from market_maker.api.pace import NAMES_MAX, RATES, Limiter, Pace, Rate
from market_maker.model.units import NANOS_PER_SECOND

SLOW = {pace: Rate(per_second=2, burst=3) for pace in Pace}
NOW = 1_000 * NANOS_PER_SECOND


def test_a_burst_goes_through_and_the_next_waits():
    limiter = Limiter(SLOW)
    assert [limiter.wait("t", Pace.READ, NOW) for _ in range(3)] == [0, 0, 0]
    assert limiter.wait("t", Pace.READ, NOW) == NANOS_PER_SECOND // 2


def test_a_caller_that_waits_as_asked_goes_through():
    limiter = Limiter(SLOW)
    for _ in range(3):
        limiter.wait("t", Pace.READ, NOW)
    wait = limiter.wait("t", Pace.READ, NOW)
    assert limiter.wait("t", Pace.READ, NOW + wait - 1) > 0
    assert limiter.wait("t", Pace.READ, NOW + wait) == 0


def test_being_refused_costs_nothing():
    limiter = Limiter(SLOW)
    for _ in range(100):
        limiter.wait("t", Pace.READ, NOW)
    assert limiter.wait("t", Pace.READ, NOW + NANOS_PER_SECOND // 2) == 0


def test_reading_and_changing_never_starve_a_stop():
    limiter = Limiter(SLOW)
    for pace in (Pace.READ, Pace.WRITE, Pace.FAILURE):
        for _ in range(1_000):
            limiter.wait("t", pace, NOW)
    assert limiter.wait("t", Pace.STOP, NOW) == 0


def test_one_token_never_starves_another():
    limiter = Limiter(SLOW)
    for _ in range(1_000):
        limiter.wait("t", Pace.READ, NOW)
    assert limiter.wait("u", Pace.READ, NOW) == 0


def test_names_are_forgotten_so_that_memory_stays_bounded():
    limiter = Limiter(SLOW)
    for number in range(NAMES_MAX + 100):
        limiter.wait(str(number), Pace.READ, NOW)
    assert len(limiter._full_at) == NAMES_MAX


@given(st.lists(st.integers(0, NANOS_PER_SECOND), min_size=1, max_size=60))
def test_never_more_than_the_rate_and_one_burst_in_any_time(gaps):
    limiter, now, passed = Limiter(SLOW), NOW, []
    for gap in gaps:
        now += gap
        if limiter.wait("t", Pace.WRITE, now) == 0:
            passed.append(now)
    for first, begin in enumerate(passed):
        for count, end in enumerate(passed[first:], 1):
            assert count <= 3 + 2 * (end - begin) / NANOS_PER_SECOND + 1e-9


def test_stopping_is_allowed_as_often_as_reading():
    assert RATES[Pace.STOP].burst >= RATES[Pace.READ].burst

from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.rolling import SLICES, RollingSums

SECONDS = 6
SLICE_NS = SECONDS * 10**9 // SLICES
steps = st.integers(0, 3 * SLICE_NS) | st.integers(0, 20 * 10**9)
events = st.lists(st.tuples(steps, st.integers(0, 1), st.integers(-(10**12), 10**12)), max_size=60)


@given(st.integers(1, 2 * 10**18), events)
def test_the_sums_are_those_of_the_current_slice_and_the_ones_before_it(start, drawn):
    sums, told, now = RollingSums(SECONDS, 2), [], start
    for step, column, amount in drawn:
        now += step
        sums.add(now, column, amount)
        told.append((now, column, amount))
        oldest = now // SLICE_NS - SLICES + 1
        expected = [
            sum(a for ts, c, a in told if c == each and ts // SLICE_NS >= oldest) for each in (0, 1)
        ]
        assert sums.totals == expected


@given(st.integers(1, 2 * 10**18), st.integers(0, 100 * 10**9))
def test_the_time_covered_grows_up_to_the_window(start, later):
    sums = RollingSums(SECONDS, 1)
    assert sums.seconds(start) == 0.0
    sums.roll(start)
    sums.roll(start + later)
    covered = sums.seconds(start + later)
    assert covered <= min(later / 1e9, SECONDS) + 1e-9
    assert covered >= min(later / 1e9, SECONDS - SLICE_NS / 1e9) - 1e-9


def test_a_moment_that_goes_back_counts_as_the_current_slice():
    sums = RollingSums(SECONDS, 1)
    sums.add(10**18, 0, 5)
    sums.add(10**18 - 10**12, 0, 2)
    assert sums.totals == [7]


def test_a_long_silence_empties_it():
    sums = RollingSums(SECONDS, 1)
    sums.add(10**18, 0, 5)
    sums.roll(10**18 + 10**15)
    assert sums.totals == [0]

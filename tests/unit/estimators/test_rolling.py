from hypothesis import given
from hypothesis import strategies as st

from market_maker.estimators.rolling import SLICES, RollingSums, add_to_sums

SECONDS = 6
SLICE_NS = SECONDS * 10**9 // SLICES
steps = st.integers(0, 3 * SLICE_NS) | st.integers(0, 20 * 10**9)
events = st.lists(st.tuples(steps, st.integers(0, 1), st.integers(-(10**12), 10**12)), max_size=60)


@given(st.integers(1, 2 * 10**18), events)
def test_the_sums_are_those_of_the_current_slice_and_the_ones_before_it(start, drawn):
    sums, told, now = RollingSums(SECONDS, 2), [], start
    for step, column, amount in drawn:
        now += step
        if amount % 2:
            sums.add(now, column, amount)
        else:
            for held in sums.current(now):
                held[column] += amount
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


@given(
    before=st.sampled_from([60, 300]),
    after=st.sampled_from([60, 300, 900]),
    told=st.lists(st.tuples(st.integers(0, 400), st.integers(1, 9)), min_size=1, max_size=30),
)
def test_another_window_keeps_what_it_reaches(before, after, told):
    start = 10**18
    moments = sorted((start + second * 10**9, amount) for second, amount in told)
    sums = RollingSums(before, 1)
    for ts, amount in moments:
        sums.add(ts, 0, amount)
    changed = sums.resized(after)
    now = moments[-1][0]
    slack = (before + after) // SLICES + 1
    sure = min(before, after) - slack
    least = sum(amount for ts, amount in moments if now - ts < sure * 10**9)
    assert least <= changed.totals[0] <= sums.totals[0]
    changed.roll(now + (after + slack) * 10**9)
    assert changed.totals == [0]


@given(st.integers(1, 2 * 10**18), events)
def test_slices_that_something_else_has_filled_are_gone_on_with(start, drawn):
    sums, other = RollingSums(SECONDS, 2), RollingSums(SECONDS, 2)
    ring, totals, now = [[0, 0] for _ in range(SLICES)], [0, 0], start
    for step, column, amount in drawn:
        now += step
        sums.add(now, column, amount)
        add_to_sums(other, (ring, totals), now, column, amount)
    other.take_up(ring, totals)
    for each in (sums, other):
        each.roll(now + SECONDS * 10**9 // 2)
    assert other.totals == sums.totals

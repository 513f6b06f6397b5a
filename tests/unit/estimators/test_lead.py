"""The distance from a leading market, beside what it usually is."""

import pytest

from market_maker.estimators.lead import (
    GAP_DEVIATIONS,
    READY_SAMPLES,
    SAMPLE_EVERY,
    STALE_NS,
    LeadDistance,
)

NOW = 10**18
OURS = 200_000_000
BP = OURS // 10_000


def watched(premium=1.0, samples=READY_SAMPLES, wobble=BP):
    """A leader that stands at `premium` times our price, and a little to either side in turn."""
    gap, now = LeadDistance(), NOW
    for number in range(samples):
        now = NOW + number * SAMPLE_EVERY
        gap.lead(now, round(OURS * premium) + (wobble if number % 2 else -wobble))
        gap.update(now, OURS)
    return gap, now + SAMPLE_EVERY


def test_nothing_is_said_before_the_usual_distance_is_known():
    gap, now = watched(samples=READY_SAMPLES - 1)
    gap.lead(now, OURS + 5 * BP)
    assert (gap.ready, gap.update(now, OURS)) == (False, 0.0)
    assert LeadDistance().value is None


@pytest.mark.parametrize("premium", [1.0, 0.003, 97.0])
def test_a_leader_in_any_unit_stands_above_by_what_it_moved(premium):
    gap, now = watched(premium, wobble=0)
    level = round(OURS * premium)
    for number in range(5):  # it moves by 2 bps, and its deviation grows with what is seen
        gap.lead(now + number * SAMPLE_EVERY, round(level * 1.0002))
        said = gap.update(now + number * SAMPLE_EVERY, OURS)
    assert said == pytest.approx(2.0, rel=0.2, abs=0.4)


def test_our_own_move_closes_the_distance():
    gap, now = watched(wobble=2 * BP)
    gap.lead(now, OURS + BP)
    assert gap.update(now, OURS) == pytest.approx(1.0, abs=0.1)
    assert gap.update(now, OURS + BP) == pytest.approx(0.0, abs=0.1)


def test_one_odd_print_counts_as_a_few_deviations():
    gap, now = watched(wobble=BP)  # a deviation of one basis point
    gap.lead(now, OURS * 2)
    assert gap.update(now, OURS) == pytest.approx(GAP_DEVIATIONS, rel=0.05)


def test_a_silent_leader_and_one_without_a_book_lead_nothing():
    gap, now = watched()
    gap.lead(now, OURS + 5 * BP)
    assert gap.update(now + STALE_NS, OURS) > 0.0
    assert gap.update(now + STALE_NS + 1, OURS) == 0.0
    gap.lead(now + STALE_NS + 2, 0)
    assert gap.update(now + STALE_NS + 2, OURS) == 0.0

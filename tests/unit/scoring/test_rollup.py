from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.exact import rounded
from market_maker.scoring.q_score import SHOWN, Quoting, score
from market_maker.scoring.rollup import period
from tests.unit.scoring.facts import TARGETS, day, hour


def test_a_day_is_its_hours_weighted_by_their_snapshots():
    one = day(0, hour(0, 360, 300, "4", "800"), hour(1, 360, 100, "8", "2000"))
    assert (one.eligible, one.valid) == (720, 400)
    assert (one.avg_spread_bps, one.avg_depth_usdt) == (Decimal(5), Decimal(1100))
    assert one.uptime == Decimal("0.55555556")
    assert (one.volume_usdt, one.trades) == (50_000, 10)


HOURS = st.lists(
    st.tuples(
        st.integers(0, 360),
        st.integers(0, 360),
        st.decimals(0, 100, places=8),
        st.decimals(0, 10**6, places=8),
    ),
    max_size=24,
)


@pytest.mark.thorough
@given(HOURS, st.decimals(0, 10**6, places=4), st.randoms(use_true_random=False))
def test_a_day_can_be_scored_again_from_its_row_alone(hours, volume, random):
    rows = [
        hour(number, eligible, min(valid, eligible), spread, depth)
        for number, (eligible, valid, spread, depth) in enumerate(hours)
    ]
    one = day(0, *rows, volume=volume)
    again = score(
        Quoting(
            eligible=one.eligible,
            valid=one.valid,
            avg_spread_bps=one.avg_spread_bps,
            avg_depth_usdt=one.avg_depth_usdt,
            volume_usdt=one.volume_usdt,
        ),
        TARGETS,
    )
    shown = (one.uptime, one.spread_part, one.depth_part, one.volume_part, one.q_score)
    assert shown == (
        *(again.uptime, again.spread_part, again.depth_part, again.volume_part),
        again.q_score,
    )
    random.shuffle(rows)
    assert day(0, *rows, volume=volume) == one


def test_a_day_without_snapshots_has_no_score_but_its_trades():
    one = day(0, volume="12500")
    assert one.q_score is one.uptime is one.avg_spread_bps is None
    assert (one.volume_part, one.trades) == (Decimal("0.5"), 10)
    assert one.spread_max_bps == TARGETS.spread_max_bps


def test_the_terms_of_a_day_are_those_of_its_last_hour_with_a_snapshot():
    later = structs.replace(TARGETS, depth_target_usdt=Decimal(2000))
    never = structs.replace(TARGETS, depth_target_usdt=Decimal(9999))
    one = day(0, hour(5, targets=later), hour(1), hour(7, 0, 0, targets=never))
    assert one.depth_target_usdt == 2000
    assert one.depth_part == rounded(Decimal("0.5").sqrt(), SHOWN)


def test_equal_days_make_a_period_of_the_same_score():
    days = [day(number, hour(0, valid=350, depth="700")) for number in range(30)]
    whole = period(days)
    assert whole.score.q_score == days[0].q_score
    assert (whole.days, whole.quoting.eligible, whole.trades) == (30, 10_800, 300)
    assert whole.targets.volume_target_usdt == 30 * TARGETS.volume_target_usdt
    assert whole.targets.spread_max_bps == TARGETS.spread_max_bps


def test_days_count_by_their_snapshots():
    short, long = day(0, hour(0, 10, 10, "10")), day(1, hour(0, 990, 990, "20"))
    assert period([short, long]).quoting.avg_spread_bps == Decimal("19.9")
    missed = day(2, hour(0, 1000, 0))
    assert period([short, long, missed]).score.uptime == Decimal("0.5")


def test_a_day_without_a_snapshot_asks_for_no_volume():
    quiet = day(0, hour(0), volume="25000")
    assert period([quiet, day(1, volume="0")]).score.volume_part == quiet.volume_part
    assert period([quiet, day(1, volume="0")]).days == 2


def test_a_period_without_a_snapshot_has_no_score():
    for days in ([], [day(0), day(1)]):
        assert period(days).score is period(days).targets is None


@given(st.lists(st.tuples(st.integers(1, 360), st.decimals(0, 100, places=4)), min_size=1))
def test_a_period_of_one_day_is_that_day(hours):
    rows = [hour(n, eligible, eligible, spread) for n, (eligible, spread) in enumerate(hours)]
    one = day(0, *rows)
    assert period([one]).score.q_score == one.q_score

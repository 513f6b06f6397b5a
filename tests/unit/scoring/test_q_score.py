from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from market_maker.model.errors import InvalidFieldError
from market_maker.model.pool import Member, PoolConfig
from market_maker.scoring.q_score import Quoting, Targets, composite, score, targets_of
from tests.unit.scoring.facts import TARGETS


def amounts(high, places=4):
    return st.decimals(min_value=0, max_value=high, places=places)


TARGET_SETS = st.builds(
    lambda low, width, depth, volume: Targets(
        spread_min_bps=low,
        spread_max_bps=low + width,
        depth_target_usdt=depth,
        volume_target_usdt=volume,
    ),
    *(amounts(100), amounts(200), amounts(10**6), amounts(10**8)),
)
QUOTINGS = st.builds(
    lambda eligible, missed, spread, depth, volume: Quoting(
        eligible=eligible,
        valid=max(eligible - missed, 0),
        avg_spread_bps=spread if eligible > missed else None,
        avg_depth_usdt=depth if eligible > missed else None,
        volume_usdt=volume,
    ),
    *(st.integers(1, 8640), st.integers(0, 3000)),
    *(amounts(400), amounts(2 * 10**6), amounts(2 * 10**8)),
)
MORE = amounts(10**5)


@given(QUOTINGS, TARGET_SETS)
def test_a_score_lies_within_0_and_100_and_so_do_its_parts(quoting, targets):
    result = score(quoting, targets)
    assert 0 <= result.q_score <= 100
    for part in (result.uptime, result.spread_part, result.depth_part, result.volume_part):
        assert part is None or 0 <= part <= 1
    assert (result.q_score == 0) or quoting.valid


@pytest.mark.thorough
@given(QUOTINGS.filter(lambda quoting: quoting.valid), TARGET_SETS, MORE)
def test_better_quoting_never_scores_less(quoting, targets, more):
    before = score(quoting, targets).exact
    better = [
        structs.replace(quoting, valid=quoting.eligible),
        structs.replace(quoting, avg_spread_bps=max(Decimal(0), quoting.avg_spread_bps - more)),
        structs.replace(quoting, avg_depth_usdt=quoting.avg_depth_usdt + more),
        structs.replace(quoting, volume_usdt=quoting.volume_usdt + more),
    ]
    for each in better:
        assert score(each, targets).exact >= before


@given(QUOTINGS, TARGET_SETS)
def test_100_is_for_those_who_reach_every_target_all_the_time(quoting, targets):
    reached = (
        quoting.valid == quoting.eligible
        and quoting.avg_spread_bps <= targets.spread_min_bps
        and quoting.avg_depth_usdt >= targets.depth_target_usdt
        and quoting.volume_usdt >= targets.volume_target_usdt
    )
    assert (score(quoting, targets).exact == 100) == reached


@pytest.mark.thorough
@given(QUOTINGS.filter(lambda quoting: quoting.valid), TARGET_SETS, st.integers(1, 1000))
def test_a_score_does_not_depend_on_the_size_of_the_money(quoting, targets, factor):
    bigger = structs.replace(
        quoting,
        avg_depth_usdt=quoting.avg_depth_usdt * factor,
        volume_usdt=quoting.volume_usdt * factor,
    )
    raised = structs.replace(
        targets,
        depth_target_usdt=targets.depth_target_usdt * factor,
        volume_target_usdt=targets.volume_target_usdt * factor,
    )
    assert score(bigger, raised).q_score == score(quoting, targets).q_score


@given(QUOTINGS, TARGET_SETS)
def test_the_score_can_be_computed_again_from_what_is_shown(quoting, targets):
    result = score(quoting, targets)
    parts = (result.uptime, result.spread_part, result.depth_part, result.volume_part)
    if None in parts:
        assert result.q_score == 0
        return
    again = composite(*parts)
    assert abs(again - result.exact) < Decimal("0.00001")
    assert abs(again - result.q_score) <= Decimal("0.00501")


def test_nothing_eligible_is_undefined_and_nothing_valid_is_zero():
    nothing = Quoting(
        eligible=0, valid=0, avg_spread_bps=None, avg_depth_usdt=None, volume_usdt=Decimal(7)
    )
    undefined = score(nothing, TARGETS)
    assert undefined.q_score is undefined.uptime is undefined.exact is None
    zero = score(structs.replace(nothing, eligible=10), TARGETS)
    assert (zero.q_score, zero.uptime, zero.spread_part) == (0, 0, None)


def test_uptime_is_the_main_lever():
    full = Quoting(
        eligible=1000,
        valid=1000,
        avg_spread_bps=Decimal(3),
        avg_depth_usdt=Decimal(1000),
        volume_usdt=Decimal(50_000),
    )
    scores = [score(structs.replace(full, valid=v), TARGETS).q_score for v in (1000, 990, 900)]
    assert scores == [Decimal(100), Decimal("97.03"), Decimal("72.90")]


def test_a_quiet_day_costs_20_points_and_not_everything():
    quiet = Quoting(
        eligible=10,
        valid=10,
        avg_spread_bps=Decimal(3),
        avg_depth_usdt=Decimal(1000),
        volume_usdt=Decimal(0),
    )
    assert score(quiet, TARGETS).q_score == 80


def test_a_floor_that_is_the_ceiling_is_met_or_not():
    one_spread = structs.replace(TARGETS, spread_max_bps=Decimal(3))
    at = Quoting(
        eligible=1,
        valid=1,
        avg_spread_bps=Decimal(3),
        avg_depth_usdt=Decimal(0),
        volume_usdt=Decimal(0),
    )
    assert score(at, one_spread).spread_part == 1
    wider = structs.replace(at, avg_spread_bps=Decimal("3.0001"))
    assert score(wider, one_spread).spread_part == 0


def test_targets_are_a_members_share_of_the_pools_order_and_limit():
    config = PoolConfig(symbol="X", order_size_usdt=Decimal(1000))
    member = Member("acme", Decimal("33.3"), Decimal(100), Decimal(100))
    targets = targets_of(config, member)
    assert (targets.spread_min_bps, targets.spread_max_bps) == (5, 50)
    assert targets.depth_target_usdt == Decimal(333)
    assert targets.volume_target_usdt == Decimal(16_650)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("spread_min_bps", Decimal(81)),
        ("spread_max_bps", Decimal("NaN")),
        ("depth_target_usdt", Decimal(-1)),
        ("volume_target_usdt", Decimal("Infinity")),
    ],
)
def test_targets_that_make_no_sense_are_refused(field, value):
    with pytest.raises(InvalidFieldError) as caught:
        structs.replace(TARGETS, **{field: value})
    assert caught.value.field == field

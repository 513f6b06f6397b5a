import msgspec
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.research.sweep_plan import (
    BASE,
    CELL_SECONDS,
    CELLS_IN_ALL,
    RUNS_FREE,
    RUNS_MAX,
    SweepMethod,
    check_points,
    check_size,
    planned_configurations,
    planned_points,
    sweep_recording,
)
from market_maker.research.sweep_space import dimensions
from tests.support.sweeps import made_plan
from tests.toy_market import toy_config, toy_recording
from tests.unit.research.test_funding import funded as paid_funding


def test_the_configuration_as_given_is_number_nought_and_every_point_is_another():
    plan = made_plan(["gamma=1,2", "kappa=3,4"])
    assert [plan.label(number) for number in range(plan.configurations)] == [
        BASE,
        "gamma=1 kappa=3",
        "gamma=1 kappa=4",
        "gamma=2 kappa=3",
        "gamma=2 kappa=4",
    ]
    assert plan.config(0, 0) == plan.recordings[0].config
    assert (plan.config(3, 0).gamma, plan.config(3, 0).kappa) == (2, 3)


def test_a_grid_runs_everything_on_every_segment_of_every_recording():
    plan = made_plan(["gamma=1,2,3"], recordings=2, splits=3)
    assert plan.runs == 4 * 2 * 3
    assert len(set(plan.rung(0))) == 6


def test_halving_runs_a_third_of_the_rest_for_three_times_as_long():
    plan = made_plan(["gamma=1:27:27"], recordings=2, splits=2, rungs=3)
    assert plan.survivors() == [28, 1 + 9, 1 + 3]
    assert [sorted({each.share for each in plan.rung(rung)}) for rung in range(3)] == [
        [1 / 9],
        [1 / 3],
        [1.0],
    ]
    assert {each.segment for rung in (0, 1) for each in plan.rung(rung)} == {0}
    assert plan.runs == 28 * 2 + 10 * 2 + 4 * 4


def test_very_many_runs_are_said_before_anything_is_made_of_them():
    space = dimensions(["gamma=1:2:1000", "kappa=1:2:1000"])
    many = planned_configurations(space, SweepMethod.GRID, None)
    assert many == 1_000_000
    with pytest.raises(InvalidFieldError, match="1,000,000 runs"):
        check_size(many, 1, agreed=False)
    check_size(many, 1, agreed=True)
    check_size(RUNS_FREE, 1, agreed=False)
    with pytest.raises(InvalidFieldError, match="at most 1,000,000 runs"):
        check_size(RUNS_MAX, 2, agreed=True)
    assert planned_configurations(space, SweepMethod.GRID, 10) == 10
    assert len(list(planned_points(SweepMethod.GRID, space, 10, 0))) == 10


def test_what_is_kept_of_all_runs_together_is_bounded():
    small, large = made_plan(["gamma=1,2"]), made_plan(["gamma=1:50:250", "kappa=1:50:400"])
    assert small.cell_seconds == 5
    assert large.cell_seconds in CELL_SECONDS
    assert large.runs * 3_600 / large.cell_seconds < CELLS_IN_ALL


def test_a_configuration_that_no_pool_takes_is_found_before_the_first_run():
    plan = made_plan(["min_spread_bps=10,100"])
    with pytest.raises(InvalidFieldError, match="min_spread_bps"):
        check_points(plan)


@pytest.mark.parametrize("change", [{"segments": 0}, {"segments": 101}, {"rungs": 7}])
def test_a_plan_out_of_bounds_never_exists(change):
    with pytest.raises(InvalidFieldError):
        msgspec.structs.replace(made_plan(["gamma=1,2"]), **change)


def test_a_recording_is_known_by_what_is_in_it():
    made = [sweep_recording("a", toy_recording(3, seed), toy_config()) for seed in (1, 1, 2)]
    assert made[0] == made[1]
    assert made[0].checksum != made[2].checksum
    funded = sweep_recording("a", paid_funding(toy_recording(3, 1)), toy_config())
    assert funded.checksum != made[0].checksum
    assert made[0].seconds == 3

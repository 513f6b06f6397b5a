import numpy as np
import pytest

from market_maker.research.sweep_plan import BASE
from market_maker.research.sweep_report import render_sweep, sweep_verdict
from market_maker.research.sweep_result import sweep_result
from tests.support.sweeps import CELLS, Market, leads, made_plan, made_run, made_runs


def test_the_best_comes_first_and_its_lead_is_paired_so_the_market_cancels_out():
    plan = made_plan(["gamma=1,2,3"], recordings=2)
    result = sweep_result(plan, made_runs(plan, Market(1, leads(plan, {2: 0.5, 3: -0.5}))))
    assert [row.label for row in result.rows] == ["gamma=2", BASE, "gamma=1", "gamma=3"]
    best = result.rows[0]
    assert best.against_base.net_pnl.value == pytest.approx(0.5 * CELLS * 2)
    assert best.against_base.net_pnl.decided
    assert best.net_interval.high - best.net_interval.low > 200
    assert best.fills == 2 * CELLS
    assert result.rows[1].against_base is None


@pytest.mark.thorough
def test_among_configurations_that_are_alike_the_best_of_many_is_called_chance():
    plan = made_plan(["gamma=1:99:40"])
    chance = np.random.default_rng(3)
    noise = {number: chance.normal(size=CELLS).round(6).tolist() for number in range(41)}
    alike = sweep_result(plan, made_runs(plan, lambda number, _: noise[number]))
    assert alike.best_by_chance > 0.05
    noise[7] = [each + 3 for each in noise[7]]
    ahead = sweep_result(plan, made_runs(plan, lambda number, _: noise[number]))
    assert ahead.best_by_chance < 0.01
    assert "in 0.0 % of cases" in sweep_verdict(ahead, "USDT")


def test_walking_forward_chooses_by_the_past_alone():
    plan = made_plan(["gamma=1,2"], splits=3)
    # 1 is best in the first segment, 2 in the others: hindsight knows, the past does not.
    lead = {(1, 0): 1.0, (2, 0): 0.0, (1, 1): 0.0, (2, 1): 3.0, (1, 2): 0.0, (2, 2): 1.0}
    walk = sweep_result(plan, made_runs(plan, Market(5, lead))).walk_forward
    assert [(fold.segment, fold.chosen, fold.hindsight) for fold in walk.folds] == [
        (1, "gamma=1", "gamma=2"),
        (2, "gamma=2", "gamma=2"),
    ]
    assert walk.against_base.net_pnl.value == pytest.approx(CELLS)


def test_what_a_later_segment_holds_changes_no_earlier_choice():
    plan = made_plan(["gamma=1,2"], splits=3)
    lead = {(1, 0): 1.0}
    before = sweep_result(plan, made_runs(plan, Market(5, lead))).walk_forward.folds[0]
    after = sweep_result(plan, made_runs(plan, Market(5, lead | {(2, 2): 99.0}))).walk_forward
    assert after.folds[0] == before


def test_short_recordings_have_scores_and_no_intervals():
    plan = made_plan(["gamma=1,2"], splits=2)
    result = sweep_result(plan, made_runs(plan, lambda number, _: [number]))
    assert [row.label for row in result.rows] == ["gamma=2", "gamma=1", BASE]
    assert result.best_by_chance is None
    assert result.rows[0].against_base is None
    assert result.rows[0].net_interval.low is None
    assert "gamma=2" in render_sweep(result, [], "USDT")


def test_of_halving_those_left_behind_come_last_with_what_they_ran_on():
    plan = made_plan(["gamma=1,2,3,4,5,6"], rungs=2)
    (short,), (long,) = plan.rung(0), plan.rung(1)
    runs = {(n, short): made_run(n, short, [n] * 20) for n in range(7)}
    runs |= {(n, long): made_run(n, long, [-n] * CELLS) for n in (0, 5, 6)}
    result = sweep_result(plan, runs)
    assert [row.configuration for row in result.rows] == [0, 5, 6, 4, 3, 2, 1]
    assert [row.of_time for row in result.rows] == [1.0] * 3 + [1 / 3] * 4
    assert plan.runs == 7 + 3

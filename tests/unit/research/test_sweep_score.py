import pytest

from market_maker.research.sweep_plan import BASE, SweepScore
from market_maker.research.sweep_result import sweep_result
from market_maker.research.sweep_score import ranked, score_of
from tests.support.sweeps import CELLS, made_plan, made_run


def test_by_turnover_what_trades_less_for_the_same_is_better():
    plan = made_plan(["gamma=1,2"], score=SweepScore.PER_TURNOVER)
    (stretch,) = plan.rung(0)
    runs = {
        (0, stretch): made_run(0, stretch, [1] * CELLS),
        (1, stretch): made_run(1, stretch, [1] * CELLS, traded=50.0),
        (2, stretch): made_run(2, stretch, [0] * CELLS, traded=0.0),
    }
    result = sweep_result(plan, runs)
    assert [row.label for row in result.rows] == ["gamma=1", BASE, "gamma=2"]
    assert result.rows[0].against_base.at_equal_turnover.value == pytest.approx(CELLS)
    assert result.rows[2].score is None


def test_at_equal_scores_the_first_comes_first_and_those_without_one_last():
    plan = made_plan(["gamma=1,2"])
    (stretch,) = plan.rung(0)
    runs = {
        5: [made_run(5, stretch, [2])],
        3: [made_run(3, stretch, [1], traded=0.0)],
        2: [made_run(2, stretch, [2])],
    }
    assert ranked(runs, SweepScore.NET_PNL) == [2, 5, 3]
    assert ranked(runs, SweepScore.PER_TURNOVER) == [2, 5, 3]


def test_money_is_added_exactly():
    plan = made_plan(["gamma=1,2"])
    (stretch,) = plan.rung(0)
    runs = [made_run(1, stretch, ["0.1"]), made_run(1, stretch, ["0.2"])]
    assert score_of(runs, SweepScore.NET_PNL) == 0.3

import msgspec
import numpy as np
import pytest

from market_maker.research.sweep_plan import BASE, SweepScore
from market_maker.research.sweep_report import render_sweep, sweep_cautions, sweep_verdict
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


def test_a_field_that_changed_no_run_is_said_to_rank_nothing():
    """Its best value was the best by accident, and the page called it the best."""
    plan = made_plan(["gamma=1,2", "num_levels=1,2"])
    runs = {
        (number, stretch): msgspec.structs.replace(run, state_hash=f"{number % 2}")
        for (number, stretch), run in made_runs(plan, lambda *_: [1.0] * CELLS).items()
    }
    result = sweep_result(plan, runs)
    assert result.idle == {"avellaneda_stoikov": ("gamma",)}
    assert "avellaneda_stoikov: gamma changed nothing" in render_sweep(result, [], "USDT")


def test_few_blocks_and_few_fills_are_said_beside_the_best():
    plan = made_plan(["gamma=1,2"])
    result = sweep_result(plan, made_runs(plan, lambda number, _: [number] * 5))
    said = " ".join(sweep_cautions(result))
    assert "5 blocks are too few to trust an interval" in said
    assert "gamma=2: 5 fills are too few to judge a strategy by." in said
    many = sweep_result(plan, made_runs(plan, lambda number, _: [number] * CELLS))
    assert "too few" not in " ".join(sweep_cautions(many))


def test_the_terms_and_what_is_to_be_known_of_the_data_stand_with_the_result():
    plan = made_plan(["gamma=1,2"])
    (recording,) = plan.recordings
    told = msgspec.structs.replace(recording, remarks=("no trades",))
    plan = msgspec.structs.replace(plan, recordings=(told,))
    result = sweep_result(plan, made_runs(plan, lambda *_: [1.0] * CELLS))
    assert result.remarks == {"toy0.mmrec": ("no trades",)}
    assert (result.terms.maker_fee_bps, result.step_ms) == ("0", "quote_interval_ms")
    page = render_sweep(result, [], "USDT")
    assert "maker fee 0 bps" in page
    assert "Of toy0.mmrec: no trades." in page


def test_by_the_score_per_turnover_chance_is_asked_about_that_score():
    """It was asked about net PnL: of a lead that only trades more it said that chance had no
    part in the score."""
    score = SweepScore.PER_TURNOVER
    plan = made_plan(["gamma=1,2"], score=score)
    noise = np.round(np.random.default_rng(1).normal(size=CELLS), 6)

    def runs(plan):
        return {
            (number, stretch): made_run(number, stretch, pnl.tolist(), traded)
            for number, stretch in made_runs(plan, lambda *_: [0.0])
            for pnl, traded in [
                # The first earns as much of its turnover as the others, at other times, and
                # trades a hundred times as much.
                ((2 * noise.mean() - noise + 1.0) * 100.0, 10_000.0)
                if number == 1
                else (noise + 1.0, 100.0)
            ]
        }

    assert sweep_result(plan, runs(plan)).best_by_chance > 0.2
    by_net = msgspec.structs.replace(plan, score=SweepScore.NET_PNL)
    assert sweep_result(by_net, runs(by_net)).best_by_chance < 0.01


def test_of_halving_chance_is_asked_about_those_that_ran_on_everything():
    plan = made_plan(["gamma=1,2,3,4,5,6"], rungs=2)
    (short,), (long,) = plan.rung(0), plan.rung(1)
    runs = {(n, short): made_run(n, short, [n] * 20) for n in range(7)}
    runs |= {(n, long): made_run(n, long, [n] * CELLS) for n in (0, 5, 6)}
    said = sweep_verdict(sweep_result(plan, runs), "USDT")
    assert "the best of 2 would" in said
    assert "and 4 more were left behind on a part of the data" in said

"""A sweep in one process, carried out in any order."""

import random
from decimal import Decimal

import pytest
from msgspec.structs import replace

from market_maker.replay_venue.segments import equal_segments
from market_maker.research.comparing import Case, Stress, run_case
from market_maker.research.replay import with_in_house_member
from market_maker.research.sweep_folder import open_folder
from market_maker.research.sweep_plan import sweep_recording
from market_maker.research.sweep_run import run_sweep, unpack
from tests.support.sweeps import made_plan
from tests.toy_market import COIN_MARGINED, coin_margined, toy_config, toy_recording
from tests.unit.research.test_sweep_folder import IDENTITY

RECORDINGS = [toy_recording(seconds=16, seed=seed) for seed in (1, 2)]


def swept(path, plan, order=lambda calls: calls, stop_after=None):
    """The runs, made in `order`; left after so many, if asked for, as by a kill."""
    folder = open_folder(path, IDENTITY)
    unpack(folder.columns, plan, RECORDINGS)
    reports = []

    def execute(calls):
        for place in order(list(range(len(calls)))):
            if stop_after is not None and len(folder.done) >= stop_after:
                raise KeyboardInterrupt
            function, arguments = calls[place]
            yield place, function(*arguments)

    try:
        done = run_sweep(plan, folder, execute, lambda done, total: reports.append((done, total)))
        return {key: replace(run, engine="", engine_reason="") for key, run in done.items()}
    finally:
        folder.close(finished=False)
        if stop_after is None:
            assert reports[-1] == (plan.runs, plan.runs)
            assert [done for done, _ in reports] == sorted(done for done, _ in reports)


@pytest.fixture
def plan():
    made = made_plan(["gamma=0.01,0.02,0.05", "min_spread_bps=2,4"], recordings=2, splits=2)
    assert len(made.recordings) == len(RECORDINGS)
    return made


def test_a_sweep_of_an_inverse_contract_counts_its_contracts(tmp_path):
    config = with_in_house_member(toy_config(symbol=COIN_MARGINED.symbol))
    plan = made_plan(["gamma=0.01,0.05"], splits=2)
    only = replace(plan.recordings[0], config=config)
    plan = replace(plan, recordings=(only,))
    coins = coin_margined(toy_recording(seconds=24))
    folder = open_folder(tmp_path, IDENTITY)
    unpack(folder.columns, plan, [coins])

    def execute(calls):
        for place, (function, arguments) in enumerate(calls):
            yield place, function(*arguments)

    done = run_sweep(plan, folder, execute, lambda _done, _total: None)
    folder.close(finished=True)
    assert sum(run.fills for run in done.values()) > 0
    for run in done.values():
        contracts = Decimal(run.turnover) / 10
        assert contracts == contracts.to_integral_value()
        assert sum(run.pnl) == pytest.approx(float(run.net_pnl), abs=1e-12)
        assert sum(run.traded) == pytest.approx(float(run.turnover) / 100, rel=0.05)


def backwards(places):
    return places[::-1]


def shuffled(places):
    random.Random(3).shuffle(places)
    return places


def test_halving_begins_with_all_and_ends_with_the_best_and_the_one_as_given(tmp_path):
    plan = made_plan(["gamma=0.01,0.02,0.05,0.1"], recordings=1, splits=1, rungs=2)
    done = swept(tmp_path / "out", plan)
    assert len(done) == plan.runs
    whole = {number for number, stretch in done if stretch.share == 1.0}
    assert 0 in whole
    assert len(whole) < plan.configurations
    assert {number for number, _ in done} == set(range(plan.configurations))


@pytest.mark.thorough
@pytest.mark.parametrize("order", [backwards, shuffled])
def test_the_order_in_which_runs_end_changes_nothing(tmp_path, plan, order):
    assert swept(tmp_path / "there", plan) == swept(tmp_path / "back", plan, order)


@pytest.mark.thorough
@pytest.mark.parametrize("rungs", [1, 2, 3])
def test_a_sweep_that_was_left_goes_on_to_the_same_runs(tmp_path, rungs):
    plan = made_plan(["gamma=0.01:0.1:9:log"], recordings=2, splits=1, rungs=rungs)
    whole = swept(tmp_path / "whole", plan)
    assert len(whole) == plan.runs
    for stop in (1, 5, 12):
        with pytest.raises(KeyboardInterrupt):
            swept(tmp_path / "left", plan, shuffled, stop_after=stop)
    assert swept(tmp_path / "left", plan) == whole


@pytest.mark.thorough
def test_a_run_is_the_replay_of_its_configuration_on_its_segment(tmp_path, plan):
    done = swept(tmp_path / "out", plan)
    parts = [list(equal_segments(recording, 2)) for recording in RECORDINGS]
    for (number, stretch), run in list(done.items())[::5]:
        config = plan.config(number, stretch.recording)
        part = parts[stretch.recording][stretch.segment]
        own = run_case(part, Case("", config), Stress.AS_RUN, plan.terms)
        assert (run.state_hash, run.net_pnl) == (own.result.state_hash, own.result.net_pnl)
        assert sum(run.pnl) == pytest.approx(own.outcome.pnl.sum())


def test_a_recordings_checksum_does_not_depend_on_how_it_is_held():
    config = made_plan(["gamma=1,2"]).recordings[0].config
    whole = sweep_recording("toy", RECORDINGS[0], config)
    (again,) = equal_segments(RECORDINGS[0], 1)
    assert sweep_recording("toy", again, config) == whole

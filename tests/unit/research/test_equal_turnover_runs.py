"""Judged in processes, a comparison is what it is in one."""

import msgspec
import numpy as np
import pytest

from market_maker.cli import replay_options as options
from market_maker.decision_kernel.scope import unknown_field
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.equal_turnover import Match, runner, standings
from market_maker.research.equal_turnover_runs import (
    LedRecording,
    WalkTerms,
    halves_in_processes,
    walk_in_processes,
)
from market_maker.research.leading import led_by
from market_maker.research.recommended import ablations, contenders, recommended_config
from market_maker.storage.recording import read_recording, write_recording
from tests.led_pair import led_pair
from tests.support.walking import walk_forward
from tests.toy_market import foretold_recording, toy_recording


@pytest.fixture(scope="module")
def terms():
    ways = options.Latencies("5", "0", None, None)
    return options.shared_terms(options.exchange_settings(ways, "probability", "0"), None, 0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("equal") / "toy.mmrec"
    write_recording(target, toy_recording(seconds=260))
    return target


def two(recording, _lead=None):
    return contenders(recommended_config(recording.instrument.symbol))[:2]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_processes_find_the_splits_of_a_walk_forward(path, terms, jobs):
    done = []
    judgement = WalkTerms(terms, Match.JUDGED, jobs)
    found = walk_in_processes(
        [LedRecording(path)], two, judgement, lambda *tasks: done.append(tasks)
    )
    run = runner(terms.exchange, terms.step_ns)
    expected = walk_forward([(path.stem, read_recording(path))], two, run, Match.JUDGED)
    assert msgspec.to_builtins(standings(found, 0)) == msgspec.to_builtins(standings(expected, 0))
    assert done == [(1, 2), (2, 2)]


@pytest.mark.thorough
def test_runs_are_the_same_whatever_decides(terms):
    """The kernel decides all three, and they trade."""
    recording = foretold_recording(120)
    for each in contenders(recommended_config(recording.instrument.symbol)):
        assert unknown_field(each.config) is None
        found = [
            runner(terms.exchange, engine=engine)(recording, each.config)
            for engine in (EngineChoice.PYTHON, EngineChoice.COMPILED)
        ]
        assert found[0].turnover.sum() > 0.0, each.label
        assert np.array_equal(found[0].turnover, found[1].turnover)
        assert np.array_equal(found[0].held, found[1].held)
        for horizon, worth in found[0].worth.items():
            assert np.array_equal(worth, found[1].worth[horizon])


def test_no_change_of_an_ablation_is_named_twice():
    labels = [each.label for each in ablations(recommended_config("X"))]
    assert len(set(labels)) == len(labels)
    assert {"use_kappa: estimated", "with use_cascade", "with use_funding"} <= set(labels)
    assert {"dust below 5 % of an order", "dust below 50 % of an order"} <= set(labels)
    assert {"with use_depth", "one side from 0.5 bps", "sigma over 30 s"} <= set(labels)


@pytest.mark.thorough
def test_a_pool_with_a_leader_is_run_with_it(tmp_path, terms):
    ours, leader = led_pair(seconds=245)
    paths = [tmp_path / f"{name}.mmrec" for name in ("ours", "leader")]
    for path, recording in zip(paths, (ours, leader), strict=True):
        write_recording(path, recording)

    def alone(recording, _lead):
        return two(recording)[:1]

    def led(recording, lead):
        (first,) = alone(recording, lead)
        return [msgspec.structs.replace(first, config=led_by(first.config, recording, lead))]

    def earned(cases):
        judgement = WalkTerms(terms, Match.JUDGED, 1)
        found = walk_in_processes([LedRecording(*paths)], cases, judgement, lambda *_: None)
        return standings(found, 0)[0].earned[5]

    assert earned(led) > earned(alone) + 0.3


def test_halves_are_found_for_every_contender_but_the_one_whose_turnover_counts(path, terms):
    judgement = WalkTerms(terms, Match.JUDGED, 1)
    found = halves_in_processes([LedRecording(path)], two, judgement, lambda *_: None)
    assert list(found) == ["reference_glft"]
    assert [(run.recording, run.half) for run in found["reference_glft"]] == [
        (path.stem, 1),
        (path.stem, 2),
    ]

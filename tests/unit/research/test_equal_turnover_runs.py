"""Judged in processes, a comparison is what it is in one."""

import msgspec
import pytest

from market_maker.cli import replay_options as options
from market_maker.research.equal_turnover import Match, runner, standings
from market_maker.research.equal_turnover_runs import WalkTerms, walk_in_processes
from market_maker.research.recommended import ablations, contenders, recommended_config
from market_maker.storage.recording import read_recording, write_recording
from tests.support.walking import walk_forward
from tests.toy_market import toy_recording


@pytest.fixture(scope="module")
def terms():
    ways = options.Latencies("5", "0", None, None)
    return options.shared_terms(options.exchange_settings(ways, "probability", "0"), None, 0)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("equal") / "toy.mmrec"
    write_recording(target, toy_recording(seconds=260))
    return target


def two(recording):
    return contenders(recommended_config(recording.instrument.symbol))[:2]


@pytest.mark.parametrize("jobs", [1, pytest.param(2, marks=pytest.mark.thorough)])
def test_processes_find_the_splits_of_a_walk_forward(path, terms, jobs):
    done = []
    judgement = WalkTerms(terms, Match.JUDGED, jobs)
    found = walk_in_processes([path], two, judgement, lambda *tasks: done.append(tasks))
    run = runner(terms.exchange, terms.step_ns)
    expected = walk_forward([(path.stem, read_recording(path))], two, run, Match.JUDGED)
    assert msgspec.to_builtins(standings(found, 0)) == msgspec.to_builtins(standings(expected, 0))
    assert done == [(1, 2), (2, 2)]


def test_no_change_of_an_ablation_is_named_twice():
    labels = [each.label for each in ablations(recommended_config("X"))]
    assert len(set(labels)) == len(labels)
    assert {"use_kappa: estimated", "with use_cascade", "with use_funding"} <= set(labels)
    assert {"with use_depth", "one side from 0.5 bps", "sigma over 30 s"} <= set(labels)

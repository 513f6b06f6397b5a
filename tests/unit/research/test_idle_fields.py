"""Swept fields of which every value made the same run."""

from market_maker.research.idle_fields import SweptRuns, idle_fields, idle_words

FIELDS = ["gamma", "num_levels"]


def ran(strategy, point, *hashes):
    return SweptRuns(strategy, point, dict(enumerate(hashes)))


def test_a_field_that_a_strategy_does_not_use_is_named_for_it_alone():
    runs = [ran("glft", (g, n), f"{g} {n}") for g in (1, 2) for n in (1, 2)]
    runs += [ran("symmetric", (g, n), f"{n}") for g in (1, 2) for n in (1, 2)]
    assert idle_fields(FIELDS, runs) == {"symmetric": ("gamma",)}


def test_one_run_that_differs_is_enough():
    runs = [ran("glft", (1, 1), "a", "b"), ran("glft", (2, 1), "a", "c")]
    assert idle_fields(FIELDS, runs) == {}
    runs = [ran("glft", (1, 1), "a", "b"), ran("glft", (2, 1), "a", "b")]
    assert idle_fields(FIELDS, runs) == {"glft": ("gamma",)}


def test_where_nothing_differs_in_one_field_alone_nothing_is_said():
    assert idle_fields(FIELDS, [ran("glft", (1, 1), "a"), ran("glft", (2, 2), "a")]) == {}
    assert idle_fields(FIELDS, [ran("glft", (1, 1), "a")]) == {}
    assert idle_fields([], [ran("glft", (), "a")]) == {}


def test_only_runs_that_both_made_are_compared():
    long, short = SweptRuns("glft", (1, 1), {0: "a", 1: "b"}), SweptRuns("glft", (2, 1), {0: "a"})
    assert idle_fields(FIELDS, [long, short]) == {"glft": ("gamma",)}
    assert idle_fields(FIELDS, [long, SweptRuns("glft", (2, 1), {2: "a"})]) == {}


def test_each_strategy_has_a_sentence():
    (sentence,) = idle_words({"symmetric": ("gamma", "kappa")})
    assert sentence.startswith("symmetric: gamma, kappa changed nothing: all values made the same")
    assert idle_words({}) == []

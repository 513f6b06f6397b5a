"""Values are chosen on one half of a recording and judged on the other."""

import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.research.equal_turnover import DIAL, SECONDS_MIN, WARMUP_SECONDS
from market_maker.research.fill_outcomes import HORIZONS_S, FillOutcomes
from market_maker.research.held_out import HALVES, halves_of, held_out, idle_choices
from tests import builders

SECONDS = 690
LONGEST = HORIZONS_S[-1]
MIDDLE = (WARMUP_SECONDS + SECONDS - LONGEST) // 2


def outcomes(turnover, first_bps, second_bps):
    """A run that trades `turnover` every second and earns so much of it in each half."""
    traded = np.full(SECONDS, float(turnover))
    bps = np.where(np.arange(SECONDS) < MIDDLE, first_bps, second_bps)
    worth = dict.fromkeys(HORIZONS_S, traded * bps / 10_000.0)
    return FillOutcomes(traded, worth, np.full(SECONDS, 100.0))


OURS = outcomes(500, 1, 1)
EARNED = {1: (9, -5), 2: (2, 3), 3: (-4, 4)}
"""By gamma: in the first half, and in the second. The reference earns nothing."""


def run(_, config):
    """Half as much is traded at twice the dial."""
    dial = config.strategy_params[DIAL]
    if config.strategy == "reference_glft":
        return outcomes(2_000 / dial, 0, 0)
    return outcomes(1_000 / dial, *EARNED[int(config.gamma)])


def halves(strategy, **fields):
    config = builders.pool("X", strategy=strategy, strategy_params={}, **fields)
    return [half for name in "ab" for half in halves_of((name, OURS), run, None, config)]


@pytest.fixture(scope="module")
def found():
    runs = {f"gamma={gamma}": halves("calibrated", gamma=gamma) for gamma in EARNED}
    runs["reference"] = halves("reference_glft")
    return held_out(runs, [*runs][:-1], ["reference"], seed=1)


def test_each_half_chooses_what_earned_most_in_it_and_the_other_half_judges(found):
    first, second = found
    assert (first.half, first.chosen) == (1, "gamma=1")
    assert (second.half, second.chosen) == (2, "gamma=3")
    assert [(tried.label, round(tried.earned, 6)) for tried in first.choices] == [
        ("gamma=1", 9.0),
        ("gamma=2", 2.0),
        ("gamma=3", -4.0),
    ]
    whole = {(each.where, each.label): each for each in first.table}
    assert whole["all", "gamma=1"].earned == dict.fromkeys(HORIZONS_S, pytest.approx(-5.0))
    assert second.table[0].earned == dict.fromkeys(HORIZONS_S, pytest.approx(-4.0))


def test_the_chosen_one_stands_first_and_others_beside_it(found):
    for each in found:
        whole = [standing for standing in each.table if standing.where == "all"]
        assert [standing.label for standing in whole] == [each.chosen, "reference"]
        assert whole[1].turnover_ratio == pytest.approx(1.0)


def test_dials_are_set_on_the_half_that_chooses_by_the_turnover_of_the_pool_as_given():
    assert {half.dial for half in halves("reference_glft")} == {4.0}
    assert {half.dial for half in halves("calibrated", gamma=1)} == {2.0}


def test_halves_have_the_longest_horizon_between_them_and_no_warm_up():
    first, second, *_ = halves("calibrated", gamma=1)
    assert (first.half, second.half) == HALVES
    early, late = len(first.on.turnover), len(first.off.turnover)
    assert early + late == SECONDS - WARMUP_SECONDS - 2 * LONGEST
    assert len(second.on.turnover) == late
    assert float(first.on.worth[LONGEST].sum()) / first.on.turnover.sum() * 10_000 == (
        pytest.approx(9.0)
    )


def test_a_choice_that_never_traded_is_never_chosen():
    silent = FillOutcomes(
        np.zeros(SECONDS), {h: np.zeros(SECONDS) for h in HORIZONS_S}, np.zeros(SECONDS)
    )
    config = builders.pool("X", strategy="calibrated", strategy_params={}, gamma=3)
    quiet = halves_of(("a", OURS), lambda *_: silent, None, config)
    losing = [half for half in halves("calibrated", gamma=1) if half.recording == "a"]
    for each in held_out({"quiet": quiet, "loses": losing}, ["quiet", "loses"], ["loses"], 1):
        assert each.chosen == "loses"
        assert each.choices[0].earned is None


def test_a_recording_that_is_too_short_is_refused_by_its_name():
    short = OURS.within(0, SECONDS_MIN - 1)
    with pytest.raises(InvalidFieldError, match="brief: 239 seconds"):
        halves_of(("brief", short), run, None, builders.pool("X", strategy="calibrated"))


def test_a_field_of_which_every_value_did_the_same_chose_nothing():
    """The first of equals was called the choice of the half."""
    runs = {f"gamma={gamma}": halves("calibrated", gamma=gamma) for gamma in EARNED}
    cases = {f"gamma={gamma}": (("gamma", gamma),) for gamma in EARNED}
    assert idle_choices(runs, "calibrated", cases) == {}
    alike = dict.fromkeys(runs, runs["gamma=2"])
    assert idle_choices(alike, "calibrated", cases) == {"calibrated": ("gamma",)}

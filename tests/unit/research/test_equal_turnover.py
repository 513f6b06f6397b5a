"""Dials are set by turnover on what came before, and judged on what comes after."""

import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.research.equal_turnover import (
    DIAL,
    SECONDS_MIN,
    SPLITS,
    WARMUP_SECONDS,
    Contender,
    dial_of,
    matching_step,
    standings,
)
from market_maker.research.fill_outcomes import HORIZONS_S, FillOutcomes
from tests import builders
from tests.support.walking import walk_forward

SECONDS = 690


def outcomes(turnover, bps):
    """A run that trades `turnover` every second and earns `bps` of it."""
    traded = np.full(SECONDS, float(turnover))
    worth = dict.fromkeys(HORIZONS_S, traded * bps / 10000.0)
    return FillOutcomes(traded, worth, np.full(SECONDS, 100.0))


def contenders(_):
    return [
        Contender("ours", builders.pool("X", strategy="calibrated", strategy_params={})),
        Contender("theirs", builders.pool("X", strategy="reference_glft", strategy_params={})),
    ]


def run(_, config):
    """The other one trades 1,000 at a dial of 1 and half of it at twice the dial, and earns what
    its dial is; ours trades 500 and earns 3."""
    if config.strategy == "calibrated":
        return outcomes(500, 3)
    dial = config.strategy_params[DIAL]
    return outcomes(1_000 / dial, dial)


@pytest.fixture(scope="module")
def splits():
    return walk_forward([("a", None), ("b", None)], contenders, run)


def test_the_dial_of_the_other_follows_the_turnover_of_the_first(splits):
    assert {split.dial for split in splits["theirs"]} == {2.0}
    assert {split.dial for split in splits["ours"]} == {1.0}


def test_the_first_split_and_the_warm_up_are_not_judged(splits):
    judged = (SECONDS - HORIZONS_S[-1] - WARMUP_SECONDS) * (SPLITS - 1) // SPLITS
    for label in ("ours", "theirs"):
        of_a = [split for split in splits[label] if split.recording == "a"]
        assert [split.number for split in of_a] == list(range(2, SPLITS + 1))
        assert abs(sum(len(split.outcomes.turnover) for split in of_a) - judged) <= 1


def test_standings_say_what_was_earned_and_how_far_apart(splits):
    table = standings(splits, seed=1)
    assert [(each.where, each.label) for each in table] == [
        (where, label) for where in ("a", "b", "all") for label in ("ours", "theirs")
    ]
    theirs = table[-1]
    assert theirs.earned == {horizon: pytest.approx(2.0) for horizon in HORIZONS_S}
    assert theirs.turnover_ratio == pytest.approx(1.0)
    assert theirs.equal
    for horizon in HORIZONS_S:
        apart = theirs.apart[horizon]
        assert apart.value == pytest.approx(1.0)
        assert (apart.low, apart.high) == (pytest.approx(1.0), pytest.approx(1.0))


def test_turnover_that_cannot_be_matched_is_called_unequal():
    def silent(_, config):
        return outcomes(500, 3) if config.strategy == "calibrated" else outcomes(100, 1)

    theirs = standings(walk_forward([("a", None)], contenders, silent), seed=1)[-1]
    assert theirs.turnover_ratio == pytest.approx(5.0)
    assert not theirs.equal


def test_a_recording_that_is_too_short_is_named():
    def short(_, __):
        return FillOutcomes(np.zeros(100), {h: np.zeros(100) for h in HORIZONS_S}, np.zeros(100))

    with pytest.raises(InvalidFieldError, match=f"a: 100 seconds.*{SECONDS_MIN}"):
        walk_forward([("a", None)], contenders, short)


@pytest.mark.parametrize("wanted", [1, 30, 999, 5_000])
def test_the_setting_whose_turnover_is_nearest_is_found(wanted):
    def turnover(step):
        return 1_000.0 / dial_of(step)

    found = matching_step(turnover, wanted)
    others = [abs(turnover(step) - wanted) for step in (found - 1, found + 1)]
    assert abs(turnover(found) - wanted) <= min(others) or abs(found) >= 79


def test_a_search_that_may_be_close_ends_with_the_first_setting_that_is():
    asked = []

    def turnover(step):
        asked.append(step)
        return 1_000.0 / dial_of(step)

    assert matching_step(turnover, 990, close=0.02) == 0
    assert set(asked) == {0}

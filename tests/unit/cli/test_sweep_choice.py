from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from market_maker.cli.sweep_choice import SweepChoice, check_choice, identity_of, planned
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from tests.support.sweeps import made_plan
from tests.toy_market import toy_recording

CHOICE = SweepChoice(("gamma=1,2",), "grid", None, 2, None, "net_pnl", agreed=False)
TERMS = made_plan(["gamma=1,2"]).terms


def made(choice, recordings):
    base = made_plan(["gamma=1,2"]).recordings[0].config
    pools = [msgspec.structs.replace(base, symbol=r.instrument.symbol) for r in recordings]
    paths = [Path(f"{place}.mmrec") for place in range(len(recordings))]
    return planned(choice, paths, recordings, pools, TERMS)


def test_a_choice_becomes_a_plan_that_is_known_by_what_was_typed():
    recording = toy_recording(seconds=4)
    plan = made(CHOICE, [recording])
    assert (plan.segments, plan.rungs, len(plan.points)) == (2, 1, 2)
    identity = identity_of(CHOICE, plan)
    assert identity.over == ("gamma=1,2",)
    assert identity == identity_of(CHOICE, made(CHOICE, [recording]))
    other = made(CHOICE, [toy_recording(seconds=4, seed=2)])
    assert identity != identity_of(CHOICE, other)


def test_recordings_in_two_currencies_cannot_be_added_up():
    dollars = toy_recording(seconds=4)
    coins = msgspec.structs.replace(
        dollars, instrument=Instrument("TOYBTC", Decimal("0.01"), Decimal("0.001"))
    )
    with pytest.raises(InvalidFieldError, match="recordings in one currency"):
        made(CHOICE, [dollars, coins])


def test_halving_has_three_rungs_unless_it_is_given_others():
    halving = msgspec.structs.replace(CHOICE, method="halving")
    recording = toy_recording(seconds=4)
    assert made(halving, [recording]).rungs == 3
    assert made(msgspec.structs.replace(halving, rungs=2), [recording]).rungs == 2
    with pytest.raises(InvalidFieldError, match="rungs: 1 is not allowed; allowed: from 2"):
        check_choice(msgspec.structs.replace(halving, rungs=1), 1)


def test_random_draws_need_their_number_and_have_no_fixed_places():
    random = msgspec.structs.replace(CHOICE, over=("gamma=1:2",), method="random")
    with pytest.raises(InvalidFieldError, match="samples: missing"):
        check_choice(random, 1)
    drawn = msgspec.structs.replace(random, samples=7)
    check_choice(drawn, 1)
    assert len(made(drawn, [toy_recording(seconds=4)]).points) == 7


def test_a_recording_that_is_there_twice_is_refused():
    """Its minutes counted as twice as many, and every interval was narrower by a third."""
    recording = toy_recording(seconds=4)
    with pytest.raises(InvalidFieldError, match=r"each recording once; 0\.mmrec holds the same"):
        made(CHOICE, [recording, recording])


def test_a_recording_that_shares_time_with_another_is_remarked():
    first, second = made(CHOICE, [toy_recording(4, 1), toy_recording(4, 2)]).recordings
    assert first.remarks == ()
    assert second.remarks == ("it shares 4.0 s with 0.mmrec, which count twice",)

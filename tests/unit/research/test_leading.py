"""A second recording in a replay: found where it leads, refused where it cannot."""

from functools import cache
from itertools import pairwise

import msgspec
import pytest

from market_maker.model.errors import InvalidDataError, InvalidFieldError
from market_maker.model.events import FundingPaid, LeadMoved
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.fill_outcomes import fill_outcomes
from market_maker.research.leading import facts_of, lead_events, led_by
from market_maker.research.recommended import recommended_config
from market_maker.research.replay import ReplayPlan, default_config, replay
from tests.captures import make_recording
from tests.led_pair import LEADER, led_pair
from tests.toy_market import START, TRANSIT, toy_recording

MS = NANOS_PER_MS


def test_a_leader_counts_when_it_was_received_and_only_when_its_mid_moved():
    _, leader = led_pair(seconds=10)
    events = lead_events(leader, Nanos(7 * MS))
    assert events[0].ts_recv == START + TRANSIT + 7 * MS
    assert all(isinstance(event, LeadMoved) for event in events)
    mids = [event.mid_x2 for event in events]
    assert all(before != after for before, after in pairwise(mids))
    assert 10 < len(events) < 60  # of 200 books


def test_a_book_that_is_lost_is_a_leader_that_is_not_known():
    rows = [("CLEAR", 0, 0, 1), ("BID", 99, 5, 1), ("ASK", 101, 5, 1), ("GAP", 0, 0, 2)]
    recording = make_recording(
        [(RowKind[kind], ticks, lots, at, at) for kind, ticks, lots, at in rows], instrument=LEADER
    )
    assert [event.mid_x2 for event in lead_events(recording, Nanos(0))] == [200, 0]


def test_without_a_leader_facts_are_those_of_the_recording_alone():
    assert facts_of(toy_recording(seconds=5), None, Nanos(0)) == ()
    assert not any(isinstance(e, FundingPaid) for e in facts_of(*led_pair(seconds=5), Nanos(0)))


def test_a_pool_takes_the_recordings_symbol_and_no_other():
    ours, leader = led_pair(seconds=70)
    config = recommended_config(ours.instrument.symbol)
    assert led_by(config, ours, leader).lead_symbol == LEADER.symbol
    other = msgspec.structs.replace(config, lead_symbol="ELSE")
    with pytest.raises(InvalidFieldError, match="LEADUSD, as in the recording"):
        led_by(other, ours, leader)
    with pytest.raises(InvalidFieldError, match="fair_price"):
        led_by(default_config(ours.instrument.symbol), ours, leader)


def test_a_recording_of_another_time_leads_nothing():
    ours, leader = led_pair(seconds=70)
    shift = 30 * NANOS_PER_SECOND
    later = msgspec.structs.replace(
        leader, ts_event=leader.ts_event + shift, ts_recv=leader.ts_recv + shift
    )
    with pytest.raises(InvalidDataError, match="40 s of it lie within the other recording"):
        led_by(recommended_config(ours.instrument.symbol), ours, later)


@cache
def outcomes(*, follows, led, seed=1):
    """What fills were worth after 5 s, bps of turnover; how many seconds traded."""
    ours, leader = led_pair(seed=seed, follows=follows)
    config = recommended_config(ours.instrument.symbol)
    plan = ReplayPlan(
        recording=ours,
        config=led_by(config, ours, leader) if led else config,
        exchange=ReplaySettings(),
        step_ns=Nanos(100 * MS),
        lead=leader if led else None,
    )
    log = replay(plan, engine=EngineChoice.COMPILED)
    found = fill_outcomes(log)
    return log, 1e4 * found.worth[5].sum() / found.turnover.sum()


def test_a_leader_that_leads_pays():
    led, alone = (outcomes(follows=True, led=which)[1] for which in (True, False))
    assert led > alone + 0.3


def test_a_leader_that_does_not_lead_costs_nothing():
    led, alone = (outcomes(follows=False, led=which)[1] for which in (True, False))
    assert led == pytest.approx(alone, abs=0.3)


def test_decisions_with_a_leader_are_not_compiled():
    log, _ = outcomes(follows=True, led=True)
    assert log.ran_by.why == "a leading market is not compiled yet"
    assert log.state_hash != outcomes(follows=True, led=False)[0].state_hash
    estimates = {line.name: line.value for line in log.snapshot.estimates}
    assert estimates["beta_lead"] > 0.2

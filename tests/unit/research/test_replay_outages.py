"""A recording whose feed broke, and one of a market that was quiet."""

import pytest

from market_maker.model.lifecycle import PoolState
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.replay import ReplayPlan, replay
from tests.captures import make_recording
from tests.toy_market import INSTRUMENT, toy_config, toy_recording

SILENCE = 60 * NANOS_PER_SECOND


def joined(between):
    """Thirty seconds of the toy market, a minute of `between`, and thirty seconds more."""
    first, second = toy_recording(seconds=30), toy_recording(seconds=30, seed=2)
    end, rows = first.end, []
    for part, later in ((first, 0), (second, 30 * NANOS_PER_SECOND + SILENCE)):
        columns = (part.kind, part.ticks, part.lots, part.ts_event + later, part.ts_recv + later)
        rows.append(list(zip(*(column.tolist() for column in columns), strict=True)))
    middle = [(kind, 0, 0, end + after, end + after) for kind, after in between]
    return make_recording([*rows[0], *middle, *rows[1]], instrument=INSTRUMENT)


OUTAGE = joined([(RowKind.GAP, NANOS_PER_SECOND)])
QUIET = joined([(RowKind.ALIVE, n * NANOS_PER_SECOND) for n in range(1, 60)])
UNMARKED = joined([])


def run(recording, resume_after_ns=None):
    plan = ReplayPlan(
        recording=recording,
        config=toy_config(),
        exchange=ReplaySettings(),
        step_ns=Nanos(100 * NANOS_PER_MS),
        resume_after_ns=resume_after_ns,
    )
    return evaluate(replay(plan), wall_seconds=1.0)


@pytest.fixture(scope="module")
def outage():
    return run(OUTAGE)


def test_an_outage_pulls_and_the_pool_goes_on_when_the_book_is_back(outage):
    assert outage.log.resumed == 1
    assert outage.log.state is PoolState.ACTIVE
    lost = OUTAGE.start + 31 * NANOS_PER_SECOND
    inside = [o for o in outage.log.resting if o.since < lost + SILENCE / 2 < o.until]
    assert inside == []
    assert any(order.since > lost + SILENCE for order in outage.log.resting)


def test_uptime_is_reported_of_the_whole_run_and_of_the_time_with_data(outage):
    result = outage.result
    assert result.outage_s == pytest.approx(59, abs=1)
    heard = 1 - result.outage_s / result.duration_s
    assert result.quoting_uptime_net == pytest.approx(result.quoting_uptime / heard)
    assert result.quoting_uptime < 0.5 < result.quoting_uptime_net


def test_no_markout_is_taken_at_the_mid_of_before_an_outage(outage):
    fills, (lost, back) = outage.log.fills, OUTAGE.breaks[0, 2:].tolist()
    inside = 0
    for markout in outage.markouts:
        later = fills.ts + markout.horizon_ns
        unknown = (later >= lost) & (later < back)
        assert markout.count == int(((later <= outage.log.plan.end) & ~unknown).sum())
        inside += int(unknown.sum())
    assert inside


def test_a_quiet_market_is_no_broken_feed():
    quiet = run(QUIET)
    assert (quiet.log.resumed, quiet.result.outage_s) == (0, 0.0)
    middle = QUIET.start + 60 * NANOS_PER_SECOND
    assert any(order.since < middle < order.until for order in quiet.log.resting)
    assert quiet.result.quoting_uptime == quiet.result.quoting_uptime_net


def test_an_unmarked_silence_halts_and_goes_on_as_well():
    unmarked = run(UNMARKED)
    assert unmarked.log.resumed == 1
    assert unmarked.log.state is PoolState.ACTIVE


@pytest.mark.thorough
def test_an_operator_who_comes_later_resumes_later():
    late = run(OUTAGE, resume_after_ns=Nanos(45 * NANOS_PER_SECOND))
    assert late.log.resumed == 1
    assert late.result.quoting_uptime < run(OUTAGE).result.quoting_uptime

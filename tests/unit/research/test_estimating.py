import msgspec
import numpy as np
import pytest

from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.estimates_page import CHARTS, render
from market_maker.research.estimating import estimate_recording, hawkes_report, order_times
from market_maker.research.replay import ReplayPlan, replay
from tests.toy_market import toy_config, toy_recording

RECORDING = toy_recording(seconds=30)
EVERYTHING = {
    "use_kappa": "estimated",
    "use_funding": True,
    "use_impact": True,
    "use_toxicity": True,
    "use_inventory_gamma": True,
    "use_cascade": True,
    "fair_price": "regression",
    "warmup_trades": 10,
    "warmup_volume_ticks": 0,
}


def plan(**fields):
    config = msgspec.structs.replace(toy_config(), **fields)
    step = Nanos(100 * NANOS_PER_MS)
    return ReplayPlan(recording=RECORDING, config=config, exchange=ReplaySettings(), step_ns=step)


def test_a_replay_with_every_term_on_comes_out_the_same_twice():
    one, other = replay(plan(**EVERYTHING)), replay(plan(**EVERYTHING))
    assert one.state_hash == other.state_hash
    assert one.snapshot.estimates == other.snapshot.estimates
    assert one.orders_placed > 0
    assert one.state_hash != replay(plan()).state_hash


def test_estimating_for_readers_changes_no_replay():
    assert replay(plan(estimators="all")).state_hash == replay(plan()).state_hash


@pytest.fixture(scope="module")
def report():
    return estimate_recording(plan())[0]


def test_the_report_holds_every_estimate_and_none_is_off(report):
    names = [line.name for line in report.estimates]
    assert {"sigma", "kappa_hat", "vpin", "beta_flow", "cascade_severity"} <= {*names}
    assert not any(line.off for line in report.estimates)
    assert report.duration_s == pytest.approx(30, abs=1)
    assert report.fills > 0
    assert sum(line.count for line in report.markouts if line.horizon_s == 1.0) > 0


def test_the_trades_of_the_recording_reach_the_estimators(report):
    by_name = {line.name: line for line in report.estimates}
    orders = len(order_times(RECORDING))
    assert by_name["cascade_severity"].count == pytest.approx(orders, abs=2)
    assert report.fit.orders > 0


def test_orders_are_fitted_by_a_hawkes_law_and_their_absence_by_none(report):
    assert report.hawkes.orders == len(order_times(RECORDING))
    assert 0.0 <= report.hawkes.branching < 1.0
    quoted = RECORDING.kind[0]
    silent = msgspec.structs.replace(RECORDING, kind=np.full_like(RECORDING.kind, quoted))
    assert hawkes_report(silent) is None


@pytest.mark.thorough
def test_the_page_draws_what_was_estimated_and_says_what_was_not():
    found, history = estimate_recording(plan())
    seconds = history.ts[-1] - history.ts[0]
    assert len(history.ts) == pytest.approx(seconds / 1e9, abs=2)
    page = render(found, history)
    assert page == render(found, history)
    drawn = [chart for chart in CHARTS if f'aria-label="{chart.heading}, over' in page]
    assert len(drawn) >= 9
    assert page.count("There was nothing to estimate") == len(CHARTS) - len(drawn)
    for name in ("sigma_clean", "beta_flow", "vpin"):
        assert f"<td>{name}</td>" in page
        assert name in {each for chart in CHARTS for each in chart.names}
    assert {each for chart in CHARTS for each in chart.names} <= history.values.keys()

from decimal import Decimal

import msgspec
import numpy as np
import pytest

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import rate_from_bps
from market_maker.model.units import Nanos
from market_maker.replay_venue.recorded_exchange import LATENCY_MAX_NS, ReplaySettings
from market_maker.research.comparing import CASES_MAX, Stress, cases_of, compare, run_case, stressed
from market_maker.research.comparison_report import render_comparison, verdict
from market_maker.research.comparison_result import comparison_result
from market_maker.research.comparison_wording import cautions
from market_maker.research.engine_choice import EngineChoice, RanBy, no_kernel
from market_maker.research.leading import not_compiled
from market_maker.research.replay import with_in_house_member
from market_maker.research.resampling import Interval
from market_maker.research.shared_terms import SharedTerms
from market_maker.research.sweep_space import SweepDimension, dimension
from market_maker.storage.recording import read_recording, write_recording
from tests.toy_market import toy_config, toy_recording

TERMS = SharedTerms(
    exchange=ReplaySettings(entry_latency_ns=Nanos(5_000_000)), step_ns=None, seed=1
)
AB = ["avellaneda_stoikov", "symmetric"]


def swept(field, values):
    return SweepDimension(field, field, values)


@pytest.fixture(scope="module")
def config():
    return with_in_house_member(toy_config())


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    target = tmp_path_factory.mktemp("compare") / "toy.mmrec"
    write_recording(target, toy_recording(seconds=12))
    return target


@pytest.fixture(scope="module")
def comparison(path, config):
    return compare(path, cases_of(config, AB, []), TERMS, jobs=1)


def test_every_combination_of_swept_values_is_a_case(config):
    sweeps = [
        swept("gamma", (Decimal("0.1"), Decimal("0.2"))),
        swept("num_levels", (Decimal(1), Decimal(2))),
    ]
    cases = cases_of(config, ["avellaneda_stoikov"], sweeps)
    assert [(case.config.gamma, case.config.num_levels) for case in cases] == [
        (Decimal("0.1"), 1),
        (Decimal("0.1"), 2),
        (Decimal("0.2"), 1),
        (Decimal("0.2"), 2),
    ]
    assert cases[0].label == "avellaneda_stoikov gamma=0.1 num_levels=1"
    assert len({case.label for case in cases}) == len(cases)


def test_a_strategys_own_parameter_can_be_swept(config):
    sweep = swept("strategy_params.half_spread_bps", (Decimal(2), Decimal("2.5")))
    cases = cases_of(config, ["symmetric"], [sweep])
    given = [case.config.strategy_params["half_spread_bps"] for case in cases]
    assert given == [2, 2.5]


@pytest.mark.parametrize(
    ("strategies", "sweeps", "field"),
    [
        (["symmetric", "symmetric"], [], "strategies"),
        (["symmetric"], [swept("gamma", (Decimal(1),)), swept("gamma", (Decimal(2),))], "sweep"),
        (["symmetric"], [swept("gamma", tuple(map(Decimal, range(1, 70))))], "sweep"),
        (["symmetric"], [swept("gamma", (Decimal(-1),))], "gamma"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(config, strategies, sweeps, field):
    with pytest.raises(InvalidFieldError) as caught:
        cases_of(config, strategies, sweeps)
    assert caught.value.field == field
    assert CASES_MAX < 69


@pytest.mark.thorough
def test_processes_change_nothing(path, config, comparison):
    shared = compare(path, cases_of(config, AB, []), TERMS, jobs=2)
    assert comparison_result(shared) == comparison_result(comparison)
    hashes = [run.result.state_hash for run in comparison.runs]
    assert hashes == [run.result.state_hash for run in shared.runs]


@pytest.mark.thorough
def test_a_case_is_the_replay_of_its_config(comparison):
    for case in comparison.cases:
        own = run_case(comparison.recording, case, Stress.AS_RUN, TERMS)
        assert own.result == comparison.of(case.label).result


def test_the_seconds_add_up_to_the_net(comparison):
    for run in comparison.runs:
        assert run.outcome.pnl.sum() == pytest.approx(float(run.result.net_pnl), abs=1e-6)
        assert run.outcome.turnover.sum() == pytest.approx(float(run.result.turnover), rel=1e-9)
        assert np.array_equal(np.cumsum(run.outcome.pnl), run.equity) or np.allclose(
            np.cumsum(run.outcome.pnl), run.equity
        )


def test_a_basis_point_of_fees_costs_a_basis_point_of_turnover(comparison):
    for case in comparison.cases:
        base, up, down = (
            comparison.of(case.label, stress).result
            for stress in (Stress.AS_RUN, Stress.FEES_UP, Stress.FEES_DOWN)
        )
        assert base.fills > 0
        cost = Decimal(base.turnover) / 10_000
        assert Decimal(base.net_pnl) - Decimal(up.net_pnl) == cost
        assert Decimal(down.net_pnl) - Decimal(base.net_pnl) == cost


def test_doubled_latency_doubles_every_way():
    ways = {"feed_latency_ns": 1_000, "entry_latency_ns": 2_000, "response_latency_ns": 3_000}
    doubled = stressed(ReplaySettings(**ways), Stress.LATENCY)
    assert [getattr(doubled, name) for name in ways] == [2_000, 4_000, 6_000]
    with pytest.raises(InvalidFieldError, match="doubled"):
        stressed(ReplaySettings(entry_latency_ns=Nanos(LATENCY_MAX_NS)), Stress.LATENCY)


def test_the_page_is_whole_and_links_nowhere(comparison):
    page = render_comparison(comparison)
    assert page.startswith("<!doctype html>")
    assert page.endswith("</html>\n")
    assert "://" not in page
    for case in comparison.cases:
        assert case.label in page
    assert page == render_comparison(comparison)


def test_the_verdict_does_not_call_chance_a_win(comparison):
    (label,) = comparison.differences
    apart = comparison.differences[label]
    lead = abs(apart.net_pnl.value)
    leader = msgspec.structs.replace(comparison.of(label).result, net_pnl="1000000")
    runs = tuple(
        msgspec.structs.replace(run, result=leader)
        if run.label == label and run.stress is Stress.AS_RUN
        else run
        for run in comparison.runs
    )

    def told(low, high, blocks):
        net = Interval(lead, low, high)
        known = msgspec.structs.replace(apart, net_pnl=net, blocks=blocks)
        return verdict(msgspec.structs.replace(comparison, runs=runs, differences={label: known}))

    assert "not more than chance explains" in told(-1.0, 5.0, 500)
    assert ": more than chance" in told(1.0, 5.0, 500)
    assert "too few" not in told(1.0, 5.0, 500)
    assert "not more than chance explains" in told(1.0, 5.0, 5)
    assert "5 blocks are too few to trust" in told(1.0, 5.0, 5)


def test_fees_are_stressed_by_a_basis_point_either_way_and_nothing_else_is():
    as_run = ReplaySettings(maker_rate=rate_from_bps("maker_fee_bps", Decimal(2)))
    rates = {
        stress: stressed(as_run, stress)
        for stress in (Stress.AS_RUN, Stress.FEES_UP, Stress.FEES_DOWN)
    }
    assert rates[Stress.AS_RUN] == as_run
    for stress, bps in ((Stress.FEES_UP, 3), (Stress.FEES_DOWN, 1)):
        rate = rate_from_bps("maker_fee_bps", Decimal(bps))
        assert rates[stress] == msgspec.structs.replace(as_run, maker_rate=rate)


def test_a_case_run_here_has_the_figures_of_its_replay(path, config):
    recording = read_recording(path)
    (case, *_) = cases_of(config, ["symmetric"], [])
    run = run_case(recording, case, Stress.AS_RUN, TERMS)
    assert run.outcome.pnl.sum() == pytest.approx(float(run.result.net_pnl), abs=1e-6)


@pytest.mark.parametrize("fields", [{}, {"lead_symbol": "TOY"}], ids=["alone", "led"])
def test_a_case_names_what_decided_it_as_its_replay_does(path, config, fields):
    """And not that it was left open what would."""
    recording = read_recording(path)
    led = msgspec.structs.replace(config, **fields)
    (case, *_) = cases_of(led, ["symmetric"], [])
    found = run_case(recording, case, Stress.AS_RUN, TERMS, recording if fields else None).result
    decided = no_kernel() or RanBy(EngineChoice.COMPILED)
    if fields:
        decided = RanBy(EngineChoice.PYTHON, not_compiled(recording))
    assert (found.engine, found.engine_reason) == (decided.engine.value, decided.why)


def test_true_and_false_and_nought_can_be_swept(config):
    """Numbers alone could, and no whole number that is 0."""
    sweeps = [dimension("react=true,false", "sweep"), dimension("fills_in_window_max=0,4", "sweep")]
    cases = cases_of(config, ["symmetric"], sweeps)
    assert [(case.config.react, case.config.fills_in_window_max) for case in cases] == [
        (True, 0),
        (True, 4),
        (False, 0),
        (False, 4),
    ]
    assert cases[0].label == "symmetric react=true fills_in_window_max=0"


@pytest.mark.parametrize("field", ["gamma", "num_levels"])
def test_a_swept_field_that_a_strategy_does_not_use_is_said_to_change_nothing(path, config, field):
    values = {"gamma": "0.01,90", "num_levels": "1,3"}
    cases = cases_of(config, AB, [dimension(f"{field}={values[field]}", "sweep")])
    found = compare(path, cases, TERMS, stresses=(Stress.AS_RUN,), jobs=1)
    unused = {"symmetric": ("gamma",)} if field == "gamma" else {}
    assert comparison_result(found).idle == unused
    said = "symmetric: gamma changed nothing" in " ".join(cautions(found))
    assert said == (field == "gamma")
    assert ("gamma changed nothing" in render_comparison(found)) == said


def test_a_comparison_says_its_fee_its_few_fills_and_what_its_importer_found(comparison):
    remark = "2 outages of the feed, 31.0 s in all"
    recording = msgspec.structs.replace(comparison.recording, remarks=(remark,))
    found = msgspec.structs.replace(comparison, recording=recording)
    page = render_comparison(found)
    assert f"Of the data: {remark}." in page
    assert "maker fee 0 bps" in page
    fills = comparison.of("symmetric").result.fills
    assert 0 < fills < 30
    assert "Fewer than 30 fills prove nothing: " in page
    assert f"symmetric ({fills})" in page


def test_a_period_of_days_is_no_period_of_hours(comparison):
    """Only the time of the end was shown, as if all recordings ended on the day they began."""
    late = comparison.recording.ts_recv + np.linspace(0, 3 * 86_400e9, comparison.recording.rows)
    recording = msgspec.structs.replace(comparison.recording, ts_recv=late.astype(np.int64))
    page = render_comparison(msgspec.structs.replace(comparison, recording=recording))
    assert "2023-11-14 22:13:20 to 2023-11-17 22:13:31 UTC" in page

"""The compiled kernel decides what the engine decides: the same actions, figures and state hash."""

from decimal import Decimal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.model.actions import Place
from market_maker.model.quotes import Reason
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.evaluation import evaluate
from market_maker.research.replay import ReplayPlan, replay
from tests.builders import member
from tests.examples import examples
from tests.support.kernel_plans import (
    ASKED,
    FINE,
    LEANING,
    LEARNED,
    SMART,
    differences,
    first_difference,
    on_fine_grid,
    random_plan,
    short_plan,
)
from tests.toy_market import foretold_recording, toy_config, toy_recording

STEP = 100_000_000


def plan_of(**changes):
    config = toy_config(fair_price="mid", **changes)
    exchange = ReplaySettings()
    return ReplayPlan(recording=toy_recording(20), config=config, exchange=exchange, step_ns=STEP)


def both(plan):
    return replay(plan), replay(plan, engine=EngineChoice.COMPILED)


def assert_same(plan):
    python, compiled = both(plan)
    wrong = differences(python, compiled)
    assert wrong == [], (wrong, compiled.ran_by, first_difference(plan, EngineChoice.COMPILED))
    return compiled


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(8))
def test_random_replays_are_equal(block):
    for seed in range(block * 1_000, block * 1_000 + examples(8)):
        assert_same(random_plan(seed))


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(st.integers(0, 2**32))
def test_thousands_of_random_replays_are_equal(seed):
    assert_same(short_plan(seed))


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(4))
def test_random_replays_of_smart_quotes_are_equal(block):
    for seed in range(block * 1_000, block * 1_000 + examples(8)):
        assert_same(random_plan(seed, SMART))


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(st.integers(0, 2**32))
def test_thousands_of_random_replays_of_smart_quotes_are_equal(seed):
    assert_same(short_plan(seed, SMART))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.integers(0, 2**32))
def test_random_replays_on_estimates_that_are_asked_for_are_equal(seed):
    assert_same(short_plan(seed, ASKED))


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(st.integers(0, 2**32))
def test_random_replays_that_lean_as_far_as_they_may_are_equal(seed):
    assert_same(short_plan(seed, LEANING))


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(4))
def test_random_replays_on_what_is_learned_are_equal(block):
    for seed in range(block * 1_000, block * 1_000 + examples(8)):
        assert_same(random_plan(seed, LEARNED))


@pytest.mark.thorough
@pytest.mark.parametrize("block", range(4))
def test_random_replays_whose_money_is_beyond_64_bits_are_equal(block):
    for seed in range(block * 1_000, block * 1_000 + examples(8)):
        assert_same(random_plan(seed, FINE))


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(st.integers(0, 2**32))
def test_thousands_of_random_replays_on_what_is_learned_are_equal(seed):
    assert_same(short_plan(seed, LEARNED))


@pytest.mark.slow
@settings(max_examples=2_000, deadline=None)
@given(st.integers(0, 2**32))
def test_thousands_of_random_replays_whose_money_is_beyond_64_bits_are_equal(seed):
    assert_same(short_plan(seed, FINE))


def learned_plan(**changes):
    plan = plan_of(min_spread_bps=0, price_threshold_bps=0, react=True, warmup_volume_ticks=3)
    config = msgspec.structs.replace(plan.config, **changes)
    return msgspec.structs.replace(plan, config=config, recording=foretold_recording(90))


def estimate_of(log, name):
    return next(each for each in log.snapshot.estimates if each.name == name).value


@pytest.mark.thorough
def test_the_recommended_terms_are_decided_in_the_kernel():
    """A line through arrivals is found, and the forecast moves fair."""
    terms = {"strategy": "calibrated", "fair_price": "regression"}
    compiled = assert_same(learned_plan(**terms))
    assert (compiled.ran_by.engine, compiled.ran_by.why) == (EngineChoice.COMPILED, "")
    assert estimate_of(compiled, "reference_kappa_hat") > 0.0
    assert estimate_of(compiled, "microprice_deviation") != 0.0
    assert len(compiled.fills.ts) > 100


@pytest.mark.thorough
@pytest.mark.parametrize("latency_ns", [0, 3_000_000])
def test_a_forecast_from_five_levels_is_decided_in_the_kernel(latency_ns):
    """Of a market whose best sizes foretell it, of which five levels foretell less."""
    plan = learned_plan(strategy="calibrated", fair_price="regression", use_depth=True)
    exchange = ReplaySettings(feed_latency_ns=latency_ns)
    compiled = assert_same(msgspec.structs.replace(plan, exchange=exchange))
    assert (compiled.ran_by.engine, compiled.ran_by.why) == (EngineChoice.COMPILED, "")
    best_alone = learned_plan(strategy="calibrated", fair_price="regression")
    best_alone = msgspec.structs.replace(best_alone, exchange=exchange)
    other = replay(best_alone, engine=EngineChoice.COMPILED)
    assert compiled.state_hash != other.state_hash
    assert estimate_of(compiled, "beta_book") != estimate_of(other, "beta_book")


@pytest.mark.thorough
@pytest.mark.parametrize(
    "asked", [{"use_toxicity": True}, {"use_inventory_gamma": True}, {"sigma_horizon_seconds": 5}]
)
def test_estimates_that_are_asked_for_stand_beside_those_that_are_learned(asked):
    """The engine's own arrivals are fed trades meanwhile, and end with those of the kernel."""
    terms = {"strategy": "calibrated", "fair_price": "regression", "vol_lookback_seconds": 30}
    compiled = assert_same(learned_plan(**terms, **asked))
    assert (compiled.ran_by.engine, compiled.ran_by.why) == (EngineChoice.COMPILED, "")
    assert estimate_of(compiled, "reference_kappa_hat") > 0.0


@pytest.mark.thorough
@pytest.mark.parametrize("strategy", ["reference_glft", "reference_hummingbot"])
def test_references_begin_to_quote_when_arrivals_are_measured(strategy):
    compiled = assert_same(learned_plan(strategy=strategy))
    assert compiled.ran_by.engine is EngineChoice.COMPILED
    assert Reason.SILENT in {bid for bid, _, _ in compiled.reasons}
    assert compiled.orders_placed > 0


@pytest.mark.thorough
def test_quotes_that_wait_for_trades_say_so_as_those_of_the_engine():
    compiled = assert_same(learned_plan(fair_price="regression", warmup_volume_ticks=200))
    assert compiled.ran_by.engine is EngineChoice.COMPILED
    assert compiled.orders_placed == 0
    assert compiled.reasons[-1][0] is Reason.WARMING_UP_TRADES


@pytest.mark.thorough
def test_after_a_halt_the_engine_goes_on_with_what_the_kernel_learned():
    terms = {"strategy": "calibrated", "fair_price": "regression", "fills_in_window_max": 3}
    plan = learned_plan(**terms, fill_window_seconds=1)
    plan = msgspec.structs.replace(plan, resume_after_ns=1_000_000_000)
    compiled = assert_same(plan)
    assert "a guard halts the pool" in compiled.ran_by.why
    assert compiled.resumed > 1


@pytest.mark.parametrize(
    "terms",
    [
        {"use_toxicity": True},
        {"use_inventory_gamma": True},
        {"sigma_horizon_seconds": 5},
        {"use_toxicity": True, "strategy": "smart", "strategy_params": {"base_spread_bps": 1.0}},
    ],
)
def test_estimates_that_are_fed_at_samples_alone_are_asked_for(terms):
    compiled = assert_same(plan_of(**terms))
    assert (compiled.ran_by.engine, compiled.ran_by.why) == (EngineChoice.COMPILED, "")


def with_jumps(recording):
    """Every twenty seconds the market stands 60 ticks higher than it would."""
    jumps = (recording.ts_recv - recording.start) // 20_000_000_000
    ticks = np.where(recording.ticks > 0, recording.ticks + 60 * jumps, 0)
    return msgspec.structs.replace(recording, ticks=ticks)


def test_what_jumps_do_to_quotes_is_the_same():
    plan = plan_of(use_toxicity=True, min_spread_bps=0, vol_lookback_seconds=30)
    plan = msgspec.structs.replace(plan, recording=with_jumps(toy_recording(90)))
    calm = msgspec.structs.replace(plan.config, use_toxicity=False)
    compiled = assert_same(plan)
    assert compiled.state_hash != replay(msgspec.structs.replace(plan, config=calm)).state_hash


@pytest.mark.parametrize("seed", [32, 50, 60])
def test_a_turn_is_not_kept_when_a_member_becomes_full_as_the_reference_moves(seed):
    """The engine kept such a turn, and the kernel, which keeps none, differed."""
    compiled = assert_same(random_plan(seed))
    assert compiled.ran_by.engine is EngineChoice.COMPILED


def test_a_split_that_puts_nothing_out_is_made_again_when_the_room_changes():
    """One member stopped, the other without room: a fall of the reference made room for a lot, and
    the engine held its turn until prices moved; the kernel did not."""
    assert assert_same(short_plan(185_207)).ran_by.engine is EngineChoice.COMPILED


def test_a_split_that_the_cap_of_open_orders_leaves_out_is_made_again_when_the_room_changes():
    assert_same(short_plan(3_843))


def test_the_same_report_whatever_decided():
    python, compiled = (evaluate(log, 1.0).result for log in both(plan_of()))
    assert compiled.engine == "compiled"
    assert msgspec.structs.replace(compiled, engine="python") == python


def test_after_a_halt_the_engine_goes_on_and_the_log_says_so():
    plan = plan_of(fills_in_window_max=2, fill_window_seconds=30)
    compiled = assert_same(plan)
    assert "a guard halts the pool" in compiled.ran_by.why


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"fair_price": "kalman"}, "fair_price = kalman is not compiled yet"),
        ({"use_impact": True}, "use_impact = True is not compiled yet"),
        ({"use_kappa": "estimated"}, "use_kappa = estimated is not compiled yet"),
        ({"balance": True}, "balance = True is not compiled yet"),
    ],
)
def test_what_is_not_compiled_is_named_and_the_engine_decides(changes, words):
    plan = plan_of()
    plan = msgspec.structs.replace(plan, config=msgspec.structs.replace(plan.config, **changes))
    log = replay(plan, engine=EngineChoice.COMPILED)
    assert (log.ran_by.engine, log.ran_by.why) == (EngineChoice.PYTHON, words)


@pytest.mark.parametrize(
    "limits",
    [
        {"max_pool_loss_usdt": 10**11, "members": (member("alice", 60, 50_000, 10**11),)},
        {"capital_usdt": 10**11, "max_drawdown_pct": 1},
        {"max_pool_loss_usdt": 10**10, "max_drawdown_pct": Decimal("0.01")},
    ],
)
def test_limits_beyond_64_bits_are_decided_in_the_kernel(limits):
    assert assert_same(plan_of(**limits)).ran_by.engine is EngineChoice.COMPILED


def test_results_beyond_64_bits_are_sealed_and_the_same():
    """What a member had realised ended a replay, whatever decided, with an OverflowError."""
    limits = {"max_pool_position_usdt": 20_000, "members": (member("alice", 60, 20_000, 2_000),)}
    plan = on_fine_grid(plan_of(min_spread_bps=0, order_size_usdt=5_000, **limits), 100, 10_000)
    compiled = assert_same(plan)
    assert compiled.ran_by.engine is EngineChoice.COMPILED, compiled.ran_by
    assert max(abs(member.realised) for member in compiled.snapshot.members) > 2**64


def test_capital_beyond_two_words_is_no_matter_while_there_is_no_limit_of_drawdown():
    small = {"order_size_usdt": 10, "max_pool_position_usdt": 20}
    members = (member("alice", 60, 20, 2_000),)
    plan = on_fine_grid(plan_of(capital_usdt=10**11, members=members, **small), 10**4, 10**5)
    assert assert_same(plan).ran_by.engine is EngineChoice.COMPILED
    limited = msgspec.structs.replace(plan.config, max_drawdown_pct=Decimal(1))
    log = replay(msgspec.structs.replace(plan, config=limited), engine=EngineChoice.COMPILED)
    assert log.ran_by.why == "capital: 1e+33 is beyond 96 bits"


def test_smart_quotes_are_decided_in_the_kernel():
    near = {"base_spread_bps": 1.0, "volatility_multiplier": 0.01, "adjustment_speed_bps": 0.5}
    plan = plan_of(strategy="smart", strategy_params=near, min_spread_bps=1, num_levels=2)
    compiled = assert_same(plan)
    assert (compiled.ran_by.engine, compiled.ran_by.why) == (EngineChoice.COMPILED, "")
    assert len(compiled.fills.ts) > 10, "its quotes are near"
    told = []
    replay(plan, engine=EngineChoice.COMPILED, on_actions=lambda _, actions: told.extend(actions))
    sizes = {(each.side, each.size) for each in told if isinstance(each, Place)}
    assert len({size for _, size in sizes}) > 4, "they move, and differ by side"


def test_a_watched_replay_is_decided_in_python():
    log = replay(plan_of(), watch=lambda _now, _engine: None, engine=EngineChoice.COMPILED)
    assert log.ran_by.why == "every step is watched"

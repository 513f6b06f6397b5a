import os
import subprocess
import sys
from decimal import Decimal

import msgspec
import numpy as np
import pytest

from market_maker.cli.replay_table import print_result
from market_maker.estimators.depth import LEVELS_MAX, DepthMonitor
from market_maker.model.errors import InvalidFieldError
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Side
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.replay import (
    IN_HOUSE,
    ReplayPlan,
    default_config,
    replay,
    with_in_house_member,
)
from tests.captures import make_recording
from tests.toy_market import DEPTH, INSTRUMENT, toy_config, toy_recording

RECORDING = toy_recording()
STEP = Nanos(100 * NANOS_PER_MS)


def _plan(config=None, step_ns=STEP, recording=RECORDING, **settings):
    return ReplayPlan(
        recording=recording,
        config=config or toy_config(),
        exchange=ReplaySettings(**settings),
        step_ns=step_ns,
    )


@pytest.fixture(scope="module")
def log():
    return replay(_plan(maker_rate=20_000))


@pytest.fixture(scope="module")
def result(log):
    return evaluate(log, wall_seconds=1.0).result


@pytest.mark.thorough
def test_the_toy_market_is_worth_a_replay(result):
    assert result.fills >= 20
    assert 0.2 < result.quoting_uptime < 1.0


def test_position_is_the_sum_of_fills_for_venue_engine_and_member(log):
    assert log.fills.position == log.books.lots == log.snapshot.position
    assert log.fills.position == sum(member.position for member in log.snapshot.members)


def test_the_pnl_split_adds_up_exactly(result):
    pnl = result.pnl
    parts = (pnl.spread, pnl.inventory, pnl.fees, pnl.funding)
    assert sum(map(Decimal, parts)) == Decimal(result.net_pnl)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("queue", QueueModel)
def test_the_split_equals_the_engines_books_in_any_market(seed, queue):
    plan = _plan(recording=toy_recording(seconds=12, seed=seed), queue=queue, maker_rate=-12_345)
    evaluation = evaluate(replay(plan), wall_seconds=1.0)
    final_mid_x2 = int(evaluation.samples.mid_x2[-1])
    assert evaluation.split.net == evaluation.log.books.net(final_mid_x2)


def test_fees_are_what_the_rate_says(result):
    assert Decimal(result.pnl.fees) == -Decimal(result.turnover) * Decimal("0.0002")


def test_the_pessimistic_queue_never_trades_more():
    def volume(queue, seed):
        plan = _plan(recording=toy_recording(seconds=15, seed=seed), queue=queue)
        return replay(plan).fills.volume

    for seed in range(4):
        assert volume(QueueModel.PESSIMISTIC, seed) <= volume(QueueModel.PROBABILITY, seed)


def test_our_own_quotes_never_cross_nor_meet_the_market(log):
    evaluation = evaluate(log, wall_seconds=1.0)
    line = evaluation.line
    both = (line.bid > 0) & (line.ask > 0)
    assert both.any()
    assert (line.bid[both] < line.ask[both]).all()


def test_every_order_has_one_end(log):
    ended = log.orders_cancelled + sum(count for _, count in log.rejects) + log.unfinished
    filled = log.orders_placed - ended
    assert 0 < filled <= log.fills.count


def test_orders_rest_within_the_run(log):
    for order in log.resting:
        assert log.plan.start <= order.since
        assert order.until <= log.plan.end


def test_bids_fill_at_or_below_the_mid_and_asks_above(log):
    """A maker that quotes around the mid never pays more than it."""
    assert (log.fills.sign * (log.fills.mid_x2 - 2 * log.fills.ticks) >= 0).mean() > 0.9


def test_the_run_starts_enabled_by_replay_and_is_paused_after_the_end(log):
    assert log.state is PoolState.ACTIVE
    assert log.snapshot.state is PoolState.PAUSED
    assert log.turn_ts[-1] > log.plan.end
    assert (np.diff(log.turn_ts[:-1]) == STEP).all()


def test_reasons_cover_every_turn_but_the_closing_one(log):
    assert sum(count for _, _, count in log.reasons) == len(log.turn_ts) - 1


def test_the_seed_and_the_clock_change_nothing(log):
    again = replay(msgspec.structs.replace(log.plan, seed=9))
    assert again.state_hash == log.state_hash
    slow, fast = evaluate(again, wall_seconds=9.0), evaluate(log, wall_seconds=1.0)
    assert slow.result.state_hash == fast.result.state_hash


def test_a_different_run_has_a_different_hash(log):
    longer = replay(_plan(maker_rate=20_000, entry_latency_ns=Nanos(40 * NANOS_PER_MS)))
    wider = replay(_plan(toy_config(min_spread_bps=Decimal(4)), maker_rate=20_000))
    assert len({log.state_hash, longer.state_hash, wider.state_hash}) == 3


@pytest.mark.slow
def test_the_hash_does_not_depend_on_the_process():
    script = (
        "from tests.unit.research.test_replay import _plan, replay\n"
        "print(replay(_plan()).state_hash)"
    )

    def in_process(hash_seed):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    expected = replay(_plan()).state_hash
    assert [in_process("1"), in_process("2")] == [expected, expected]


def test_orders_that_are_too_small_at_every_price_are_refused_with_the_arithmetic():
    lot = INSTRUMENT.notional(10_000, 1)
    words = "order_size_usdt: .* is not allowed; allowed: at least .* the smallest order of .* lots"
    with pytest.raises(InvalidFieldError, match=words):
        replay(_plan(toy_config(order_size_usdt=lot * Decimal("0.9"))))
    assert replay(_plan(toy_config(order_size_usdt=lot * Decimal("1.1")))).orders_placed >= 0


def test_progress_goes_to_the_end_of_the_data():
    told = []
    log = replay(_plan(), told.append)
    assert told == sorted(told)
    assert told[-1] == log.plan.end


def test_a_pool_without_members_is_run_in_house():
    (member,) = default_config("BTCUSDT").members
    assert (member.participant_id, member.capital_weight_pct) == (IN_HOUSE, 100)
    own = toy_config()
    assert with_in_house_member(own) is own


def test_a_configuration_for_another_symbol_is_refused():
    with pytest.raises(InvalidFieldError, match="symbol"):
        replay(_plan(default_config("BTCUSDT")))


def test_a_run_without_fills_has_no_markout_and_no_ratio():
    config = toy_config(min_spread_bps=Decimal(500), max_spread_bps=Decimal(600))
    result = evaluate(replay(_plan(config)), wall_seconds=1.0).result
    assert result.fills == 0
    assert (result.net_pnl, result.volume, result.turnover) == ("0", "0", "0")
    assert result.cancels_per_fill is None
    assert result.markout_bps.one_second is None
    assert result.share_at_floor == 1.0
    assert result.mean_spread_bps == pytest.approx(500, rel=0.03)


def test_a_run_too_short_to_warm_up_has_no_spread():
    plan = _plan(recording=toy_recording(seconds=2))
    result = evaluate(replay(plan), wall_seconds=1.0).result
    assert result.quoting_uptime == 0.0
    assert (result.mean_spread_bps, result.share_at_floor) == (None, None)


def test_figures_describe_the_recording(log, result):
    assert result.symbol == INSTRUMENT.symbol
    assert result.events == RECORDING.rows
    assert result.duration_s == (log.plan.end - log.plan.start) / NANOS_PER_SECOND
    assert result.turns == len(log.turn_ts)
    assert Decimal(result.volume) == log.fills.volume * INSTRUMENT.lot_size


def test_quotes_stand_on_both_sides_of_the_engines_fair_price(log):
    placed = {Side.BUY: [], Side.SELL: []}
    for order in log.resting:
        placed[order.side].append(order.price)
    assert np.median(placed[Side.BUY]) < np.median(placed[Side.SELL])


def test_what_a_run_was_made_of_stands_beside_its_result(log):
    settings = evaluate(log, wall_seconds=1.0).settings
    assert settings.recording.origin == RECORDING.origin
    assert (settings.queue, settings.step_ms, settings.maker_fee_bps) == ("probability", "100", "2")
    assert settings.config["symbol"] == INSTRUMENT.symbol
    assert settings.config["gamma"] == "0.01"


def test_the_metrics_end_with_the_net_pnl(log):
    evaluation = evaluate(log, wall_seconds=1.0)
    assert evaluation.metrics.pnl == pytest.approx(float(evaluation.result.net_pnl), abs=1e-9)
    assert evaluation.metrics.samples_per_day == 86_400
    assert evaluation.metrics.max_drawdown >= -float(evaluation.result.net_pnl)


def test_a_run_of_a_second_has_no_metrics():
    short = evaluate(replay(_plan(recording=toy_recording(seconds=1))), wall_seconds=1.0)
    assert short.metrics is None


def test_one_that_reacts_is_woken_by_market_data_and_by_the_grid():
    config = msgspec.structs.replace(toy_config(), react=True)
    plan = _plan(config, feed_latency_ns=Nanos(1_000))
    woken = replay(plan).turn_ts[1:-1]
    received = np.unique(RECORDING.ts_recv) + 1_000
    assert set(received[(received > woken[0]) & (received < plan.end)]) <= set(woken)
    assert np.diff(woken).max() <= STEP
    assert np.diff(woken).min() > 0


def test_reacting_changes_nothing_of_a_pool_that_does_not_react():
    first, again = (
        replay(_plan()),
        replay(_plan(msgspec.structs.replace(toy_config(), react=False))),
    )
    assert first.state_hash == again.state_hash


def levels_at(recording, now):
    """Price and lots of each level, best first, as received by `now`."""
    sides = ({}, {})
    columns = (recording.kind, recording.ticks, recording.lots, recording.ts_recv)
    for kind, price, lots, ts in zip(*(column.tolist() for column in columns), strict=True):
        if ts <= now and kind in {RowKind.BID, RowKind.ASK}:
            sides[kind][price] = lots
    shown = (((price, lots) for price, lots in side.items() if lots) for side in sides)
    bids, asks = map(sorted, shown)
    return bids[::-1], asks


def best_prices_alone(recording):
    kinds = {RowKind.BID: RowKind.BEST_BID, RowKind.ASK: RowKind.BEST_ASK}
    rows, shown = [(RowKind.CLEAR, 0, 0, recording.start, recording.start)], None
    for now in range(recording.start, recording.end, STEP):
        best = [side[0] for side in levels_at(recording, now)]
        if best != shown:
            stamps = (now, now)
            rows += [
                (*each, *stamps)
                for each in zip(kinds.values(), *zip(*best, strict=True), strict=True)
            ]
            shown = best
    return make_recording(rows, instrument=INSTRUMENT)


SMART = {"strategy": "smart", "strategy_params": {"base_spread_bps": 1.0, "depth_share": 0.1}}


def test_quotes_that_rest_on_depth_see_the_levels_that_a_live_engine_sees():
    """They saw the best prices, as a book of one level."""
    recording, sampled = toy_recording(seconds=6), []

    def watch(now, engine):
        estimates = engine.market.estimates
        depth = estimates.find(DepthMonitor)
        if depth.count > len(sampled):
            bids, asks = levels_at(recording, now)
            assert len(bids) == len(asks) == DEPTH
            sizes = [[lots for _, lots in side] for side in (bids, asks)]
            means = [sum(each) / DEPTH for each in sizes]
            bought, sold = map(sum, sizes)
            assert [depth.bid, depth.ask] == means
            assert estimates.seen.pressure == (bought - sold) / (bought + sold)
            sampled.append(means)

    log = replay(_plan(toy_config(**SMART), recording=recording), watch=watch)
    assert len(sampled) >= 4
    assert evaluate(log, wall_seconds=1.0).result.book_levels == LEVELS_MAX


def test_a_recording_of_best_prices_alone_says_so(capsys):
    recording = best_prices_alone(toy_recording(seconds=6))
    evaluation = evaluate(replay(_plan(toy_config(**SMART), recording=recording)), 1.0)
    assert evaluation.result.book_levels == 1
    print_result(evaluation)
    assert "1: the recording has best prices alone" in capsys.readouterr().out


def test_quotes_on_best_prices_alone_say_nothing_of_levels(result):
    assert result.book_levels == 0

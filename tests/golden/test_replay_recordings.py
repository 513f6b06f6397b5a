"""The engine against the real Binance captures beside the repository."""

import os
import subprocess
import sys
from decimal import Decimal

import pytest

from market_maker.model.pool import PoolConfig
from market_maker.model.quotes import Reason
from market_maker.model.recording import RowKind
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.evaluation import evaluate
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.research.replay import (
    ReplayPlan,
    default_config,
    replay,
    with_in_house_member,
)
from market_maker.research.strategy_choice import with_strategy
from market_maker.storage.recording import write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from tests.shared_data import need_shared_data

pytestmark = pytest.mark.slow

CAPTURES = {
    "btcusdt_perp": (
        *(CaptureFormat.BINANCE_FUTURES, "binance_usdm_raw_20240808"),
        ["btcusdt_20240808.gz"],
    ),
    "ethusdt_perp": (
        *(CaptureFormat.BINANCE_FUTURES, "binance_usdm_raw_20240808"),
        ["ethusdt_20240808.gz"],
    ),
    "btcusdt_spot": (
        *(CaptureFormat.BINANCE_SPOT, "binance_spot_raw_20240808"),
        ["btcusdt_20240808.gz", "btcusdt_20240809.gz"],
    ),
}

# Close enough to the mid to trade, so that the claims below are about something.
ACTIVE = {
    "gamma": Decimal("0.01"),
    "kappa": Decimal(60),
    "min_spread_bps": Decimal(1),
    "max_spread_bps": Decimal(80),
    "num_levels": 3,
    "level_spacing_bps": Decimal(1),
    "order_size_usdt": Decimal(1000),
    "price_threshold_bps": Decimal(1),
}


@pytest.fixture(scope="module", params=CAPTURES)
def recording(request):
    capture_format, folder, files = CAPTURES[request.param]
    paths = [need_shared_data(folder) / name for name in files]
    return import_capture(capture_format, paths, ImportOptions())[0]


def _active(recording):
    return with_in_house_member(PoolConfig(symbol=recording.instrument.symbol, **ACTIVE))


def _run(recording, config, **settings):
    plan = ReplayPlan(
        recording=recording,
        config=config,
        exchange=ReplaySettings(**settings),
        step_ns=Nanos(100 * NANOS_PER_MS),
    )
    return evaluate(replay(plan), wall_seconds=1.0)


@pytest.fixture(scope="module")
def runs(recording):
    return {
        queue: _run(recording, _active(recording), queue=queue, maker_rate=20_000)
        for queue in QueueModel
    }


def test_fills_are_plausible_under_both_queue_models(recording, runs):
    trades = (recording.kind == RowKind.BUY_TRADE) | (recording.kind == RowKind.SELL_TRADE)
    traded = int(recording.lots[trades].sum())
    for evaluation in runs.values():
        result = evaluation.result
        assert result.fills >= 20
        assert evaluation.log.fills.volume < traded / 20
        assert result.quoting_uptime > 0.5
        assert 1.0 <= result.mean_spread_bps <= 80.0


def test_the_pessimistic_queue_never_trades_more(runs):
    pessimistic, probability = runs[QueueModel.PESSIMISTIC], runs[QueueModel.PROBABILITY]
    assert pessimistic.log.fills.volume <= probability.log.fills.volume


def test_the_pnl_split_is_the_engines_books_to_the_last_unit(runs):
    for evaluation in runs.values():
        pnl, log = evaluation.result.pnl, evaluation.log
        parts = (pnl.spread, pnl.inventory, pnl.fees, pnl.funding)
        assert sum(map(Decimal, parts)) == Decimal(evaluation.result.net_pnl)
        books = log.books.net(int(evaluation.samples.mid_x2[-1]))
        money = log.plan.recording.instrument.money(books)
        assert money == Decimal(evaluation.result.net_pnl)


def test_the_book_is_never_crossed_nor_gapped_for_the_engine(runs):
    for evaluation in runs.values():
        seen = {reason for bid, ask, _ in evaluation.log.reasons for reason in (bid, ask)}
        assert not seen & {Reason.CROSSED, Reason.GAPPED, Reason.STALE, Reason.HALTED}


def test_our_bid_stays_below_our_ask(runs):
    for evaluation in runs.values():
        line = evaluation.line
        both = (line.bid > 0) & (line.ask > 0)
        assert (line.bid[both] < line.ask[both]).all()


def test_the_documented_start_and_the_yardstick_quote_almost_always(recording):
    config = default_config(recording.instrument.symbol)
    for pool in (config, with_strategy(config, "symmetric")):
        evaluation = _run(recording, pool)
        assert evaluation.result.quoting_uptime > 0.9
        assert evaluation.result.rejects <= 2


def test_two_processes_agree_on_the_state_hash(recording, tmp_path):
    path = tmp_path / "recording.mmrec"
    write_recording(path, recording)

    def output(hash_seed):
        environment = {"PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        script = (
            "import sys, pathlib\n"
            "from market_maker.storage.recording import read_recording\n"
            "from tests.golden.test_replay_recordings import _active, _run\n"
            "recording = read_recording(pathlib.Path(sys.argv[1]))\n"
            "print(_run(recording, _active(recording)).result.state_hash)"
        )
        command = [sys.executable, "-c", script, str(path)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        return done.stdout

    assert output("1") == output("2") != ""

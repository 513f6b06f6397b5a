"""One configuration on one recording: `run` against the emulated venue and `replay` decide alike.

Equal in full: every order, cancel and fill with its moment, by the state hash of all of them. The
wire's conditions are in tests/support/parity.py; that fast books come as they change is one: at the
venue's half second a maker whose order is alone at the best price does not know what is behind it.
"""

from decimal import Decimal

import pytest

from market_maker.emulators.hyperliquid.listings import universe
from market_maker.emulators.hyperliquid.recorded_markets import in_units_of
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.shared_data import need_shared_data
from tests.simulation.leaping_loop import leaping
from tests.support.parity import first_difference, ran, replayed, without_latency
from tests.toy_market import toy_recording

pytestmark = pytest.mark.slow

SIZES = {"target_liquidity": 20, "max_position": 50}
NEAR = {
    "target_liquidity": Decimal("0.02"),
    "max_position": Decimal("0.1"),
    "min_depth_bps": Decimal("0.1"),
    "max_depth_bps": Decimal(2),
    "max_bps_diff": Decimal("0.1"),
    "stale_data_threshold_secs": Decimal(60),
}
"""Near the touch, for 25 s of a market that hardly moves. A book that stands is repeated in the
recording and not on a wire that has it as it changes: it must not count as stale there."""


def recorded(seconds, seed):
    """A walk of SOL, an order of ours every few prices."""
    perp = universe().coin("SOL").perp
    return without_latency(in_units_of(perp, toy_recording(seconds=seconds, seed=seed)))


@pytest.mark.parametrize(("strategy", "seed", "seconds"), [("ladder", 1, 20), ("symmetric", 2, 25)])
def test_a_session_and_a_replay_of_its_recording_decide_alike(tmp_path, strategy, seed, seconds):
    recording = recorded(seconds, seed)
    live = leaping(ran(recording, tmp_path, strategy_type=strategy, **SIZES))
    again = replayed(recording, live)
    assert first_difference(live.decisions.made, again.made) == ""
    assert live.decisions.hash == again.hash
    whats = {decision.what for decision in again.made}
    assert whats >= {"place", "cancel", "fill"}, f"{len(again.made)} decisions: {whats}"


def captured():
    """25 seconds of BTC on 26 January 2025, twenty levels a side, as the venue streamed them."""
    path = need_shared_data("hyperliquid_raw") / "btcusd_20250126.gz"
    recording, _ = import_capture(CaptureFormat.HYPERLIQUID, [path], ImportOptions())
    return without_latency(in_units_of(universe().coin("BTC").perp, recording))


@pytest.mark.parametrize(
    ("strategy", "made"),
    [("ladder", {"place", "cancel"}), ("symmetric", {"place", "cancel", "fill"})],
)
def test_on_the_venues_own_stream_a_session_and_a_replay_decide_alike(tmp_path, strategy, made):
    recording = captured()
    live = leaping(ran(recording, tmp_path, strategy_type=strategy, **NEAR))
    again = replayed(recording, live)
    assert first_difference(live.decisions.made, again.made) == ""
    assert live.decisions.hash == again.hash
    whats = {decision.what for decision in again.made}
    assert whats == made, f"{len(again.made)} decisions: {whats}"


def test_another_configuration_decides_otherwise(tmp_path):
    recording = recorded(8, 1)
    live = leaping(ran(recording, tmp_path, **SIZES))
    other = replayed(recording, live, gamma=live.config.gamma * 2)
    assert live.decisions.made
    assert first_difference(live.decisions.made, other.made)
    assert live.decisions.hash != other.hash

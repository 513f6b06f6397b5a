"""The kernel decides what the engine decides on the real captures beside the repository."""

from decimal import Decimal

import msgspec
import pytest

from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, Nanos
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.research.recommended import RECOMMENDED, recommended_config
from market_maker.research.replay import ReplayPlan, replay
from market_maker.research.strategy_choice import with_strategy
from market_maker.venues.recorded.formats import CaptureFormat
from tests.golden.test_replay_recordings import ACTIVE, CAPTURES
from tests.shared_data import need_shared_data
from tests.support.kernel_plans import differences, first_difference

pytestmark = pytest.mark.slow

OTHERS = {
    "hyperliquid": (CaptureFormat.HYPERLIQUID, "hyperliquid_raw", "*.gz"),
    "lobster": (CaptureFormat.LOBSTER, "lobster_msft_fixture", "*.csv.gz"),
}
WHOLE, DEEP = "smart as documented", "recommended, with five levels"
OF_RECOMMENDED = ("strategy", "gamma", "min_spread_bps", "react", "fair_price")
NEAR = {
    "base_spread_bps": 2.0,
    "volatility_multiplier": 0.02,
    "adjustment_speed_bps": 1.0,
    "depth_share": 0.2,
}
STRATEGIES = (
    *("avellaneda_stoikov", "glft", "hyperliquid_simplified", "inventory_aware", "ladder"),
    *("smart", "symmetric", WHOLE, "calibrated", RECOMMENDED, DEEP),
)


@pytest.fixture(scope="module", params=[*CAPTURES, *OTHERS])
def recording(request):
    if request.param in CAPTURES:
        capture_format, folder, files = CAPTURES[request.param]
        paths = [need_shared_data(folder) / name for name in files]
    else:
        capture_format, folder, pattern = OTHERS[request.param]
        paths = sorted(need_shared_data(folder).glob(pattern))
    return import_capture(capture_format, paths, ImportOptions())[0]


def pool_of(recording, name):
    """Three levels of two members, who are full before the pool is."""
    config = PoolConfig(symbol=recording.instrument.symbol, **ACTIVE)
    limit = config.max_pool_position_usdt
    members = tuple(
        Member(who, Decimal(weight), limit / share, Decimal(2_000))
        for who, weight, share in (("alice", 60, 2), ("bob", 40, 4))
    )
    config = msgspec.structs.replace(config, members=members, warmup_samples=2)
    if name in (RECOMMENDED, DEEP):
        terms = recommended_config(recording.instrument.symbol)
        changes = {each: getattr(terms, each) for each in OF_RECOMMENDED}
        soon = {"warmup_trades": 1, "warmup_volume_ticks": 0}  # two recordings are short
        return msgspec.structs.replace(config, use_depth=name == DEEP, **changes, **soon)
    config = with_strategy(config, "smart" if name == WHOLE else name)
    if name == "smart":
        config = msgspec.structs.replace(config, strategy_params=NEAR)
    return config


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_is_decided_as_by_the_engine(recording, strategy):
    queue = QueueModel.PESSIMISTIC if strategy == "symmetric" else QueueModel.PROBABILITY
    plan = ReplayPlan(
        recording=recording,
        config=pool_of(recording, strategy),
        exchange=ReplaySettings(queue=queue, maker_rate=20_000),
        step_ns=Nanos(100 * NANOS_PER_MS),
    )
    python, compiled = replay(plan), replay(plan, engine=EngineChoice.COMPILED)
    wrong = differences(python, compiled)
    assert wrong == [], (wrong, first_difference(plan, EngineChoice.COMPILED))
    assert compiled.ran_by.engine is EngineChoice.COMPILED, compiled.ran_by
    assert python.orders_placed > 0

"""What both engines do: Avellaneda-Stoikov on the mid, one order a side, every 100 ms.

The limits are wide enough never to bind, so that nothing but quoting is measured; the check of
submits, cancels, fills and position says so if that is not true.
"""

from decimal import Decimal

import msgspec

from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import Nanos, ParticipantId
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings

STEP_NS = 100_000_000
LATENCY_NS = 5_000_000
QUEUE_EXPONENT = 2.0

GAMMA, KAPPA, TAU = 0.25, 16.0, 0.05
SIGMA_REF = 38.0
MIN_SPREAD_BPS, MAX_SPREAD_BPS = 0.2, 20.0
THRESHOLD_BPS = 0.3
ORDER_SIZE, POSITION_LIMIT = 100, 20_000
HALF_LIFE_SECONDS = 60.0
WARMUP = 2
_ENOUGH = Decimal(1_000_000)

CONFIG = PoolConfig(
    symbol="SYNTH",
    gamma=Decimal(str(GAMMA)),
    kappa=Decimal(str(KAPPA)),
    tau=Decimal(str(TAU)),
    min_spread_bps=Decimal(str(MIN_SPREAD_BPS)),
    max_spread_bps=Decimal(str(MAX_SPREAD_BPS)),
    order_size_usdt=Decimal(ORDER_SIZE),
    max_pool_position_usdt=Decimal(POSITION_LIMIT),
    max_pool_loss_usdt=_ENOUGH,
    check_staleness=False,
    quote_interval_ms=Decimal(100),
    price_threshold_bps=Decimal(str(THRESHOLD_BPS)),
    strategy="avellaneda_stoikov",
    strategy_params={"sigma_ref": SIGMA_REF},
    fair_price="mid",
    volatility="ewma",
    ewma_half_life_seconds=Decimal(str(HALF_LIFE_SECONDS)),
    warmup_samples=WARMUP,
    max_messages_per_second=10_000,
    members=(
        Member(
            participant_id=ParticipantId("in-house"),
            capital_weight_pct=Decimal(100),
            position_limit_usdt=Decimal(POSITION_LIMIT),
            max_loss_usdt=_ENOUGH,
        ),
    ),
)


FULL = msgspec.structs.replace(
    CONFIG,
    num_levels=3,
    level_spacing_bps=Decimal("0.5"),
    check_staleness=True,
    max_drawdown_pct=Decimal(90),
    fills_in_window_max=1_000,
    rate_limit_errors_max=100,
    members=tuple(
        Member(
            participant_id=ParticipantId(name),
            capital_weight_pct=Decimal(weight),
            position_limit_usdt=Decimal(POSITION_LIMIT),
            max_loss_usdt=_ENOUGH,
        )
        for name, weight in (("ann", 50), ("bob", 30), ("cid", 20))
    ),
)
"""Three levels of three members, every guard that a replay can meet on and none of them near."""


def settings(*, partial_fills: bool) -> ReplaySettings:
    """The same wires and the same queue as the peer's."""
    return ReplaySettings(
        entry_latency_ns=Nanos(LATENCY_NS),
        response_latency_ns=Nanos(LATENCY_NS),
        queue=QueueModel.PROBABILITY,
        queue_exponent=QUEUE_EXPONENT,
        partial_fills=partial_fills,
    )

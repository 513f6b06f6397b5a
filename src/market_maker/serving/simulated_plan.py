"""What is traded in a simulated month, by whom, and for how long."""

from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.model.calendar import NANOS_PER_DAY, Month
from market_maker.model.caller import Caller, Role
from market_maker.model.participant import Participant, ParticipantStatus, RevenueModel, Tier
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.units import NANOS_PER_MS, NANOS_PER_SECOND, Nanos, ParticipantId
from market_maker.sandbox.listings import LISTINGS

STEP = Nanos(10 * NANOS_PER_SECOND)
"""How far the clock moves at a time, and how often engines quote."""
PUBLISHED = Nanos(NANOS_PER_SECOND)
"""How often the market publishes its book."""
PAST = Nanos(30 * NANOS_PER_SECOND)
"""How old the market is when engines come to it."""
STEPS_PER_DAY = NANOS_PER_DAY // STEP
STEPS_PER_HOUR = STEPS_PER_DAY // 24

OPERATOR = Caller("simulation", (Role.OPERATOR, Role.RISK), "")


class MonthPlan(Struct, frozen=True, kw_only=True):
    """Which month, how many of its days from the first one on, what is traded, and the seed of the
    markets."""

    month: Month
    days: int
    symbols: tuple[str, ...]
    seed: int

    @property
    def steps(self) -> int:
        """Of the clock."""
        return self.days * STEPS_PER_DAY


class Player(Struct, frozen=True, kw_only=True):
    """A participant of the simulated month. weight_pct: in every pool. joins_pct, leaves_pct: when,
    of the time that is simulated."""

    participant_id: ParticipantId
    display_name: str
    revenue_model: RevenueModel
    share_pct: int
    tier: Tier
    weight_pct: int
    joins_pct: int = 0
    leaves_pct: int = 100


PLAYERS = (
    Player(
        participant_id=ParticipantId("acme"),
        display_name="Acme Trading Desk",
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        share_pct=20,
        tier=Tier.TIER_1,
        weight_pct=50,
    ),
    Player(
        participant_id=ParticipantId("beta"),
        display_name="Beta Capital",
        revenue_model=RevenueModel.KEEP_ALL,
        share_pct=0,
        tier=Tier.TIER_2,
        weight_pct=30,
        leaves_pct=70,
    ),
    Player(
        participant_id=ParticipantId("gamma"),
        display_name="Gamma Fund",
        revenue_model=RevenueModel.PERCENTAGE_SPLIT,
        share_pct=30,
        tier=Tier.TIER_3,
        weight_pct=20,
        joins_pct=30,
    ),
)
"""One is there from the first day to the last, one leaves, one joins."""

QUIET = {
    "depth_accounts": 2,
    "depth_orders": 6,
    "depth_wakes_per_s": 0.2,
    "noise_orders_per_s": 0.02,
    "noise_quotes_per_s": 0.02,
    "informed_wakes_per_s": 0.05,
    "momentum_wakes_per_s": 0.01,
}
"""Of TraderParameters: traders who do in a day what the usual ones do in an hour, so that a month
takes minutes."""


QUIET_LISTINGS = tuple(
    msgspec.structs.replace(each, parameters=msgspec.structs.replace(each.parameters, **QUIET))
    for each in LISTINGS
)


def pool_of(symbol: str) -> PoolConfig:
    """Wide limits: a month without a halt, and quotes that earn their spread."""
    return PoolConfig(
        symbol=symbol,
        enabled=True,
        strategy="symmetric",
        strategy_params={"half_spread_bps": 10.0},
        fair_price="mid",
        min_spread_bps=Decimal(4),
        max_spread_bps=Decimal(60),
        order_size_usdt=Decimal(2_000),
        max_pool_position_usdt=Decimal(100_000),
        max_pool_loss_usdt=Decimal(100_000),
        check_staleness=False,
        quote_interval_ms=Decimal(STEP // NANOS_PER_MS),
        price_threshold_bps=Decimal(6),
        warmup_samples=2,
        market_data_halt_seconds=Decimal(86_400),
    )


def member_of(player: Player) -> Member:
    """Of every pool; with limits that no month reaches."""
    return Member(
        player.participant_id, Decimal(player.weight_pct), Decimal(60_000), Decimal(50_000)
    )


def participant_of(player: Player, now: Nanos) -> Participant:
    """ACTIVE from `now` on."""
    name = player.participant_id
    return Participant(
        participant_id=name,
        user_id=f"user-{name}",
        account_id=f"account-{name}",
        display_name=player.display_name,
        status=ParticipantStatus.ACTIVE,
        initial_margin_usdt=Decimal(100_000),
        max_drawdown_pct=Decimal(50),
        revenue_model=player.revenue_model,
        revenue_share_pct=Decimal(player.share_pct),
        tier=player.tier,
        enrolled_by=OPERATOR.subject,
        notes="",
        version=1,
        created_at=now,
        updated_at=now,
    )

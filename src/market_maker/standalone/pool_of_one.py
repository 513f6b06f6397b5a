"""The maker's settings as a pool with one member: what the engine quotes by."""

from decimal import Decimal

from msgspec import structs

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import Instrument
from market_maker.model.participant import Participant, ParticipantStatus, RevenueModel, Tier
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.price_grid import PriceBand, PriceGrid
from market_maker.model.units import Nanos, ParticipantId
from market_maker.standalone.action_pace import QuotePace
from market_maker.standalone.settings import MakerSettings
from market_maker.standalone.sizing import MakerSize

MAKER = ParticipantId("maker")
GAMMA_MAX = Decimal(100)
SPREAD_MAX = Decimal(5_000)
MARGIN_MAX = Decimal(100_000_000_000)
STALE_SHARE = Decimal("0.3")
"""Of the time without data that stops the maker: from there on quotes are pulled."""

QUOTE_INTERVAL_MS = Decimal(500)
"""An account has 10,000 actions for life, and one more for each USDC traded."""

VOLUME_TICKS = 20
"""SOP 9.2: "need 50+ trades, 20 volume ticks"."""

SAMPLES, SAMPLES_LEAST = 20, 3
"""One-second samples of the price before the first quote; the least where no trades are asked
for."""

INTENSITY = 600.0
"""Fills per hour of one order at fair, until they are measured."""

STEADY = QuotePace()
"""As often as the settings say."""

_SKEW = Decimal(1)
"""inventory_aware: how far a full position moves the quotes, in nearest distances."""


def pool_config(
    settings: MakerSettings,
    symbol: str,
    account_id: str,
    size: MakerSize,
    equity: Decimal,
    *,
    caution: Decimal = Decimal(1),
    pace: QuotePace = STEADY,
    version: int = 1,
) -> PoolConfig:
    """equity: what the drawdown is measured against. caution: factor on the risk aversion, which is
    per share of the pool's limit in the engine and of the member's in the settings. The pool's
    limit trips the kill switch. Raises InvalidFieldError for what the strategy does not take."""
    stale, nearest = settings.stale_data_threshold_secs, 2 * settings.min_depth_bps
    gamma = settings.risk_aversion * settings.max_position_value / size.position_value
    return PoolConfig(
        symbol=symbol,
        enabled=True,
        gamma=min(gamma * caution, GAMMA_MAX),
        vol_lookback_seconds=settings.estimation_window_secs,
        num_levels=pace.of(size.levels),
        min_spread_bps=min(nearest, Decimal(1)),
        max_spread_bps=min(max(Decimal(100), 4 * nearest), SPREAD_MAX),
        order_size_usdt=size.side_value / pace.of(size.levels),
        max_pool_position_usdt=settings.max_position_value,
        max_pool_loss_usdt=settings.max_daily_loss,
        staleness_threshold_ms=stale * STALE_SHARE * 1_000,
        market_data_halt_seconds=max(stale * (1 - STALE_SHARE), Decimal(1)),
        quote_interval_ms=QUOTE_INTERVAL_MS * pace.interval,
        price_threshold_bps=settings.max_bps_diff * Decimal(str(pace.threshold)),
        price_collar_bps=min(max(Decimal(500), 2 * settings.max_depth_bps), SPREAD_MAX),
        fair_price="regression",
        lead_symbol=settings.lead_asset,
        capital_usdt=max(equity, Decimal("0.01")),
        max_drawdown_pct=settings.max_drawdown * 100,
        rate_limit_errors_max=settings.max_rate_limit_errors,
        warmup_samples=SAMPLES if settings.min_trades else SAMPLES_LEAST,
        warmup_trades=settings.min_trades,
        warmup_volume_ticks=VOLUME_TICKS if settings.min_trades else 0,
        use_toxicity=True,
        use_inventory_gamma=True,
        use_cascade=True,
        use_kappa="estimated",
        estimators="all",
        members=(_member(settings, account_id, size),),
        version=version,
        strategy=settings.strategy_type,
        strategy_params=_strategy_params(settings),
    )


def _member(settings: MakerSettings, account_id: str, size: MakerSize) -> Member:
    limit = min(size.position_value, settings.max_position_value)
    return Member(MAKER, Decimal(100), limit, settings.max_daily_loss, True, account_id, account_id)


def _strategy_params(settings: MakerSettings) -> dict[str, str | int | float | bool | None]:
    nearest = float(settings.min_depth_bps)
    match settings.strategy_type:
        case "symmetric":
            return {"half_spread_bps": nearest}
        case "inventory_aware":
            return {"half_spread_bps": nearest, "skew_bps": nearest * float(_SKEW)}
        case "ladder":
            return {
                "around": "glft",
                "min_depth_bps": nearest,
                "max_depth_bps": float(settings.max_depth_bps),
                "spacing": "geometric" if settings.geometric_spacing else "linear",
                "intensity_per_hour": INTENSITY,
            }
        case _:
            return {"intensity_per_hour": INTENSITY}


def participant(account_id: str, now: Nanos) -> Participant:
    """The member's record. Nothing but the pool's limits bounds it."""
    return Participant(
        participant_id=MAKER,
        user_id=account_id,
        account_id=account_id,
        display_name="the maker",
        initial_margin_usdt=MARGIN_MAX,
        max_drawdown_pct=Decimal(100),
        revenue_model=RevenueModel.KEEP_ALL,
        revenue_share_pct=Decimal(0),
        tier=Tier.TIER_1,
        status=ParticipantStatus.ACTIVE,
        version=1,
        created_at=now,
        updated_at=now,
    )


def coarser(instrument: Instrument, decimals: int | None) -> Instrument:
    """With prices of at most so many decimals. Raises InvalidFieldError where the market has
    fewer."""
    if decimals is None:
        return instrument
    exponent = instrument.tick_size.normalize().as_tuple().exponent
    assert isinstance(exponent, int)
    if decimals > -exponent:
        allowed = f"at most {-exponent}, which {instrument.symbol} has"
        raise InvalidFieldError("decimals", decimals, allowed)
    least = int(Decimal(1).scaleb(-decimals) / instrument.tick_size)
    bands = instrument.price_grid.bands or (PriceBand(0, 1),)
    wanted = [PriceBand(band.since, max(band.step, least)) for band in bands]
    kept = [band for at, band in enumerate(wanted) if at == 0 or band.step != wanted[at - 1].step]
    return structs.replace(instrument, price_grid=PriceGrid(tuple(kept)))

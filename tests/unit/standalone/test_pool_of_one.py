"""Settings become a pool that the engine takes, with the SOP's kill switch as its guards."""

from decimal import Decimal

import pytest

from market_maker.engine.engine import Engine
from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, Nanos
from market_maker.risk import guards
from market_maker.standalone.pool_of_one import coarser, participant, pool_config
from market_maker.standalone.settings import STRATEGIES, MakerSettings
from market_maker.standalone.sizing import Capacity, sized
from market_maker.venues.hyperliquid.universe import ListedMarket

ACCOUNT = "0x" + "ab" * 20
MARKET = ListedMarket("BTC", 0, 5)
MARK = Decimal(100_000)
EQUITY = Decimal(20_000)


def config_of(settings, **more):
    size = sized(settings, Capacity(EQUITY, 20, MARK))
    return pool_config(settings, "BTC", ACCOUNT, size, EQUITY, **more)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_strategy_of_the_sop_is_one_that_the_engine_takes(strategy):
    config = config_of(MakerSettings(strategy_type=strategy))
    engine = Engine(MARKET.instrument(), config)
    assert engine.config.strategy == strategy


def test_the_six_conditions_of_the_kill_switch_are_guards_with_the_sops_thresholds():
    engine = Engine(MARKET.instrument(), config_of(MakerSettings()))
    rows = guards.report(engine.readings(), engine.terms.guard_limits)
    found = {guard.name: guard.threshold for guard in rows}
    instrument = engine.instrument
    assert instrument.money(found[guards.LOSS]) == 500
    assert found[guards.DRAWDOWN] * 20 == RATE_SCALE
    assert found[guards.POSITION] == instrument.tick_lots(Decimal(10_000))
    assert found[guards.RATE_LIMIT] == 10
    assert found[guards.CASCADE] == int(0.95 * RATE_SCALE)
    stale_ns = engine.terms.stale_ns + found[guards.MARKET_DATA]
    assert stale_ns == 5 * NANOS_PER_SECOND


def test_the_risk_aversion_is_per_share_of_the_makers_own_position_limit():
    config = config_of(MakerSettings())
    assert config.gamma == Decimal("0.3") * 2
    assert config.members[0].position_limit_usdt == 5_000
    assert config_of(MakerSettings(), caution=Decimal(2)).gamma == Decimal("1.2")
    assert config_of(MakerSettings(risk_aversion=Decimal(100))).gamma == 100


def test_the_ladder_has_the_depths_and_the_spacing_of_the_settings():
    linear = MakerSettings(
        min_depth_bps=Decimal(8), max_depth_bps=Decimal(40), geometric_spacing=False
    )
    params = config_of(linear).strategy_params
    assert (params["min_depth_bps"], params["max_depth_bps"]) == (8, 40)
    assert (params["spacing"], params["around"]) == ("linear", "glft")


def test_prices_have_at_most_so_many_decimals():
    instrument = MARKET.instrument()
    assert coarser(instrument, None) is instrument
    whole = coarser(instrument, 0).price_grid
    assert (whole.step(5), whole.step(50_000_000)) == (10, 10)
    assert coarser(instrument, 1).price_grid == instrument.price_grid
    with pytest.raises(InvalidFieldError, match="at most 1, which BTC has"):
        coarser(instrument, 2)


def test_the_member_is_bounded_by_nothing_but_the_pool():
    made = participant(ACCOUNT, Nanos(1))
    assert made.account_id == ACCOUNT
    assert made.max_drawdown_pct == 100

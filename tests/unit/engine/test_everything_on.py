"""Every strategy with every term, estimate and guard on, in a world that does not behave."""

import math
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market_maker.engine.engine import Engine
from market_maker.model.events import Configured, Operated, Trade
from market_maker.model.lifecycle import Command
from market_maker.model.orders import Side
from market_maker.quoting.registry import STRATEGIES
from tests.examples import examples
from tests.unit.engine.desk import INSTRUMENT, pool
from tests.unit.engine.ledger import Ledger
from tests.unit.engine.test_random_venue import BASE, World

TERMS = {
    "use_funding": True,
    "use_impact": True,
    "use_toxicity": True,
    "use_inventory_gamma": True,
    "use_cascade": True,
    "use_depth": True,
    "dust_usdt": Decimal(50),
    "lead_symbol": "ETHUSDT-PERP",
    "one_sided_bps": Decimal(2),
    "sigma_horizon_seconds": 5,
    "estimators": "all",
    "warmup_trades": 5,
    "warmup_volume_ticks": 2,
    "min_edge_bps": Decimal("0.5"),
    "target_spread_bps": Decimal(15),
    "balance": True,
    "max_drawdown_pct": Decimal(5),
    "fills_in_window_max": 8,
    "rate_limit_errors_max": 5,
    "max_consumer_lag_ms": Decimal(5_000),
    "gamma": Decimal("0.05"),
    "kappa": Decimal(2),
    "num_levels": 3,
}
GLFT = {"intensity_per_hour": 360.0}
PARAMETERS = {
    "symmetric": {"half_spread_bps": 5.0},
    "inventory_aware": {"half_spread_bps": 5.0, "skew_bps": 4.0},
    "avellaneda_stoikov": {"horizon_mode": "saturating", **GLFT},
    "calibrated": {"spread_adjustment": 0.7, "lean_adjustment": 2.0, **GLFT},
    "glft": {"mode": "stationary", **GLFT},
    "reference_glft": {"gamma_per_bps": 0.5},
    "reference_hummingbot": {"risk_factor": 2.0},
    "smart": {"volatility_multiplier": 0.1},
    "hyperliquid_simplified": {"kappa_unit_bps": 10.0},
    "ladder": {"around": "glft", "sizes": "linear", "max_depth_bps": 40.0, **GLFT},
}
FAIR_PRICES = ("mid", "weighted_mid", "microprice", "regression", "kalman")


def everything(name, fair_price, use_kappa):
    own = {"strategy": name, "strategy_params": PARAMETERS[name]}
    chosen = {"fair_price": fair_price, "use_kappa": use_kappa}
    return msgspec.structs.replace(pool(**BASE), **TERMS | own | chosen)


def judged(engine):
    """What a reader is shown is finite, and the members are the pool."""
    seen = engine.snapshot()
    figures = [line.value for line in seen.estimates]
    figures += [seen.spread_bps, seen.shift_bps, seen.sigma_bps, seen.fair_ticks]
    assert all(value is None or math.isfinite(value) for value in figures)
    assert sum(member.position for member in seen.members) == seen.position
    assert sum(member.net for member in seen.members) == seen.net
    ladder = engine.ladder
    bids, asks = ([price for price in prices if price] for prices in ladder.prices)
    assert not (bids and asks) or max(bids) < min(asks)


def test_every_strategy_is_checked():
    assert sorted(PARAMETERS) == sorted(STRATEGIES)


@pytest.mark.thorough
@pytest.mark.parametrize("name", PARAMETERS)
@settings(max_examples=examples(6), deadline=None)
@given(
    seed=st.integers(0, 2**32),
    trouble=st.sampled_from([0.0, 0.1, 0.4]),
    fair_price=st.sampled_from(FAIR_PRICES),
    use_kappa=st.sampled_from(("estimated", "estimated_only")),
)
def test_no_rule_is_broken_whatever_is_measured(name, seed, trouble, fair_price, use_kappa):
    world, ledger = World(seed, trouble), Ledger()
    config = everything(name, fair_price, use_kappa)
    engine, twin = Engine(INSTRUMENT, config), Engine(INSTRUMENT, config)
    for number in range(150):
        events = [event for event in world.tick() if not isinstance(event, Configured)]
        events += [_trade(world) for _ in range(world.rng.randint(0, 4))]
        if number == 20:
            events.append(Operated(world.now, Command.ENABLE, "op", "start"))
        for event in events:
            ledger.hear(event)
        actions = engine.turn(world.now, events)
        ledger.judge(engine, actions)
        assert twin.turn(world.now, events) == actions, "the same events, the same actions"
        judged(engine)
        world.venue.send(world.now, actions)


def _trade(world):
    """As deep and as large as it likes."""
    rng = world.rng
    side = rng.choice((Side.BUY, Side.SELL))
    away = round(rng.expovariate(0.2)) * side.sign
    size = rng.choice((1, 5, 500, 10**12))
    return Trade(world.now, world.now, max(1, world.mid + away), size, side)

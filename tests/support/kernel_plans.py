"""Random replays in which limits, guards and halts do bind, and in what two of them differ."""

import random
from decimal import Decimal
from functools import cache
from itertools import zip_longest

import msgspec
import numpy as np

from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.model.pool import Member
from market_maker.replay_venue.queue_position import QueueModel
from market_maker.replay_venue.recorded_exchange import ReplaySettings
from market_maker.research.replay import ReplayPlan, replay
from tests.toy_market import foretold_recording, toy_config, toy_recording

STRATEGIES = {
    "avellaneda_stoikov": [
        {},
        {"horizon_mode": "saturating", "intensity_per_hour": 360, "terminal_penalty_bps": 9},
    ],
    "glft": [
        {"intensity_per_hour": 10},
        {"intensity_per_hour": 3600, "xi": 0.0},
        {"intensity_per_hour": 360, "mode": "stationary"},
    ],
    "symmetric": [{"half_spread_bps": 0.5}, {"half_spread_bps": 2}],
    "inventory_aware": [{"half_spread_bps": 2, "skew_bps": 5}],
    "hyperliquid_simplified": [{}],
    "ladder": [{"min_depth_bps": 0.5, "max_depth_bps": 10, "sizes": "linear"}],
}


SMART, ASKED, LEARNED, FINE, LEANING = "smart", "asked", "learned", "fine", "leaning"
SMART_EVERY = 8
"""One plan of so many quotes smart, the one before it by estimates that are asked for, and the one
before that by estimates that are learned from every book and trade, unless others are wanted."""

GRIDS = ((10, 10), (10, 10), (100, 1_000), (10, 10_000))
"""How often finer prices and sizes are than the toy market's; the first is as of bitcoin's spot."""

SHORT_STEP_NS = 10_000_000
FLOW_LEAVES_S = 90
"""Longer than trades count as recent."""

HIGHEST_PRICE = 104
"""More than the toy market's."""

LEARNING_S = 75
"""Arrivals are measured after a minute, forecasts used after half of one."""

REFERENCES = ("reference_glft", "reference_hummingbot")

_recording, _foretold = cache(toy_recording), cache(foretold_recording)


def random_plan(seed, strategy=None):
    """A replay of 10 to 30 seconds; the same for the same seed. strategy: SMART for a plan that
    quotes smart, some of them for long enough that trades are no longer recent; ASKED for one whose
    estimates the kernel asks for; LEARNED for one that rests on a regression, arrivals or both;
    FINE for any plan on so fine a grid that money passes 64 bits; LEANING for one whose quotes lean
    as far as they may, some of them over a horizon that saturates."""
    if strategy == FINE:
        return on_fine_grid(random_plan(seed), *GRIDS[seed % len(GRIDS)])
    if strategy == LEANING:
        return _leaning_plan(seed)
    if strategy == LEARNED or (strategy is None and seed % SMART_EVERY == SMART_EVERY - 3):
        return _learned_plan(seed)
    if strategy == ASKED or (strategy is None and seed % SMART_EVERY == SMART_EVERY - 2):
        return _asked_plan(seed)
    if strategy == SMART or (strategy is None and seed % SMART_EVERY == SMART_EVERY - 1):
        return _smart_plan(seed)
    return _plan(seed)


def _plan(seed):
    chance = random.Random(seed)
    config = toy_config(**_quotes(chance), **_limits(chance))
    exchange = ReplaySettings(
        feed_latency_ns=chance.choice([0, 3_000_000]),
        entry_latency_ns=chance.choice([0, 5_000_000, 150_000_000]),
        response_latency_ns=chance.choice([0, 5_000_000, 90_000_000]),
        queue=chance.choice(list(QueueModel)),
        partial_fills=chance.random() < 0.7,
        maker_rate=chance.choice([0, 10_000, -5_000, 12_345]),
    )
    return ReplayPlan(
        recording=_limited(_recording(chance.choice([10, 20, 30]), seed % 7), config, seed),
        config=config,
        exchange=exchange,
        step_ns=chance.choice([SHORT_STEP_NS, 100_000_000, 330_000_000]),
        resume_after_ns=chance.choice([None, 1_000_000_000]),
    )


def _limited(recording, config, seed):
    """Where a venue takes less than is wanted: sizes, values, prices, open orders; three in four
    replays know no such limits."""
    chance = random.Random(f"limits {seed}")
    if chance.random() < 0.75:
        return recording
    room = max(member.position_limit_usdt for member in config.members)
    least = int(min(room, config.order_size_usdt) / HIGHEST_PRICE / recording.instrument.lot_size)
    worth = HIGHEST_PRICE * least // 1_000 + 1
    limits = InstrumentLimits(
        min_lots=chance.choice([0, least // 4, least]),
        max_lots=chance.choice([0, least, 2 * least, 50_000]),
        max_notional=Decimal(chance.choice([0, 0, worth, worth + 700])),
        band_up_rate=chance.choice([0, 5_000, 20_000, 60_000]),
        band_down_rate=chance.choice([0, 5_000, 20_000, 60_000]),
        max_open_orders=chance.choice([0, 0, 1, 2, 3, 5]),
    )
    limited = msgspec.structs.replace(recording.instrument, limits=limits)
    return msgspec.structs.replace(recording, instrument=limited)


def _smart_plan(seed):
    """The same plan, but smart."""
    plan, chance = _plan(seed), random.Random(f"smart {seed}")
    quotes = smart_quotes(chance)
    if plan.step_ns > SHORT_STEP_NS and chance.random() < 0.4:
        plan = msgspec.structs.replace(plan, recording=_recording(FLOW_LEAVES_S, seed % 7))
    config = msgspec.structs.replace(plan.config, **quotes)
    return msgspec.structs.replace(plan, config=config)


def _leaning_plan(seed):
    """A plan that is averse to what it holds, and may hold many orders of it."""
    plan, chance = _plan(seed), random.Random(f"leaning {seed}")
    strategy = chance.choice(["avellaneda_stoikov", "avellaneda_stoikov", "glft"])
    terms = {
        "strategy": strategy,
        "strategy_params": chance.choice(STRATEGIES[strategy]),
        "gamma": Decimal(chance.choice(["0.5", "5", "50"])),
        "tau": Decimal(chance.choice(["0.001", "0.01", "1", "24"])),
        "min_spread_bps": Decimal(0),
        "max_spread_bps": Decimal(chance.choice([2, 10, 500])),
        "target_spread_bps": Decimal(0),
        "price_threshold_bps": Decimal(0),
        "max_pool_loss_usdt": Decimal(2_000),
    }
    return msgspec.structs.replace(plan, config=msgspec.structs.replace(plan.config, **terms))


def _asked_plan(seed):
    """A plan on estimates that are asked for: long enough for them, of quotes that follow them."""
    plan, chance = _plan(seed), random.Random(f"asked {seed}")
    quotes = smart_quotes(chance) if chance.random() < 0.3 else {}
    if not quotes:
        quotes["strategy"] = strategy = chance.choice(["avellaneda_stoikov", "glft"])
        quotes["strategy_params"] = STRATEGIES[strategy][0]
        quotes["gamma"] = Decimal(chance.choice([1, 5, 30]))
    terms = {
        "use_toxicity": chance.random() < 0.5,
        "use_inventory_gamma": chance.random() < 0.5,
        "sigma_horizon_seconds": chance.choice([0, 2, 5]),
        "vol_lookback_seconds": chance.choice([30, 60]),
        "min_spread_bps": Decimal(0),
        "price_threshold_bps": Decimal(0),
        "max_pool_loss_usdt": Decimal(2_000),
    }
    config = msgspec.structs.replace(plan.config, **terms, **quotes)
    step_ns = max(plan.step_ns, 10 * SHORT_STEP_NS)
    recording = _recording(FLOW_LEAVES_S, seed % 7)
    return msgspec.structs.replace(plan, recording=recording, config=config, step_ns=step_ns)


def _learned_plan(seed):
    """A plan on a market that foretells something, for long enough to be learned."""
    plan, chance = _plan(seed), random.Random(f"learned {seed}")
    strategy = chance.choice(["calibrated", "calibrated", *REFERENCES, *STRATEGIES, SMART])
    quotes = {"strategy": strategy, "strategy_params": {}}
    if strategy in STRATEGIES:
        quotes["strategy_params"] = chance.choice(STRATEGIES[strategy])
    elif strategy == SMART:
        quotes = smart_quotes(chance)
    elif strategy == "calibrated":
        dials = {"spread_adjustment": chance.choice([0.5, 1]), "lean_adjustment": 2}
        given = {"sigma_ref": 80, "intensity_per_hour": 900, "kappa_unit_bps": 1}
        quotes["strategy_params"] = chance.choice([{}, {}, dials, given])
        quotes["gamma"] = Decimal(chance.choice([1, 30]))
        if chance.random() < 0.2:
            around = {"min_depth_bps": 0.5, "max_depth_bps": 10, "sizes": "linear"}
            quotes["strategy_params"] |= {"around": strategy} | around
            quotes["strategy"] = "ladder"
    by_arrivals = strategy in ("calibrated", *REFERENCES)
    terms = {
        "fair_price": "mid" if by_arrivals and chance.random() < 0.3 else "regression",
        "warmup_trades": chance.choice([0, 5, 50]),
        "warmup_volume_ticks": chance.choice([0, 1, 3, 12]),
        "min_spread_bps": Decimal(chance.choice([0, 0, 1])),
        "price_threshold_bps": Decimal(chance.choice(["0", "0.5"])),
        "react": chance.random() < 0.7,
    }
    if chance.random() < 0.3:
        terms |= {"use_toxicity": chance.random() < 0.5, "vol_lookback_seconds": 30}
        terms["use_inventory_gamma"] = chance.random() < 0.5
        terms["sigma_horizon_seconds"] = chance.choice([0, 2, 5])
    terms["use_depth"] = chance.random() < 0.5
    config = msgspec.structs.replace(plan.config, **terms, **quotes)
    step_ns = max(plan.step_ns, 4 * SHORT_STEP_NS)
    recording = _foretold(LEARNING_S, seed % 7)
    return msgspec.structs.replace(plan, recording=recording, config=config, step_ns=step_ns)


def smart_quotes(chance):
    """Near enough to be filled, mostly of sizes that differ by side and move; some in a ladder."""
    params = {
        "base_spread_bps": chance.choice([0, 1, 3]),
        "volatility_multiplier": chance.choice([0, 0.01, 0.05]),
        "inventory_sensitivity_bps": chance.choice([0, 2, 20]),
        "target_q_hat": chance.choice([-0.5, 0, 0, 0.3]),
        "pressure_threshold": chance.choice([0, 0.1, 0.4]),
        "adjustment_speed_bps": chance.choice([0, 0.5, 2]),
        "emergency_multiplier": chance.choice([0, 0.5, 3]),
        "depth_share": chance.choice([5e-324, 0.01, 0.1, 0.5, 0.5, 2, 10]),
        "size_cap": chance.choice([0.3, 1, 1.7, 2]),
    }
    if chance.random() < 0.8:
        return {"strategy": SMART, "strategy_params": params}
    shape = {"min_depth_bps": 0.5, "max_depth_bps": 10, "sizes": chance.choice(["equal", "linear"])}
    return {"strategy": "ladder", "strategy_params": {"around": SMART, **shape, **params}}


def on_fine_grid(plan, prices, sizes):
    """The same market and money on a grid so many times as fine, prices and sizes off the old one
    too."""
    return msgspec.structs.replace(plan, recording=_finer(plan.recording, prices, sizes))


def _finer(recording, prices, sizes):
    instrument = msgspec.structs.replace(
        recording.instrument,
        tick_size=recording.instrument.tick_size / prices,
        lot_size=recording.instrument.lot_size / sizes,
    )
    ticks, lots = recording.ticks, recording.lots
    return msgspec.structs.replace(
        recording,
        instrument=instrument,
        ticks=np.where(ticks > 0, ticks * prices + ticks * 7 % prices, ticks),
        lots=np.where(lots > 0, lots * sizes + lots * 13 % sizes, lots),
    )


def short_plan(seed, strategy=None):
    """The same, but of 3 seconds where there are a hundred turns a second."""
    if strategy == FINE:
        return on_fine_grid(short_plan(seed), *GRIDS[seed % len(GRIDS)])
    plan = random_plan(seed, strategy)
    if plan.step_ns > SHORT_STEP_NS:
        return plan
    return msgspec.structs.replace(plan, recording=_recording(3, seed % 7))


def _quotes(chance):
    strategy = chance.choice(list(STRATEGIES))
    low = chance.choice([0, 1, 3])
    return {
        "strategy": strategy,
        "strategy_params": chance.choice(STRATEGIES[strategy]),
        "fair_price": chance.choice(["mid", "weighted_mid", "microprice", "microprice"]),
        "volatility": chance.choice(["ewma", "realised"]),
        "ewma_half_life_seconds": Decimal(chance.choice([3, 60])),
        "gamma": Decimal(chance.choice(["0.01", "0.1", "0.5"])),
        "kappa": Decimal(chance.choice([20, 60, 200])),
        "num_levels": chance.choice([1, 1, 2, 3]),
        "level_spacing_bps": Decimal(chance.choice(["0.5", "1", "3"])),
        "min_spread_bps": Decimal(low),
        "target_spread_bps": Decimal(chance.choice([0, 0, 4])),
        "price_threshold_bps": Decimal(chance.choice(["0", "0.5", "5"])),
        "quote_interval_ms": Decimal(chance.choice([10, 100, 700])),
        "react": chance.random() < 0.3,
    }


def _limits(chance):
    size = chance.choice([300, 1000, 5000])
    limit = chance.choice([size, 2 * size, 5 * size, 25_000])
    count = chance.choice([1, 1, 2, 3])
    shared = random.Random(f"{size} {limit} {count}").choice([0, 0, 2, 3])
    whole = count == 1 and chance.random() < 0.6
    weights = [100 if whole else chance.choice([10, 20, 33, "12.5"]) for _ in range(count)]
    rate = chance.choice([2, 5, 20, 1000])
    if rate == 1000 and count > 1:
        weights = [60, 40] if count == 2 else [50, 30, 20]  # all of an order
    return {
        "order_size_usdt": Decimal(size),
        "max_pool_position_usdt": Decimal(limit),
        "max_pool_loss_usdt": Decimal(chance.choice([2, 10, 2000])),
        "members": tuple(
            Member(
                f"member-{i}",
                Decimal(weight),
                limit * Decimal(chance.choice(["1", "0.4", "0.1"])),
                Decimal(chance.choice([1, 5, 2000])),
                account_id="shared" if i < shared else "",
            )
            for i, weight in enumerate(weights)
        ),
        "max_messages_per_second": rate,
        "cancel_reserve_pct": Decimal(10 if rate == 2 else 25),
        "max_drawdown_pct": Decimal(chance.choice(["0", "0", "0.05", "1"])),
        "fills_in_window_max": chance.choice([0, 0, 4]),
        "reduce_only_at_pct": Decimal(chance.choice([20, 80])),
        "price_collar_bps": Decimal(chance.choice([2, 10, 500])),
        "check_staleness": chance.random() < 0.5,
        "staleness_threshold_ms": Decimal(chance.choice([40, 2000])),
        "market_data_halt_seconds": Decimal(chance.choice([1, 30])),
        "max_order_value_usdt": Decimal(chance.choice([0, 2 * size])),
    }


def differences(one, other):
    """The fields in which two logs differ, what made the decisions aside, and how much was ahead of
    open orders: an estimate for people, by which nothing is decided and which the kernel does not
    follow."""
    one, other = (
        msgspec.structs.replace(log, snapshot=_without_queues(log.snapshot)) for log in (one, other)
    )
    return [
        name
        for name in one.__struct_fields__
        if name not in ("plan", "ran_by") and not _equal(getattr(one, name), getattr(other, name))
    ]


def _without_queues(snapshot):
    orders = tuple(msgspec.structs.replace(order, ahead=0) for order in snapshot.orders)
    return msgspec.structs.replace(snapshot, orders=orders)


def _equal(one, other):
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    if hasattr(one, "__slots__") and not hasattr(one, "__struct_fields__"):
        return all(getattr(one, name) == getattr(other, name) for name in one.__slots__)
    if isinstance(one, msgspec.Struct) and hasattr(one, "mid_x2") and hasattr(one, "sign"):
        return all(
            np.array_equal(getattr(one, name), getattr(other, name))
            for name in one.__struct_fields__
        )
    return one == other


def first_difference(plan, engine):
    """Where two replays part: the first turn whose actions differ, in Python and otherwise."""
    turns = ([], [])
    replay(plan, on_actions=lambda *turn: turns[0].append(turn))
    replay(plan, engine=engine, on_actions=lambda *turn: turns[1].append(turn))
    pairs = zip_longest(*turns)
    return next((pair for pair in pairs if pair[0] != pair[1]), None)

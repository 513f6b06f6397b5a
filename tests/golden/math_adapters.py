"""From a numeric case's inputs to what our code says, one function for each group of cases."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np

from market_maker.engine.allocation import CreditAllocator, largest_remainder
from market_maker.engine.position import Position
from market_maker.estimators import fair_price
from market_maker.estimators.queue_position import CURVES, QueuePosition, probability_behind
from market_maker.estimators.volatility import RealisedVolatility
from market_maker.model.orders import Side
from market_maker.model.pool import PoolConfig
from market_maker.model.units import NANOS_PER_SECOND, RATE_SCALE, VALUE_SCALE, Nanos
from market_maker.quoting.closed_forms import (
    half_and_shift,
    reversion_rate,
    saturated_horizon,
)
from market_maker.quoting.registry import strategy
from market_maker.quoting.scaling import clamp, level_ticks
from market_maker.quoting.view import View
from market_maker.research.avellaneda_stoikov_tables import (
    PaperMarket,
    Schedule,
    schedule,
    simulate,
    symmetric_moments,
)
from market_maker.research.metrics import metrics
from market_maker.research.replay_accounting import FillLog, markout
from tests.golden import adapters_estimators, adapters_money, adapters_quoting
from tests.reference.ewma_variance import EwmaVariance
from tests.reference.formulas import queue_path, spread_slope
from tests.reference.volatility_units import to_bps_per_sqrt_hour

SEED = 20080308


def as_core(i):
    half, shift = half_and_shift(
        i["q"], i["gamma"], i["sigma"] ** 2 * i["tau"], i["kappa"], i["delta"]
    )
    reservation = i["s"] - shift
    return {
        "r": reservation,
        "half": half,
        "bid": reservation - half,
        "ask": reservation + half,
    }


def as_gamma_sign(i):
    slope = spread_slope(i["gamma"], i["sigma"] ** 2 * i["tau"], i["kappa"])
    return {"value": slope, "widens": slope > 0}


def riccati(i):
    delta = i.get("delta", 1.0)
    omega = reversion_rate(i["gamma"], i["sigma"], i["k"], i["A"], delta)
    horizon = saturated_horizon(i["tau"], omega)
    half, shift = half_and_shift(i["q"], i["gamma"], i["sigma"] ** 2 * horizon, i["k"], delta)
    return {
        "bid": half + shift,
        "ask": half - shift,
        "half": half,
        "shift": shift,
        "omega": omega,
        "tau_eff": horizon,
        "a": shift / (2 * i["q"]),
    }


def _market(i):
    return PaperMarket(
        sigma=i["sigma"], horizon=i["T"], step=i["dt"], kappa=i["k"], intensity=i["A"]
    )


def _simulated(i, quotes):
    rng = np.random.Generator(np.random.PCG64(SEED))
    outcome = simulate(quotes, _market(i), i["paths"], rng)
    return {
        "mean_spread": outcome.spread,
        "profit": float(outcome.profit.mean()),
        "std_profit": float(outcome.profit.std(ddof=1)),
        "final_q": float(outcome.final_q.mean()),
        "std_q": float(outcome.final_q.std(ddof=1)),
    }


def as_sim(i):
    return _simulated(i, schedule(i["gamma"], i["strategy"], _market(i)))


def as_sim_preprint(i):
    """The preprint's spread has no term in sigma."""
    journal = schedule(i["gamma"], i["strategy"], _market(i))
    half, _ = half_and_shift(0.0, i["gamma"], 0.0, i["k"], 1.0)
    return _simulated(i, Schedule(np.full_like(journal.half, half), journal.lean))


def as_sym_analytic(i):
    market = _market(i)
    half = schedule(i["gamma"], "symmetric", market).half[0]
    moments = symmetric_moments(half, market)
    return {
        "mean": moments.profit,
        "std": moments.std_profit,
        "std_q": moments.std_final_q,
        "p": moments.fill_chance,
    }


def rv_bv(i):
    returns = i["log_returns"]
    assert i["window_s"] == len(returns)
    volatility = RealisedVolatility(len(returns))
    for second, log_price in enumerate(np.concatenate(([0.0], np.cumsum(returns))).tolist(), 1):
        volatility.update(second * NANOS_PER_SECOND, math.exp(log_price))
    seen = volatility.variation()
    raw = seen.bipower * (seen.samples - 1) / seen.samples
    known = seen.jump_ratio is not None
    return {
        "rv": seen.realised,
        "bv": raw,
        "bv_corrected": seen.bipower,
        "jump_ratio": seen.realised / raw if known else 1.0,
        "jump_ratio_corrected": seen.jump_ratio if known else 1.0,
        "valid": known,
        "sigma_bps_sqrt_h": volatility.value,
        "sigma_clean_bps_sqrt_h": seen.sigma_clean,
    }


def sigma_units(i):
    return {"sigma_bps_sqrt_h": to_bps_per_sqrt_hour(i["value"], i["unit"])}


def ewma(i):
    variance = EwmaVariance(i["half_life_s"], i["var0_per_s"])
    for change, seconds in zip(i["log_returns"], i["dts"], strict=True):
        variance.add(change, seconds)
    return {"var_per_s": variance.value}


def wmid(i):
    value = fair_price.weighted_mid(i["bid"], i["bid_size"], i["ask"], i["ask_size"])
    return {"wmid": value, "imbalance": (value - i["bid"]) / (i["ask"] - i["bid"])}


def stoikov_micro(i):
    assert i["n"] == fair_price.TERMS
    drift = (np.array(i["R1"]) @ np.array(i["K"])).tolist()
    nowhere = np.zeros_like(np.array(i["R2"])).tolist()
    return {
        "g1": fair_price.adjustment(quiet=i["Q"], drift=drift, moved=nowhere),
        "g6": fair_price.adjustment(quiet=i["Q"], drift=drift, moved=i["R2"]),
    }


def markouts(i):
    def column(value):
        return np.array([value], dtype=np.int64)

    def ticks(price):
        return round(Decimal(str(price)) * 10**8)

    sign, mid_x2 = Side(i["side"].upper()).sign, 2 * ticks(i["mid_at_fill"])
    fill = (0, sign, ticks(i["fill_price"]), 1, 0, mid_x2)
    later = column(2 * ticks(i["mid_at_horizon"]))
    result = markout(FillLog(*map(column, fill)), Nanos(1), later, np.array([True]))
    return {
        "edge_bps": result.edge,
        "adverse_bps": result.edge - result.mean,
        "markout_bps": result.mean,
    }


def queue_prob(i):
    return {"prob": probability_behind(CURVES[i["kind"]], i["n"], i["front"], i["back"])}


def queue_paths(i):
    position = QueuePosition(
        i["initial_front"], kind=i["kind"], n=i["n"], pessimistic=i["risk_averse"]
    )
    path = queue_path(position, [tuple(event) for event in i["events"]], i["lot"])
    return {"path": [{"front": front, "filled": filled} for front, filled in path]}


def _weights(i):
    weights = {name: Fraction(weight) for name, weight in i["weights"].items()}
    whole = sum(weights.values()) if i.get("renormalise") else 1
    return {name: weight / whole for name, weight in weights.items()}


def allocation(i):
    lots = largest_remainder(
        i["total_lots"],
        _weights(i),
        i["caps"],
        i["min_lots"],
        redistribute=i["redistribute"],
    )
    return {"lots": lots, "placed": sum(lots.values())}


def allocation_carry(i):
    allocator = CreditAllocator(_weights(i))
    steps = [allocator.split(lots) for lots in i["lots_sequence"]]
    return {
        "allocations": steps,
        "totals": {name: sum(step[name] for step in steps) for name in i["weights"]},
    }


def avg_cost(i):
    tick, lot = Decimal("0.01"), Decimal("0.001")
    unit = tick * lot / VALUE_SCALE
    position = Position()
    steps = []
    for kind, *numbers in i["fills"]:
        values = [Decimal(number) for number in numbers]
        if kind == "fund":
            price, rate = values
            position.fund(whole(rate * RATE_SCALE), whole(price / tick))
        else:
            size, price, fee = values
            position.fill(
                Side(kind.upper()).sign, whole(price / tick), whole(size / lot), whole(fee / unit)
            )
        held = position.lots * lot
        steps.append(
            {
                "position": held,
                "avg": position.cost * unit / abs(held) if held else Decimal(0),
                "realised": position.realised * unit,
            }
        )
    mark_x2 = whole(2 * Decimal(i["mark"]) / tick)
    return {
        "steps": steps,
        "fees": position.fees * unit,
        "funding": position.funding * unit,
        "unrealised": position.unrealised(mark_x2) * unit,
        "equity": position.net(mark_x2) * unit,
    }


def whole(number):
    assert number == int(number), number
    return int(number)


def _nbh(i):
    exact = {
        name: Decimal(repr(i[name])) for name in ("gamma", "kappa", "tau", "max_pool_position_usdt")
    }
    params = {
        "kappa_unit_bps": i["kappa_unit_bps"],
        "delta_hat": "full" if i["delta_hat"] == 1.0 else "strict",
    }
    quote = strategy(PoolConfig(symbol=i["asset"], strategy_params=params, **exact))
    q_hat = max(-1.0, min(1.0, i["net_notional_usdt"] / i["max_pool_position_usdt"]))
    sigma, reference = i["sigma_bps_sqrt_h"], i["sigma_ref_bps_sqrt_h"]
    distances = quote(View(q_hat, sigma, reference, i["delta_hat"]))
    calm = quote(View(q_hat, 0.0, reference, i["delta_hat"]))
    premium = distances.bid_bps + distances.ask_bps - calm.bid_bps - calm.ask_bps
    return q_hat, premium, clamp(distances, i["min_spread_bps"], i["max_spread_bps"])


def nbh_units(i):
    q_hat, premium, clamped = _nbh(i)
    levels = []
    for level in range(i["num_levels"]):
        half = clamped.spread_bps / 2 + level * i["level_spacing_bps"]
        bid, ask = (i["fair"] * (1 + (d - clamped.shift_bps) / 1e4) for d in (-half, half))
        levels.append([bid, ask])
    return {
        "q_hat": q_hat,
        "gamma_hat": i["gamma"] / i["sigma_ref_bps_sqrt_h"],
        "kappa_hat": i["kappa"] / i["kappa_unit_bps"],
        "shift_bps": clamped.shift_bps,
        "raw_spread_bps": clamped.raw_spread_bps,
        "spread_bps": clamped.spread_bps,
        "vol_premium_bps": premium,
        "clamp": clamped.clamp.value,
        "levels": levels,
    }


def nbh_ticks(i):
    _, _, clamped = _nbh(i)
    fair = i["fair"] / i["tick"]
    ticks = [
        list(level_ticks(fair, clamped.shift_bps, clamped.spread_bps, n * i["level_spacing_bps"]))
        for n in range(i["num_levels"])
    ]
    return {
        "levels_ticks": ticks,
        "levels": [[price * i["tick"] for price in level] for level in ticks],
    }


def backtest_metrics(i):
    assert i["trading_days"] == 365
    result = metrics(np.array(i["equity"]), sum(i["trading_value"]), i["samples_per_day"])
    return {
        "pnl": result.pnl,
        "sharpe": result.sharpe,
        "sortino": result.sortino,
        "max_drawdown": result.max_drawdown,
        "return_over_mdd": result.return_over_drawdown,
        "return_over_trade": result.pnl_per_turnover_bps / 10_000,
    }


ADAPTERS = {
    "allocation": allocation,
    "allocation_carry": allocation_carry,
    "as_core": as_core,
    "as_gamma_sign": as_gamma_sign,
    "as_sim": as_sim,
    "as_sim_preprint": as_sim_preprint,
    "as_sym_analytic": as_sym_analytic,
    "avg_cost": avg_cost,
    "ewma": ewma,
    "markout": markouts,
    "metrics": backtest_metrics,
    "nbh_ticks": nbh_ticks,
    "nbh_units": nbh_units,
    "queue_path": queue_paths,
    "queue_prob": queue_prob,
    "riccati": riccati,
    "rv_bv": rv_bv,
    "sigma_units": sigma_units,
    "stoikov_micro": stoikov_micro,
    "wmid": wmid,
    **adapters_money.ADAPTERS,
    **adapters_estimators.ADAPTERS,
    **adapters_quoting.ADAPTERS,
}

"""Each shared rule stands once: another one in the engine is found, because the kernel's is the old
one."""

import inspect

import pytest

from market_maker.decision_kernel.shared_rules import RULES
from market_maker.engine import estimates, shares
from market_maker.estimators import (
    arrivals,
    depth,
    flow,
    forecast,
    horizon_factor,
    least_squares,
    regression,
    rolling,
    volume_clock,
)
from market_maker.quoting import calibrated, closed_forms, lean, smart
from market_maker.research.engine_choice import EngineChoice
from market_maker.research.kernel_cache import compile_kernel
from market_maker.research.replay import replay
from tests.support.kernel_plans import LEANING, LEARNED, SMART, differences, random_plan

PLANS = 150

PLANTED = {
    "share_half_even": ("part // held\n", "part // held + 1\n"),
    "book_fill": ("+= fee", "+= fee + 1"),
    "open_profit": ("worth - cost if", "worth - 2 * cost if"),
    "net_of": ("net - paid", "net - paid - 10**16"),
    "ewma_add": ("1.0 - own.weight", "0.9 - own.weight"),
    "ewma_sample": ("own.count += 1", "own.count += 2"),
    "weighted_mid": ("1.0 - imbalance", "0.999 - imbalance"),
    "state_of": ("return state + _HALF", "return state + 1 + _HALF"),
    "note_change": ("own.count += 1", "own.count += 2"),
    "learn_two": ("gain = along_b", "gain = 1.1 * along_b"),
    "learn_three": ("gain = along_c", "gain = 1.1 * along_c"),
    "dot": ("0.0 + left[0]", "0.0 + 1.01 * left[0]"),
    "learn_sample": ("own.count += 1", "own.count += 2"),
    "deviation_of": ("math.sqrt(own", "0.02 * math.sqrt(own"),
    "raw_forecast": ("FORECAST_DEVIATIONS *", "0.02 * FORECAST_DEVIATIONS *"),
    "learn_move": ("own.seen * _KEEP + squared", "own.seen * _KEEP + 2.0 * squared"),
    "worth_of": ("- own.promised", "- 0.5 * own.promised"),
    "trust_of": ("slope = product", "slope = 0.9 * product"),
    "carry_move": ("_KEEP + forecast * move", "_KEEP + 2.0 * forecast * move"),
    "levels_imbalance": ("imbalance(bid_lots", "0.9 * imbalance(bid_lots"),
    "moved_mid": ("1.0 + bps", "1.0 + 2.0 * bps"),
    "hold_mid": ("own.mid_x2 = mid_x2", "own.mid_x2 = mid_x2 + 2"),
    "reach": ("away = -away", "away = 1 - away"),
    "end_step": ("max(0, own.deepest)", "max(0, own.deepest - 1)"),
    "is_fit_due": ("own.due = ts + REFIT", "own.due = ts + 2 * REFIT"),
    "tick_clock": ("own.count += closed", "own.count += closed + 1"),
    "size_bucket": ("own.lots +=", "own.lots += 9 *"),
    "roll_sums": ("totals[column] -= amount", "totals[column] -= amount // 2"),
    "add_to_sums": ("totals[column] += amount", "totals[column] += 3 * amount * (1 - column)"),
    "imbalance": ("(bid - ask) / total", "(bid - ask) / total + 0.3"),
    "mean_near": ("total += size", "total += 2 * size"),
    "relative_depths": ("2 * size_value", "size_value"),
    "adjustments_of": ("narrower = 0.5 * speed", "narrower = speed"),
    "smart_distances": ("half = 0.5 * spread", "half = 0.6 * spread"),
    "size_factor": ("own.size_cap)", "0.9 * own.size_cap)"),
    "half_and_shift": ("q * risk", "1.5 * q * risk"),
    "fill_rate": ("return intensity * exp", "return 1.5 * intensity * exp"),
    "reversion_rate": ("sqrt(2.0", "sqrt(3.0"),
    "saturated_horizon": ("tanh(omega", "tanh(0.5 * omega"),
    "stationary_cost": ("2.0 * omega", "3.0 * omega"),
    "premium_of": ("market.impact * 0.5", "market.impact * 0.5 + 1.0"),
    "eta_of": ("max(eta", "max(3.0 * eta"),
    "half_and_lean": ("lean * 0.5", "lean * 2.0"),
    "distances_of": ("half - shift", "half + shift"),
    "lot_values": ("own.gamma *", "3.0 * own.gamma *"),
    "closed_distances": ("half - shift", "half + shift"),
    "calibrated_values": ("aversion = own.gamma", "aversion = 1.5 * own.gamma"),
    "calibrated_distances": ("half - shift", "half + shift"),
    "per_order": ("0.5 * spread", "9.0 * spread"),
    "cut_of": ("- lean\n", "- lean + 1.0\n"),
    "set_target": ("spread_bps / 4.0", "spread_bps / 40.0"),
    "two_sided": ("return shift, low", "return shift, low + 1.0"),
    "level_ticks": ("(shift_bps + half)", "(shift_bps + half + 1.0)"),
    "step_at": ("return 1", "return 5"),
    "is_price": ("return True", "return False"),
    "below": ("ticks - 1", "ticks - 2"),
    "above": ("ticks + 1", "ticks + 2"),
    "joined": ("bid = best_bid", "bid = best_bid - 1"),
    "reprice": ("abs(bid - held_bid) <=", "abs(bid - held_bid) + 1 <="),
    "refusal": ("limits.collar_rate * reference_x2", "limits.collar_rate * reference_x2 // 2"),
    "size_refusal": ("price * size > limits.value_max", "2 * price * size > limits.value_max"),
    "is_outside_band": ("(RATE_SCALE + up)", "(RATE_SCALE + 2 * up)"),
    "least_lots": ("max(lots, limits.lots_min)", "max(lots, 2 * limits.lots_min)"),
    "cut_lots": ("lots = limits.lots_max", "lots = limits.lots_max - 1"),
    "room": ("- working", "- 2 * working"),
    "earn": ("now - bucket.earned_at", "(now - bucket.earned_at) // 2"),
    "take_place": ("< bucket.reserve", "< 2 * bucket.reserve"),
    "take_cancel": ("-= bucket.cost", "-= 2 * bucket.cost"),
    "spend_cancel": ("- bucket.cost", "- 3 * bucket.cost"),
    "always_breached": ("> 2 * limits", "> limits"),
    "drawn_down": ("> limits.drawdown)", "> limits.drawdown // 3)"),
    "repeated": (">= limits.fills", ">= limits.fills - 1"),
    "beyond_share": ("limit * share", "2 * limit * share"),
    "share_of": ("* RATE_SCALE //", "* 2 * RATE_SCALE //"),
    "drawdown_of": ("peak_net - net", "2 * (peak_net - net)"),
    "reducing_for": ("-readings.net", "-2 * readings.net"),
    "hand_out": ("lots[best] += 1", "lots[best] += 2"),
    "take_back": ("excess = -total_lots", "excess = 1 - total_lots"),
    "share_out": ("- size * denominator", "- size"),
    "right_size": ("5 * wanted", "4 * wanted"),
    "up_to": ("max(free, 0)", "max(free - 1, 0)"),
    "scaled_value": ("int(size_value", "int(2 * size_value"),
    "stays": ("2 * leaves", "leaves"),
    "is_full": (">= 2 * position_value", ">= 3 * position_value"),
    "totals": ("active_ns += now - since\n", "active_ns += now - since + 1\n"),
    "note": ("own.since = now", "own.since = now - 1"),
}
"""By rule: what its source says, and what it says instead."""


OF_SMART = (
    *(rolling.roll_sums, rolling.add_to_sums, flow.imbalance, depth.mean_near),
    *(estimates.relative_depths, shares.scaled_value),
    *(smart.adjustments_of, smart.smart_distances, smart.size_factor),
)
"""What no other strategy rests on."""

OF_LEARNED = (
    *(least_squares.dot, least_squares.learn_sample, least_squares.learn_two),
    *(least_squares.learn_three, horizon_factor.carry_move),
    *(forecast.deviation_of, forecast.raw_forecast, forecast.learn_move, forecast.worth_of),
    *(forecast.trust_of, regression.levels_imbalance, regression.moved_mid),
    *(arrivals.hold_mid, arrivals.reach),
    *(arrivals.end_step, arrivals.is_fit_due, volume_clock.tick_clock, volume_clock.size_bucket),
    *(calibrated.calibrated_values, calibrated.calibrated_distances),
)
"""What nothing but a regression, arrivals and what waits for trades rests on."""

OF_LEANING = (
    *(lean.per_order, lean.cut_of, closed_forms.reversion_rate),
    *(closed_forms.saturated_horizon, closed_forms.stationary_cost),
)
"""What moves no quote where little is held, or little is thought of it."""

KINDS = ((OF_SMART, SMART), (OF_LEARNED, LEARNED), (OF_LEANING, LEANING))


def compiled(seed, strategy=None):
    """Made each time: what it asks the engine's Python for is that of the rule as it is then."""
    compile_kernel()
    return replay(random_plan(seed, strategy), engine=EngineChoice.COMPILED)


def other(rule):
    """The code of a rule with the difference planted in it."""
    before, after = PLANTED[rule.__name__]
    source = inspect.getsource(rule)
    assert before in source, source
    there = dict(rule.__globals__)
    exec(source.replace(before, after), there)  # noqa: S102  # our own source
    return there[rule.__name__].__code__


def found(strategy):
    """The first plan on which the kernel and the engine part while a rule is another one."""
    for seed in range(PLANS):
        log = compiled(seed, strategy)
        if log.ran_by.engine is not EngineChoice.COMPILED:
            continue
        try:
            python = replay(random_plan(seed, strategy))
        except AssertionError:
            return seed
        if differences(python, log):
            return seed
    return None


def test_every_rule_has_a_planted_difference():
    assert {rule.__name__ for rule in RULES} == set(PLANTED)


@pytest.mark.slow
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_planted_difference_is_found(rule):
    right, planted = rule.__code__, other(rule)
    strategy = next((kind for rules, kind in KINDS if rule in rules), None)
    compiled(0, strategy)  # before the rule is another one
    rule.__code__ = planted
    try:
        assert found(strategy) is not None
    finally:
        rule.__code__ = right

"""The engine's rules as a compiled strategy of hftbacktest.

It mirrors, operation by operation, what market_maker.engine does with one member and one level:
EWMA volatility sampled once a second, Avellaneda-Stoikov in bps, the spread's bounds, a price kept
while the wanted one is within the threshold, one order a side, and no order into a slot whose
cancel is not confirmed. It differs in nothing but that it knows no limits.
"""

import math
from typing import Any

import numpy as np
from hftbacktest import GTX, LIMIT, NONE
from numba import njit

from bench.feed import LOT, TICK
from bench.strategy import (
    GAMMA,
    HALF_LIFE_SECONDS,
    KAPPA,
    MAX_SPREAD_BPS,
    MIN_SPREAD_BPS,
    ORDER_SIZE,
    POSITION_LIMIT,
    SIGMA_REF,
    STEP_NS,
    TAU,
    THRESHOLD_BPS,
    WARMUP,
)

SECOND = 1_000_000_000
GAMMA_HAT, KAPPA_HAT = GAMMA / SIGMA_REF, KAPPA / 10.0
PER_SQRT_SECOND = 10_000.0 * math.sqrt(3_600.0)
SLACK = 1e-6
SIZE_VALUE = round(ORDER_SIZE / (TICK * LOT))
POSITION_VALUE = round(POSITION_LIMIT / (TICK * LOT))


VOLATILITY = np.dtype(
    [
        ("due", "i8"),
        ("sampled", "i8"),
        ("samples", "i8"),
        ("price", "f8"),
        ("total", "f8"),
        ("weight", "f8"),
        ("sigma", "f8"),
        ("valued", "i8"),
    ]
)


@njit
def quotes(
    fair: float,
    sigma: float,
    position: int,
    mid_x2: int,
    best_bid: int,
    best_ask: int,
    held: Any,
    gamma_hat: float,
    min_spread: float,
) -> tuple[int, int]:
    """New (bid, ask) in ticks; held: those in force, 0 for none."""
    q_hat = min(1.0, max(-1.0, position * mid_x2 / (2 * POSITION_VALUE)))
    variance = sigma * sigma * TAU
    risk = gamma_hat * variance
    decay = gamma_hat / KAPPA_HAT
    half = 1.0 * risk * 0.5 + math.log1p(decay) / gamma_hat
    lean = q_hat * risk
    bid_bps, ask_bps = half + lean, half - lean
    raw, shift = bid_bps + ask_bps, (bid_bps - ask_bps) * 0.5
    shift = min(max(shift, -MAX_SPREAD_BPS), MAX_SPREAD_BPS)
    spread = min(max(raw, min_spread), MAX_SPREAD_BPS)
    threshold = fair * min(THRESHOLD_BPS, spread / 4.0) / 10_000.0
    per_bps = fair / 10_000.0
    bid = math.floor(fair - (shift + spread * 0.5) * per_bps + SLACK)
    ask = math.ceil(fair - (shift - spread * 0.5) * per_bps - SLACK)
    if bid >= ask:
        bid, ask = bid - 1, ask + 1
    if held[0] and abs(bid - held[0]) <= threshold and held[0] < fair and held[0] < best_ask:
        bid = held[0]
    if held[1] and abs(ask - held[1]) <= threshold and held[1] > fair and held[1] > best_bid:
        ask = held[1]
    return min(bid, best_ask - 1), max(ask, best_bid + 1)


@njit
def sample(volatility: Any, now: int, fair: float) -> None:
    """Bring one asset's EWMA volatility, and the price at which inventory is valued, to `now`."""
    v = volatility
    if now < v["due"]:
        return
    if v["due"]:
        seconds = (now - v["sampled"]) / SECOND
        change = math.log(fair / v["price"])
        fresh = -math.expm1(-math.log(2.0) * seconds / HALF_LIFE_SECONDS)
        v["total"] += fresh * (change * change / seconds - v["total"])
        v["weight"] += fresh * (1.0 - v["weight"])
        v["samples"] += 1
        v["sigma"] = math.sqrt(v["total"] / v["weight"]) * PER_SQRT_SECOND
    v["sampled"], v["price"], v["due"] = now, fair, now + SECOND
    v["valued"] = round(2.0 * fair)


@njit
def cancel_wrong(hbt: Any, asset: int, held: Any, numbers: Any, placed: Any) -> int:
    """Cancel what stands at another price than the one in force; how many cancels. numbers: our
    order of each side, 0 when there is none; placed: its price, likewise."""
    cancels = 0
    orders = hbt.orders(asset)
    for side in range(2):
        number = numbers[side]
        placed[side] = 0
        if number == 0 or number not in orders:
            numbers[side] = 0
            continue
        order = orders.get(number)
        placed[side] = order.price_tick
        if order.req == NONE and order.price_tick != held[side]:
            hbt.cancel(asset, number, False)
            cancels += 1
    return cancels


@njit
def place_missing(hbt: Any, asset: int, held: Any, numbers: Any, placed: Any, next_id: int) -> int:
    """Fill the sides that have no order; how many orders. One that would cross an order of ours
    that may still be open is not sent."""
    submits = 0
    for side in range(2):
        wanted, other = held[side], placed[1 - side]
        if numbers[side] != 0:
            continue
        if other and ((wanted >= other) if side == 0 else (wanted <= other)):
            continue
        number, quantity = next_id + submits, (SIZE_VALUE // wanted) * LOT
        if side == 0:
            hbt.submit_buy_order(asset, number, wanted * TICK, quantity, GTX, LIMIT, False)
        else:
            hbt.submit_sell_order(asset, number, wanted * TICK, quantity, GTX, LIMIT, False)
        numbers[side], placed[side] = number, wanted
        submits += 1
    return submits


@njit
def trade(
    hbt: Any, steps: int, gamma_hat: float = GAMMA_HAT, min_spread: float = MIN_SPREAD_BPS
) -> tuple[int, int, int, int]:
    """(submits, cancels, steps done, why it stopped): the strategy over at most `steps` steps.

    The last is 0, or what elapse() returned: 1 is the end of the data, the rest are errors.
    """
    assets = hbt.num_assets
    volatility = np.zeros(assets, VOLATILITY)
    held, placed = np.zeros((assets, 2), np.int64), np.zeros((assets, 2), np.int64)
    numbers = np.zeros((assets, 2), np.uint64)
    submits = cancels = done = code = 0
    for _ in range(steps):
        code = hbt.elapse(STEP_NS)
        if code != 0:
            break
        done += 1
        now = hbt.current_timestamp
        for a in range(assets):
            hbt.clear_inactive_orders(a)
            depth = hbt.depth(a)
            bid, ask = depth.best_bid_tick, depth.best_ask_tick
            fair = (bid + ask) * 0.5
            sample(volatility[a], now, fair)
            if volatility[a]["samples"] < WARMUP:
                continue
            sigma, position = volatility[a]["sigma"], round(hbt.position(a) / LOT)
            valued = volatility[a]["valued"]
            held[a, 0], held[a, 1] = quotes(
                fair, sigma, position, valued, bid, ask, held[a], gamma_hat, min_spread
            )
            cancels += cancel_wrong(hbt, a, held[a], numbers[a], placed[a])
            submits += place_missing(hbt, a, held[a], numbers[a], placed[a], submits + 1)
    return submits, cancels, done, code

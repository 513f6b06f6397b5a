"""hftbacktest with the engine's rules written into a compiled strategy of its own.

The strategy mirrors, operation by operation, what market_maker.engine does with one member and
one level: EWMA volatility sampled once a second, Avellaneda-Stoikov in bps, the spread's bounds,
a price kept while the wanted one is within the threshold, one order a side, and no order into a
slot whose cancel is not confirmed. It differs in nothing but that it knows no limits.
"""

import math
import time

import hftbacktest
import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    DEPTH_SNAPSHOT_EVENT,
    EXCH_EVENT,
    GTX,
    LIMIT,
    LOCAL_EVENT,
    NONE,
    SELL_EVENT,
    TRADE_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

from bench.feed import DEPTH, LOT, TICK
from bench.strategy import (
    GAMMA,
    HALF_LIFE_SECONDS,
    KAPPA,
    LATENCY_NS,
    MAX_SPREAD_BPS,
    MIN_SPREAD_BPS,
    ORDER_SIZE,
    POSITION_LIMIT,
    QUEUE_EXPONENT,
    SIGMA_REF,
    STEP_NS,
    TAU,
    THRESHOLD_BPS,
    WARMUP,
)
from market_maker.model.recording import Recording, RowKind

VERSION = hftbacktest.__version__

SECOND = 1_000_000_000
GAMMA_HAT, KAPPA_HAT = GAMMA / SIGMA_REF, KAPPA / 10.0
PER_SQRT_SECOND = 10_000.0 * math.sqrt(3_600.0)
SLACK = 1e-6
SIZE_VALUE = round(ORDER_SIZE / (TICK * LOT))
POSITION_VALUE = round(POSITION_LIMIT / (TICK * LOT))


@njit
def quotes(fair, sigma, position, mid_x2, best_bid, best_ask, held):
    """New (bid, ask) in ticks; held: those in force, 0 for none."""
    q_hat = min(1.0, max(-1.0, position * mid_x2 / (2 * POSITION_VALUE)))
    variance = sigma * sigma * TAU
    risk = GAMMA_HAT * variance
    decay = GAMMA_HAT / KAPPA_HAT
    half = 1.0 * risk * 0.5 + math.log1p(decay) / GAMMA_HAT
    lean = q_hat * risk
    bid_bps, ask_bps = half + lean, half - lean
    raw, shift = bid_bps + ask_bps, (bid_bps - ask_bps) * 0.5
    shift = min(max(shift, -MAX_SPREAD_BPS), MAX_SPREAD_BPS)
    spread = min(max(raw, MIN_SPREAD_BPS), MAX_SPREAD_BPS)
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
def trade(hbt, steps):
    """(submits, cancels, steps done): the strategy over at most `steps` steps."""
    assets = hbt.num_assets
    due, sampled = np.zeros(assets, np.int64), np.zeros(assets, np.int64)
    total, weight = np.zeros(assets), np.zeros(assets)
    price, sigma = np.zeros(assets), np.zeros(assets)
    samples = np.zeros(assets, np.int64)
    held = np.zeros((assets, 2), np.int64)
    order_ids = np.zeros((assets, 2), np.uint64)
    next_id = 1
    submits = cancels = done = 0
    for _ in range(steps):
        if hbt.elapse(STEP_NS) != 0:
            break
        done += 1
        now = hbt.current_timestamp
        for a in range(assets):
            hbt.clear_inactive_orders(a)
            depth = hbt.depth(a)
            best_bid, best_ask = depth.best_bid_tick, depth.best_ask_tick
            mid_x2 = best_bid + best_ask
            fair = mid_x2 * 0.5
            if now >= due[a]:
                if due[a]:
                    seconds = (now - sampled[a]) / SECOND
                    change = math.log(fair / price[a])
                    fresh = -math.expm1(-math.log(2.0) * seconds / HALF_LIFE_SECONDS)
                    total[a] += fresh * (change * change / seconds - total[a])
                    weight[a] += fresh * (1.0 - weight[a])
                    samples[a] += 1
                    sigma[a] = math.sqrt(total[a] / weight[a]) * PER_SQRT_SECOND
                sampled[a], price[a], due[a] = now, fair, now + SECOND
            if samples[a] < WARMUP:
                continue
            position = round(hbt.position(a) / LOT)
            bid, ask = quotes(fair, sigma[a], position, mid_x2, best_bid, best_ask, held[a])
            held[a, 0], held[a, 1] = bid, ask
            orders = hbt.orders(a)
            placed = [0, 0]
            for side in range(2):
                number = order_ids[a, side]
                if number == 0 or number not in orders:
                    order_ids[a, side] = 0
                    continue
                order = orders.get(number)
                placed[side] = order.price_tick
                if order.req == NONE and order.price_tick != held[a, side]:
                    hbt.cancel(a, number, False)
                    cancels += 1
            for side in range(2):
                if order_ids[a, side] != 0:
                    continue
                wanted = held[a, side]
                other = placed[1 - side]
                if other and ((wanted >= other) if side == 0 else (wanted <= other)):
                    continue  # would cross an order of ours that may still be open
                quantity = (SIZE_VALUE // wanted) * LOT
                order_ids[a, side] = next_id
                if side == 0:
                    hbt.submit_buy_order(a, next_id, wanted * TICK, quantity, GTX, LIMIT, False)
                else:
                    hbt.submit_sell_order(a, next_id, wanted * TICK, quantity, GTX, LIMIT, False)
                placed[side] = wanted
                next_id += 1
                submits += 1
    return submits, cancels, done


def events_of(recording: Recording):
    """(opening snapshot, events) as hftbacktest wants them."""
    opening = 2 * DEPTH + 1
    rows = np.zeros(recording.rows, event_dtype)
    kind = recording.kind
    traded = (kind == RowKind.BUY_TRADE) | (kind == RowKind.SELL_TRADE)
    buying = (kind == RowKind.BUY_TRADE) | (kind == RowKind.BID)
    what = np.where(traded, TRADE_EVENT, DEPTH_EVENT)
    what[:opening] = DEPTH_SNAPSHOT_EVENT
    both = EXCH_EVENT | LOCAL_EVENT
    rows["ev"] = what | np.where(buying, BUY_EVENT, SELL_EVENT) | both
    rows["exch_ts"], rows["local_ts"] = recording.ts_event, recording.ts_recv
    rows["px"] = np.round(recording.ticks * TICK, 1)
    rows["qty"] = np.round(recording.lots * LOT, 3)
    return rows[1:opening], rows[opening:]


def assets_of(tables, *, partial_fills: bool):
    assets = []
    for opening, rows in tables:
        prices = np.concatenate([opening["px"], rows["px"]])
        asset = BacktestAsset().data([rows]).initial_snapshot(opening).linear_asset(1.0)
        asset = asset.constant_order_latency(LATENCY_NS, LATENCY_NS)
        asset = asset.power_prob_queue_model(QUEUE_EXPONENT)
        asset = asset.partial_fill_exchange() if partial_fills else asset.no_partial_fill_exchange()
        asset = asset.trading_value_fee_model(0.0, 0.0).tick_size(TICK).lot_size(LOT)
        assets.append(asset.roi_lb(float(prices.min()) - 1.0).roi_ub(float(prices.max()) + 1.0))
    return assets


def backtest(tables, steps: int, *, partial_fills: bool = False):
    """(CPU seconds, steps done, outcome) of one run; building it is not counted."""
    hbt = ROIVectorMarketDepthBacktest(assets_of(tables, partial_fills=partial_fills))
    before = time.process_time()
    submits, cancels, done = trade(hbt, steps)
    spent = time.process_time() - before
    states = [hbt.state_values(a) for a in range(len(tables))]
    outcome = {
        "submits": submits,
        "cancels": cancels,
        "fills": sum(int(state.num_trades) for state in states),
        "position": [round(state.position / LOT) for state in states],
    }
    hbt.close()
    return spent, done, outcome

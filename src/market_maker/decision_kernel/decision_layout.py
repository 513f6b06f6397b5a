"""The records that the decision kernel works on: ticks, lots, nanoseconds, counts, codes, addresses
of arrays; flags are 0 or 1. What a shared rule reads has the name that the engine's own have."""

from typing import Any

import numpy as np

from market_maker.replay_venue.compiled import layout
from market_maker.replay_venue.wide_integers import Wide

ABSENT, PENDING_NEW, LIVE, PENDING_CANCEL = range(4)
"""States of a slot. An order of a replay is never UNKNOWN: every request is answered."""

ANSWERED, PLACED, CANCELLED = range(3)
"""Kinds of a LogRecord."""

NOT_COMPILED, AVELLANEDA_STOIKOV, GLFT, SMART, CALIBRATED = range(5)
"""Kinds of a StrategyRecord."""

BEGIN, FITTED, LINED, SAMPLED, DECIDE, TARGETED, BRING = range(7)
"""Where in a step the kernel stands."""

(
    DONE, WANTS_ROOM, WANTS_RINGS, WANTS_FIT, WANTS_SAMPLE, WANTS_LINE, WANTS_TARGET, WANTS_SPLIT,
    HALTS, TOO_LARGE,
) = range(10)  # fmt: skip
"""What `run` returns: all steps are done; the log or the venue's rings want more room; a fit of the
microprice, a sample, a line through arrivals, a target or a split is for Python; a guard objects,
or numbers grew beyond what the kernel may multiply, and the engine goes on from here."""


class PositionRecord:
    """Of the pool or of a member; as engine.position.Position. A member's: the limits, `stopped`,
    venue_account, which is the number of the first member on the same account."""

    lots: int
    cost: Wide
    cash: Wide
    realised: Wide
    fees: Wide
    funding: Wide
    position_value: int
    loss_value: Wide
    stopped: int
    venue_account: int


class BudgetRecord:
    """As risk.budget.MessageBudget."""

    cost: int
    credit: int
    earned_at: int
    reserve: int


class EwmaRecord:
    """As estimators.volatility.EwmaVolatility."""

    count: int
    due: int
    half_life: float
    price: float
    sigma: float
    total: float
    ts: int
    weight: float


class LimitsRecord:
    """As risk.guards.Limits and risk.order_limits.OrderLimits."""

    position_value: int
    loss_value: Wide
    rejects: int
    blind_ns: int
    capital: Wide
    drawdown: int
    fills: int
    fill_window_ns: int
    reduce_at: int
    collar_rate: int
    value_max: int
    value_min: int
    lots_min: int
    lots_max: int
    venue_value_max: int
    band_up_rate: int
    band_down_rate: int
    orders_max: int


class ReadingsRecord:
    """As risk.guards.GuardReadings. peak_net: the highest net there was."""

    position_value_x2: int
    net: Wide
    peak_net: Wide
    rejects: int
    blind_ns: int
    exchange_halted: int
    drawdown: Wide
    fills: int


class UptimeRecord:
    """As engine.uptime.Uptime."""

    active_ns: int
    two_sided_ns: int
    since: int
    active: int
    two_sided: int


class TargetRecord:
    """As quoting.level_prices.Aim, with the clamp that binds and silent sides. samples, lots: what
    it was worked out for."""

    shift_bps: float
    spread_bps: float
    threshold_bps: float
    per_bid: float
    per_ask: float
    clamp: int
    silent_bid: int
    silent_ask: int
    samples: int
    lots: int


class StrategyRecord:
    """What the configuration fixes of a compiled strategy: the terms of avellaneda_stoikov, glft or
    calibrated, quoting.lean.LeanBound, and the bounds of the ladder. kind: NOT_COMPILED
    where Python is asked."""

    kind: int
    gamma: float
    gamma_hat_max: float
    kappa: float
    tau: float
    sigma_ref: float
    intensity: float
    penalty: float
    full: int
    xi: float
    spread_adjustment: float
    lean_adjustment: float
    min_spread_bps: float
    max_spread_bps: float
    round_trip_bps: float
    order: float
    threshold_bps: float
    position_value: int


class ViewRecord:
    """As quoting.view.View."""

    q_hat: float
    sigma: float
    sigma_ref: float
    delta_hat: float
    gamma_scale: float
    kappa_hat: float
    intensity: float
    drift: float
    impact: float
    pressure: float
    buys: float
    sells: float
    bid_depth: float
    ask_depth: float


class LotMarketRecord:
    """As quoting.closed_forms.LotMarket."""

    gamma: float
    sigma: float
    kappa: float
    intensity: float
    xi: float
    drift: float
    impact: float


class MicropriceRecord:
    """As estimators.fair_price.Microprice; its tables and its adjustment by address. used: whether
    it is fair."""

    used: int
    state: int
    sign: int
    mid2: int
    count: int
    until_refit: int
    ready: int
    quiet: int
    moved: int
    drift: int
    adjustment: int


class MarketRecord:
    """As engine.market.Market, with the last top of the book. blind: the code of the reason, 0
    where there is none. lost: the book was lost after its last top, at ts_lost."""

    known: int
    bid: int
    bid_lots: int
    ask: int
    ask_lots: int
    ts_event: int
    ts_recv: int
    lost: int
    ts_lost: int
    state: int
    blind: int
    blind_since: int
    mid_x2: int
    mid_before_x2: int
    fair: float
    fair_at: int
    sample_due: int
    samples: int
    valued_x2: int
    sigma: float
    sigma_ref: float
    warm: int
    unready: int
    ewma: int
    warmup: int
    weighted: int
    stale_ns: int


class SlotRecord:
    """The order of a place of a member: engine.orders.Working."""

    state: int
    order_id: int
    price: int
    size: int
    leaves: int
    account: int
    side: int
    level: int
    reduce_only: int
    accepted_event: int
    accepted_recv: int
    wanted_price: int
    wanted_lots: int


class ShareRecord:
    """How a level of a side is split while that is in force: engine.shares.Share. pending: it is to
    be made. least, most: of an order at that price; cut: a part is as large as that."""

    known: int
    price: int
    lots: int
    used: int
    reason: int
    pending: int
    least: int
    most: int
    cut: int


class DecisionRecord:
    """The root of one symbol: its parts by address, what is configured and what is counted.

    weights, credits, denominator: of the splits, members in the order of their names, which
    by_name says; few: whether splits are worked out here. places: sides x levels; slots: members x
    places. open: numbers of the slots that may hold an order, in the order in which they were
    placed. refused_*: as Ladder.refused, a price and the opposite one, 0 for none. reasons:
    codes of bid and ask.
    """

    members: int
    levels: int
    slots: int
    account: int
    pool: int
    slot: int
    open: int
    open_count: int
    wanted: int
    share: int
    bounds: int
    parts: int
    bids: int
    asks: int
    values: int
    offsets: int
    market: int
    volatility: int
    long_run: int
    limits: int
    readings: int
    budget: int
    uptime: int
    target: int
    strategy: int
    seen: int
    lot_market: int
    smart: int
    estimating: int
    estimates: int
    trades: int
    flow: int
    clock: int
    arrivals: int
    regression: int
    shown: int
    microprice: int
    weights: int
    credits: int
    by_name: int
    scratch: int
    denominator: int
    fill_times: int
    log: int
    log_capacity: int
    log_count: int
    moments: int
    moment_count: int
    cursor: int
    clamps: int
    bid_reasons: int
    ask_reasons: int
    phase: int
    interval_ns: int
    react: int
    entry_ns: int
    maker_rate: int
    money_max: Wide
    highest: int
    alone: int
    few: int
    own_room_value: int
    room_value: int
    limit_reason: int
    reducing: int
    peak_net: Wide
    next_quote_at: int
    next_order_id: int
    placed: int
    cancelled: int
    fills: int
    fills_buy: int
    fills_sell: int
    post_only_rejects: int
    refused_bid: int
    refused_bid_ask: int
    refused_ask: int
    refused_ask_bid: int
    working_buy: int
    working_sell: int
    at_limit_buy: int
    at_limit_sell: int
    bid_reason: int
    ask_reason: int
    sides: int


class LogRecord:
    """What happened in a turn, in order. ts: the venue's. mid_x2: as we knew it, 0 when blind."""

    now: int
    kind: int
    answer: int
    order_id: int
    ts: int
    slot: int
    price: int
    lots: int
    trade_id: int
    venue_mid_x2: int
    mid_x2: int
    reduce_only: int


POSITION: np.dtype[Any] = layout(PositionRecord)
BUDGET: np.dtype[Any] = layout(BudgetRecord)
EWMA: np.dtype[Any] = layout(EwmaRecord)
LIMITS: np.dtype[Any] = layout(LimitsRecord)
READINGS: np.dtype[Any] = layout(ReadingsRecord)
UPTIME: np.dtype[Any] = layout(UptimeRecord)
TARGET: np.dtype[Any] = layout(TargetRecord)
STRATEGY: np.dtype[Any] = layout(StrategyRecord)
VIEW: np.dtype[Any] = layout(ViewRecord)
LOT_MARKET: np.dtype[Any] = layout(LotMarketRecord)
MICROPRICE: np.dtype[Any] = layout(MicropriceRecord)
MARKET: np.dtype[Any] = layout(MarketRecord)
SLOT: np.dtype[Any] = layout(SlotRecord)
SHARE: np.dtype[Any] = layout(ShareRecord)
DECISION: np.dtype[Any] = layout(DecisionRecord)
LOG: np.dtype[Any] = layout(LogRecord)

"""What the engine knows of the market, step by step: engine.market.Market without objects."""

from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.codes import (
    CROSSED,
    GAPPED,
    NO_BOOK,
    ONE_SIDED,
    SEEING,
    STALE,
    WARMING_UP,
)
from market_maker.estimators.fair_price import STATES, note_change, state_of, weighted_mid
from market_maker.estimators.volatility import ewma_sample
from market_maker.replay_venue.compiled import compiled, float64_rows, float64s
from market_maker.replay_venue.replay_layout import BOOK_LOST, TOP_CHANGED

assert shared_rules.RULES


@compiled
def note_top(market: Any, top: Any) -> None:
    """What has been received about the book: engine.book.Book, lost and then top."""
    if top.flags & BOOK_LOST:
        market.known = 1
        market.lost = 1
        market.ts_lost = top.ts_lost
        market.bid = market.ask = market.bid_lots = market.ask_lots = 0
        market.state = GAPPED
    if top.flags & TOP_CHANGED:
        market.known = 1
        market.lost = 0
        market.ts_event = top.ts_event
        market.ts_recv = top.ts_recv
        market.bid = top.bid
        market.ask = top.ask
        market.bid_lots = top.bid_lots
        market.ask_lots = top.ask_lots
        if top.bid_lots <= 0 or top.ask_lots <= 0 or top.bid <= 0:
            market.state = ONE_SIDED
        elif top.bid >= top.ask:
            market.state = CROSSED
        else:
            market.state = SEEING


@compiled
def why_blind(market: Any, now: int) -> int:
    """The code of the reason, or SEEING."""
    if market.known == 0:
        return NO_BOOK
    if market.state != SEEING:
        return int(market.state)
    if market.stale_ns and now - market.ts_recv > market.stale_ns:
        return STALE
    return SEEING


@compiled
def refresh(market: Any, now: int) -> bool:
    """Judge the book at `now`; whether it can be trusted, and then mid and fair, the microprice
    aside."""
    blind = why_blind(market, now)
    market.blind = blind
    if blind != SEEING:
        if market.blind_since == 0:
            market.blind_since = now
        return False
    market.blind_since = 0
    market.mid_before_x2 = market.mid_x2
    market.mid_x2 = market.bid + market.ask
    market.fair = market.mid_x2 * 0.5
    if market.weighted:
        market.fair = weighted_mid(market.bid, market.bid_lots, market.ask, market.ask_lots)
    return True


@compiled
def learn(market: Any, own: Any) -> bool:
    """Feed the microprice; whether a refit is due."""
    state, sign = state_of(market.bid_lots, market.ask_lots, market.ask - market.bid)
    if state == own.state and sign == own.sign and market.mid_x2 == own.mid2:
        return False
    tables: Any = (  # an array is indexed as a list is
        float64_rows(own.quiet, STATES, STATES),
        float64_rows(own.moved, STATES, STATES),
        float64_rows(own.drift, STATES, 2),
    )
    return note_change(own, tables, state, sign, market.mid_x2)


@compiled
def lean_fair(market: Any, own: Any) -> None:
    """Fair by the microprice that was fed last."""
    if own.ready:
        market.fair += own.sign * float64s(own.adjustment, STATES)[own.state]


@compiled
def sample(market: Any, volatility: Any, long_run: Any, now: int) -> None:
    """A sample of EWMA volatility, as Market._sample."""
    if market.fair_at:
        ewma_sample(volatility, market.fair_at, market.mid_before_x2 * 0.5)
    ewma_sample(volatility, now, market.mid_x2 * 0.5)
    ewma_sample(long_run, now, market.mid_x2 * 0.5)
    market.sample_due = min(volatility.due, long_run.due)
    market.warm = 1 if volatility.count >= market.warmup else 0
    market.unready = WARMING_UP
    market.sigma = volatility.sigma
    market.sigma_ref = long_run.sigma if long_run.count and long_run.sigma else market.sigma


@compiled
def sampled(market: Any, now: int) -> None:
    """A sample was taken, here or by Python."""
    market.samples += 1
    market.valued_x2 = market.mid_x2
    market.fair_at = now

"""The loop over steps, entered through two addresses: of the venue and of the decision's root.

One call brings a symbol as far as it can go. Where a step needs what only Python works out, the
kernel returns and is called again: `phase` is where in the step it goes on.
"""

from collections.abc import Callable
from typing import Any

from market_maker.decision_kernel import shared_rules
from market_maker.decision_kernel.answer_kernels import positions_at, take_answers
from market_maker.decision_kernel.codes import (
    NO_MEMBERS,
    QUOTING,
    SEEING,
    SPREAD_CEILING,
    SPREAD_FLOOR,
)
from market_maker.decision_kernel.decision_layout import (
    BEGIN,
    BRING,
    BUDGET,
    DECIDE,
    DECISION,
    DONE,
    EWMA,
    FITTED,
    HALTS,
    LINED,
    MARKET,
    MICROPRICE,
    NOT_COMPILED,
    SAMPLED,
    TARGETED,
    TOO_LARGE,
    UPTIME,
    WANTS_FIT,
    WANTS_LINE,
    WANTS_RINGS,
    WANTS_ROOM,
    WANTS_SAMPLE,
    WANTS_SPLIT,
    WANTS_TARGET,
)
from market_maker.decision_kernel.estimate_kernels import estimate
from market_maker.decision_kernel.forecast_kernels import foreseen, go_blind, show_top
from market_maker.decision_kernel.guard_kernels import all_stopped, guard
from market_maker.decision_kernel.market_kernels import (
    lean_fair,
    learn,
    note_top,
    refresh,
    sample,
    sampled,
)
from market_maker.decision_kernel.reconcile_kernels import bring, pull, pull_exposed
from market_maker.decision_kernel.target_kernels import find_target, strategies_at, targets_at
from market_maker.decision_kernel.trade_kernels import take_trades, wants_line
from market_maker.decision_kernel.want_kernels import find_sides, finish_splits, renew_shares
from market_maker.engine.uptime import note
from market_maker.quoting.level_prices import reprice
from market_maker.replay_venue.book_kernels import books_at
from market_maker.replay_venue.compiled import (
    arrays_at,
    compiled,
    entry,
    float64s,
    int64s,
    octets,
)
from market_maker.replay_venue.kernels import tops_at, venues_at
from market_maker.replay_venue.received_kernels import hear_rows, rows_at, see_rows
from market_maker.replay_venue.venue_kernels import run_venue, symbols_at
from market_maker.risk.budget import earn

assert shared_rules.RULES

WORTH_MAX = 2.0**60
"""Ticks x lots of a position: twice it is multiplied with nothing."""

decisions_at: Callable[[int, int], Any] = arrays_at(DECISION)
markets_at: Callable[[int, int], Any] = arrays_at(MARKET)
microprices_at: Callable[[int, int], Any] = arrays_at(MICROPRICE)
ewmas_at: Callable[[int, int], Any] = arrays_at(EWMA)
budgets_at: Callable[[int, int], Any] = arrays_at(BUDGET)
uptimes_at: Callable[[int, int], Any] = arrays_at(UPTIME)


@compiled
def grown(own: Any) -> bool:
    """Whether money or lots grew beyond what the products of one more step can bear: what is held
    once every working order is filled, at the highest price of the ladder, and money as it is."""
    pool = positions_at(own.pool, 1)[0]
    lots = abs(pool.lots) + own.working_buy + own.working_sell
    worth = float(lots) * own.highest
    money = max(abs(pool.cash), abs(pool.realised))
    money = max(money, abs(pool.fees))
    money = max(money, pool.cost)
    money = max(money, own.peak_net)
    return bool(worth > WORTH_MAX or money > own.money_max)


@compiled
def clear_prices(own: Any) -> None:
    """Nothing is in force."""
    bids = int64s(own.bids, own.levels)
    asks = int64s(own.asks, own.levels)
    for level in range(own.levels):
        bids[level] = asks[level] = 0


@compiled
def price_levels(own: Any, market: Any, target: Any) -> None:
    """As Ladder.update."""
    bid = market.bid
    ask = market.ask
    top_bid = ask
    top_ask = bid
    if own.refused_bid:
        if own.refused_bid_ask == ask:
            top_bid = min(ask, own.refused_bid)
        else:
            own.refused_bid = 0
    if own.refused_ask:
        if own.refused_ask_bid == bid:
            top_ask = max(bid, own.refused_ask)
        else:
            own.refused_ask = 0
    bids = int64s(own.bids, own.levels)
    asks = int64s(own.asks, own.levels)
    offsets = float64s(own.offsets, own.levels)
    levels: Any = bids, asks, offsets  # an array is indexed as a list is
    reprice(target, market.fair, levels, (top_bid, top_ask, bid, bid, ask), None)


@compiled
def why_not(own: Any, market: Any) -> int:
    """Why nothing may be quoted at all, or QUOTING."""
    if market.blind != SEEING:
        return int(market.blind)
    if market.warm == 0:
        return int(market.unready)
    if all_stopped(own):
        return NO_MEMBERS
    return QUOTING


@compiled
def note_step(own: Any, now: int) -> None:
    """What holds from this step on."""
    two_sided = own.working_buy > 0 and own.working_sell > 0
    note(uptimes_at(own.uptime, 1)[0], now, True, two_sided)


@compiled
def write_step(own: Any, target: Any) -> None:
    """Clamp and reasons of the step that ends."""
    octets(own.clamps, own.moment_count)[own.cursor] = target.clamp
    octets(own.bid_reasons, own.moment_count)[own.cursor] = own.bid_reason
    octets(own.ask_reasons, own.moment_count)[own.cursor] = own.ask_reason
    own.cursor += 1
    own.phase = BEGIN


@compiled
def begin(venue: Any, index: int, own: Any, market: Any, now: int) -> int:
    """The venue lives until `now`, and what reached us is taken in. DONE when it is."""
    symbol = symbols_at(venue.symbol, venue.symbols)[index]
    books = books_at(venue.books, 2 * venue.symbols)
    rows = rows_at(venue.rows, 2 * venue.symbols)
    top = tops_at(venue.tops, venue.symbols)[index]
    if grown(own):
        return TOO_LARGE
    if own.log_capacity - own.log_count < 2 * own.slots:
        return WANTS_ROOM
    hear_rows(venue, symbol, rows[2 * index + 1], top, now)
    if not run_venue(venue, symbol, books[2 * index], rows[2 * index], now):
        return WANTS_RINGS
    waiting = symbol.answer_tail - symbol.answer_head
    if own.log_capacity - own.log_count < waiting + 2 * own.slots:
        return WANTS_ROOM
    take_answers(venue, symbol, own, market, now)
    if own.regression or own.arrivals:
        take_trades(own, now)
    see_rows(venue, symbol, books[2 * index + 1], rows[2 * index + 1], top, now)
    note_top(market, top)
    return DONE


@compiled
def see(own: Any, market: Any, book: Any, now: int) -> int:
    """Judge the book, as it has been received, and work out fair. DONE, or WANTS_FIT with the
    microprice fed."""
    microprice = microprices_at(own.microprice, 1)[0]
    if own.phase == BEGIN:
        own.phase = FITTED
        saw = market.blind == SEEING
        if not refresh(market, now):
            if saw and own.regression:
                go_blind(own)
            own.phase = DECIDE
            return DONE
        if own.regression or own.arrivals:
            show_top(own, market, book)
        if own.regression:
            market.fair = foreseen(own)
        if microprice.used and learn(market, microprice):
            return WANTS_FIT
    if microprice.used and own.phase == FITTED:
        lean_fair(market, microprice)
    return take_sample(own, market, now)


@compiled
def take_sample(own: Any, market: Any, now: int) -> int:
    """Take a sample where one is due. DONE, WANTS_LINE before it or WANTS_SAMPLE."""
    if now < market.sample_due:
        market.fair_at = now
        own.phase = DECIDE
        return DONE
    if own.phase == FITTED:
        own.phase = LINED
        if own.arrivals and wants_line(own, now):
            return WANTS_LINE
    own.phase = SAMPLED
    if market.ewma == 0:
        return WANTS_SAMPLE
    sample(market, ewmas_at(own.volatility, 1)[0], ewmas_at(own.long_run, 1)[0], now)
    return DONE


@compiled
def quote(venue: Any, index: int, own: Any, market: Any, now: int) -> int:
    """From the target on: prices, splits, orders. DONE, or WANTS_SPLIT before orders."""
    symbol = symbols_at(venue.symbol, venue.symbols)[index]
    target = targets_at(own.target, 1)[0]
    budget = budgets_at(own.budget, 1)[0]
    reference_x2 = market.mid_x2
    if own.phase != BRING:
        price_levels(own, market, target)
        base = (
            QUOTING if target.clamp == 0 else SPREAD_FLOOR if target.clamp == 1 else SPREAD_CEILING
        )
        own.bid_reason = own.ask_reason = base
        own.sides = find_sides(own, target, reference_x2)
        earn(budget, now)
        if not renew_shares(own, own.sides, reference_x2):
            return WANTS_SPLIT
    else:
        finish_splits(own)
    bring(symbol, own, budget, own.sides, now, reference_x2)
    return DONE


@compiled
def decide(venue: Any, index: int, own: Any, market: Any, now: int) -> int:
    """Guards, then why not, then whether it is time to quote. DONE when the step is over, TARGETED
    when orders are to be brought, HALTS or WANTS_TARGET."""
    if not guard(own, market, now):
        return HALTS
    symbol = symbols_at(venue.symbol, venue.symbols)[index]
    budget = budgets_at(own.budget, 1)[0]
    reason = why_not(own, market)
    if reason != QUOTING:
        clear_prices(own)
        if own.open_count:
            earn(budget, now)
        pull(symbol, own, budget, reason, now)
        return DONE
    if own.react or now >= own.next_quote_at:
        own.next_quote_at = now + own.interval_ns
        target = targets_at(own.target, 1)[0]
        position = positions_at(own.pool, 1)[0].lots
        if target.samples == market.samples and target.lots == position:
            return TARGETED
        if strategies_at(own.strategy, 1)[0].kind == NOT_COMPILED:
            return WANTS_TARGET
        find_target(own, market, position)
        return TARGETED
    earn(budget, now)
    pull_exposed(symbol, own, budget, market.fair, now)
    return DONE


@compiled
def end(own: Any, now: int) -> None:
    """The step is over."""
    note_step(own, now)
    write_step(own, targets_at(own.target, 1)[0])


@compiled
def run_step(venue: Any, index: int, own: Any, now: int) -> int:
    """One step, or what is left of it; DONE when it is over."""
    market = markets_at(own.market, 1)[0]
    book = books_at(venue.books, 2 * venue.symbols)[2 * index + 1]
    if own.phase == BEGIN:
        came = begin(venue, index, own, market, now)
        if came != DONE:
            return came
    if own.phase <= LINED:
        came = see(own, market, book, now)
        if came != DONE:
            return came
    if own.phase == SAMPLED:
        sampled(market, now)
        if own.estimating:
            estimate(own, market, book, now)
        own.phase = DECIDE
    if own.phase == DECIDE:
        came = decide(venue, index, own, market, now)
        if came == DONE:
            end(own, now)
            return DONE
        if came == HALTS:
            return came
        own.phase = TARGETED
        if came == WANTS_TARGET:
            return came
    came = quote(venue, index, own, market, now)
    if came == DONE:
        end(own, now)
    else:
        own.phase = BRING
    return came


@entry
def run(address: int, decision: int, index: int) -> int:
    """As many steps of the symbol `index` as can be done; DONE after the last one, or why not."""
    venue = venues_at(address, 1)[0]
    own = decisions_at(decision, 1)[0]
    moments = int64s(own.moments, own.moment_count)
    while own.cursor < own.moment_count:
        came = run_step(venue, index, own, moments[own.cursor])
        if came != DONE:
            return came
    return DONE

"""Taking the frozen picture of an engine."""

from market_maker.engine.accounts import Account
from market_maker.engine.estimates_report import fed_estimates, fit_of, markouts_of
from market_maker.engine.orders import LIVE, UNKNOWN
from market_maker.engine.parts import EngineParts
from market_maker.engine.position import Position
from market_maker.engine.reconcile import WAITING
from market_maker.engine.snapshot import (
    Counters,
    EngineBrief,
    EngineSnapshot,
    MemberSnapshot,
)
from market_maker.model.orders import BUY, SELL
from market_maker.model.quotes import QUOTES, UNWANTED, Reason, SideStatus
from market_maker.model.units import Lots, Value
from market_maker.risk.guards import report


def snapshot_of(engine: EngineParts) -> EngineSnapshot:
    """Everything a reader may want, copied."""
    market, ladder, pool = engine.market, engine.ladder, engine.accounts.pool
    book, mid_x2 = market.book, market.mid_x2
    members = tuple(_member(engine, account) for account in engine.accounts.all)
    return EngineSnapshot(
        symbol=engine.instrument.symbol,
        now=engine.now,
        state=engine.state,
        state_reason=engine.state_reason,
        config_version=engine.config.version,
        bid=_side(engine, BUY),
        ask=_side(engine, SELL),
        best_bid=book.bid,
        best_bid_size=book.bid_size,
        best_ask=book.ask,
        best_ask_size=book.ask_size,
        book_detail=book.detail,
        book_age_ns=engine.now - book.ts_recv if book.ts_recv else 0,
        mid_x2=mid_x2,
        fair_ticks=market.fair,
        sigma_bps=market.sigma,
        sigma_ref_bps=market.sigma_ref,
        samples=market.samples,
        spread_bps=ladder.spread_bps,
        shift_bps=ladder.shift_bps,
        clamp=ladder.clamp,
        position=Lots(pool.lots),
        # As they are settled: what one member opens against another realises nothing.
        realised=Value(sum(member.realised for member in members)),
        unrealised=Value(sum(member.unrealised for member in members)),
        fees=Value(pool.fees),
        funding=Value(pool.funding),
        members=members,
        orders=tuple(order.view() for order in engine.orders.open()),
        guards=report(engine.readings(), engine.terms.guard_limits),
        rebalance=engine.quoter.rebalance,
        uptime_pct=engine.quoter.uptime.pct(engine.now),
        behind_target=engine.quoter.behind_target(engine.now),
        spread_floor_bps=engine.terms.min_spread_bps,
        counters=_counters(engine),
        estimates=fed_estimates(market),
        fit=fit_of(market),
        markouts=markouts_of(market),
        warmup=market.warmup,
        fair_source=market.fair_source,
        peak_net=engine.risk_monitor.peak_net,
        book_seq=book.seq,
        reference_x2=market.reference_x2(engine.now),
    )


def brief_of(engine: EngineParts) -> EngineBrief:
    """What a list shows: a hundred pools are read several times a second."""
    market, mid_x2, now = engine.market, engine.market.mid_x2, engine.now
    book = market.book
    return EngineBrief(
        now=now,
        bid=_side(engine, BUY),
        ask=_side(engine, SELL),
        book_detail=book.detail,
        book_age_ns=now - book.ts_recv if book.ts_recv else 0,
        mid_x2=mid_x2,
        position=Lots(engine.accounts.pool.lots),
        net=Value(sum(_net(account.position, mid_x2) for account in engine.accounts.all)),
        guards=report(engine.readings(), engine.terms.guard_limits),
        rebalance=engine.quoter.rebalance,
        uptime_pct=engine.quoter.uptime.pct(now),
    )


def open_profit_of(position: Position, mid_x2: int) -> Value:
    """What readers see as unrealised. A position that was restored is carried at what it cost until
    there is a price: at a price of 0 all of it would be lost."""
    return position.unrealised(mid_x2) if mid_x2 else Value(0)


def _net(position: Position, mid_x2: int) -> Value:
    paid = position.fees - position.funding
    return Value(position.realised + open_profit_of(position, mid_x2) - paid)


def _side(engine: EngineParts, side: int) -> SideStatus:
    best, size, live = None, 0, 0
    for order in engine.orders.open():
        if order.side != side or order.state is not LIVE:
            continue
        live += 1
        price = order.price
        if best is None or (price > best if side == BUY else price < best):
            best, size = price, order.leaves
        elif price == best:
            size += order.leaves
    return SideStatus(live > 0, _reason(engine, side, live=live > 0), best, Lots(size), live)


def _reason(engine: EngineParts, side: int, *, live: bool) -> Reason:
    """The reason of the last decision, where it still fits what is open: an order is on its way
    for a while before it rests, and rests for a while after it is unwanted."""
    reason = engine.reconciler.reasons[side]
    if live:
        return Reason.AWAITING_CANCEL if reason in UNWANTED else reason
    if reason not in QUOTES:
        return reason
    states = {order.state for order in engine.orders.open() if order.side == side}
    for state, waits in WAITING.items():
        if state in states:
            return waits
    return Reason.AWAITING_QUOTE


def _member(engine: EngineParts, account: Account) -> MemberSnapshot:
    position, member = account.position, account.member
    held = position.holding()
    index = account.index
    states = [order.state for order in engine.orders.open() if order.account == index]
    return MemberSnapshot(
        participant_id=member.participant_id,
        weight_pct=str(member.capital_weight_pct),
        active=member.active,
        stopped=account.stopped,
        position=held.lots,
        average_price=position.average_price(),
        realised=held.realised,
        unrealised=open_profit_of(position, engine.market.mid_x2),
        fees=held.fees,
        funding=held.funding,
        open_orders=len(states),
        unknown_orders=states.count(UNKNOWN),
    )


def _counters(engine: EngineParts) -> Counters:
    tally, reconciler = engine.tally, engine.reconciler
    return Counters(
        turns=tally.turns,
        placed=reconciler.placed,
        cancels=reconciler.cancelled,
        fills=tally.fills,
        rejects=tally.rejects,
        post_only_rejects=tally.post_only_rejects,
        unattributed_fills=tally.unattributed_fills,
        impossible_fills=tally.impossible_fills,
        token_fees=tally.token_fees,
    )

"""From the decision kernel back into the engine, which goes on from where the kernel stands."""
# ruff: noqa: SLF001  the state of an engine moves as a whole

from typing import Any

import numpy as np

from market_maker.decision_kernel import decision_layout as layouts
from market_maker.decision_kernel.codes import REASONS
from market_maker.decision_kernel.decision_state import EWMA, MONEY, DecisionState
from market_maker.decision_kernel.estimate_state import show_book
from market_maker.engine.orders import LIVE, PENDING_CANCEL, PENDING_NEW, Working, slot_of
from market_maker.engine.risk_monitor import MEMBER_LOSS
from market_maker.engine.shares import Share
from market_maker.estimators.volatility import EwmaVolatility
from market_maker.model.actions import Place
from market_maker.model.events import BookLost
from market_maker.model.orders import BUY, SELL, SIDES
from market_maker.model.quotes import Reason
from market_maker.model.units import Lots, Nanos, OrderId
from market_maker.quoting.view import View
from market_maker.replay_venue.recorded_exchange import LOST_REASON
from market_maker.replay_venue.wide_integers import wide_of

_STATES = {
    layouts.PENDING_NEW: PENDING_NEW,
    layouts.LIVE: LIVE,
    layouts.PENDING_CANCEL: PENDING_CANCEL,
}


def hand_over(state: DecisionState, placed: dict[OrderId, Place]) -> None:
    """The engine goes on from where the kernel stands. placed: every order by its number."""
    engine, root = state.engine, state.root
    engine.now = _last_moment(state)
    engine.tally.turns += state.cursor
    engine.tally.fills = int(root["fills"])
    engine.tally.post_only_rejects = int(root["post_only_rejects"])
    engine._next_quote_at = int(root["next_quote_at"])
    _give_market(state)
    if state.asked is not None:  # before the rest, which holds those trades already
        state.asked.take_trades(engine.now)
    if state.estimates is not None:
        state.estimates.hand_over(engine)
    _give_accounts(state)
    _give_orders(state, placed)
    _give_ladder(state)
    _give_limits(state)
    state.take_uptime()
    budget = state.part("budget")
    engine._budget.credit = int(budget["credit"])
    engine._budget.earned_at = Nanos(int(budget["earned_at"]))
    engine.cache.invalidate()


def _last_moment(state: DecisionState) -> Nanos:
    at = state.cursor - (int(state.root["phase"]) == layouts.BEGIN)
    return Nanos(int(state.moments[at])) if at >= 0 else state.engine.now


def _give_market(state: DecisionState) -> None:
    market, record = state.engine.market, state.part("market")
    if record["ts_recv"]:
        show_book(market.book, state.received())
    if record["lost"]:
        market.book.lost(BookLost(Nanos(int(record["ts_lost"])), LOST_REASON))
    blind = int(record["blind"])
    market.blind = REASONS[blind] if blind else None
    market.blind_since = Nanos(int(record["blind_since"]))
    market.mid_x2, market.fair = int(record["mid_x2"]), float(record["fair"])
    market._fair_at, market._sample_due = (
        Nanos(int(record["fair_at"])),
        int(record["sample_due"]),
    )
    market.samples_taken, market.valued_x2 = int(record["samples"]), int(record["valued_x2"])
    market.sigma, market.sigma_ref = float(record["sigma"]), float(record["sigma_ref"])
    market.warm, market.unready = bool(record["warm"]), REASONS[int(record["unready"])]
    if state.part("microprice")["used"]:
        state.give_microprice()
        market.microprice.value = market.fair if market.mid_x2 else None
    if record["ewma"] and isinstance(market.volatility, EwmaVolatility):
        for own, name in ((market.volatility, "volatility"), (market._long_run, "long_run")):
            for field in EWMA:
                setattr(own, field, state.part(name)[field].item())


def _give_accounts(state: DecisionState) -> None:
    accounts = state.engine.accounts
    records = [state.part("pool"), *state.accounts]
    for own, record in zip(
        [accounts.pool, *(account.position for account in accounts.quoting)], records, strict=True
    ):
        own.lots = Lots(int(record["lots"]))
        for field in MONEY:
            setattr(own, field, wide_of(record, field))
    for account, record in zip(accounts.quoting, state.accounts, strict=True):
        account.stopped = MEMBER_LOSS if record["stopped"] else ""


def _give_orders(state: DecisionState, placed: dict[OrderId, Place]) -> None:
    orders, reconciler, root = state.engine.orders, state.engine.reconciler, state.root
    for number in state.opened[: int(root["open_count"])].tolist():
        slot = state.slots[number]
        orders.placed(_working(slot, placed[OrderId(int(slot["order_id"]))]))
        if slot["state"] != layouts.PENDING_NEW:
            orders.unacknowledged -= 1
    reconciler.placed, reconciler.cancelled = int(root["placed"]), int(root["cancelled"])
    reconciler.next_order_id = OrderId(int(root["next_order_id"]))
    reconciler.reasons = [REASONS[root["bid_reason"]], REASONS[root["ask_reason"]]]
    reconciler._at_limit = [bool(root["at_limit_buy"]), bool(root["at_limit_sell"])]
    for place in np.flatnonzero(state.shares["known"]).tolist():
        side, level = divmod(place, state.levels)
        key = slot_of(0, side, level)
        _give_share(state, place, reconciler._shares.at(key))
        if root["few"] and not root["alone"]:
            allocator = reconciler._shares._allocators[key] = state.allocator()
            allocator.credits[:] = state.credits[place].tolist()


def _working(slot: Any, placed: Place) -> Working:
    account, side, level = (int(slot[name]) for name in ("account", "side", "level"))
    order = Working(
        placed.order_id, slot_of(account, side, level), placed.member, placed.price, placed.size
    )
    order.leaves, order.state = Lots(int(slot["leaves"])), _STATES[int(slot["state"])]
    order.filled = order.size - order.leaves
    order.reduce_only = placed.reduce_only
    order.client_order_id, order.account_id = placed.client_order_id, placed.account_id
    order.rested_at = int(slot["accepted_event"]), int(slot["accepted_recv"])
    order.acknowledged = slot["state"] != layouts.PENDING_NEW
    return order


def _give_share(state: DecisionState, place: int, share: Share) -> None:
    record = state.shares[place]
    share.renew(int(record["price"]), int(record["lots"]), state.bounds[place].tolist())
    share.bound(state.engine.terms.order_limits)
    share.hand_out(state.parts[place].tolist())
    share.reason = REASONS[record["reason"]] if record["reason"] >= 0 else None
    share.used = bool(record["used"])


def _give_ladder(state: DecisionState) -> None:
    ladder, root = state.engine.ladder, state.root
    view = state.part("seen")
    if state.part("strategy")["kind"] != layouts.NOT_COMPILED and view["sigma_ref"]:
        seen = View(*(float(view[name]) for name in View.__struct_fields__))
        ladder.aim(state.engine.terms.strategy(seen), state.engine.terms)
        for side in range(len(SIDES)):
            ladder.size_values[side][:] = state.values[side].tolist()
    for side in range(len(SIDES)):
        if ladder.prices[side]:
            ladder.prices[side][:] = state.prices[side].tolist()
    if root["refused_bid"]:
        ladder.refused(BUY, int(root["refused_bid"]), int(root["refused_bid_ask"]))
    if root["refused_ask"]:
        ladder.refused(SELL, int(root["refused_ask"]), int(root["refused_ask_bid"]))


def _give_limits(state: DecisionState) -> None:
    monitor, root = state.engine.risk_monitor, state.root
    monitor._peak_net = wide_of(root, "peak_net")
    reducing = int(root["reducing"])
    monitor._reducing = (None, Reason.LOSS_LIMIT, Reason.DRAWDOWN_LIMIT)[reducing]
    monitor.room_value, monitor.limit_reason = (
        int(root["room_value"]),
        REASONS[root["limit_reason"]],
    )
    state.engine.reconciler.limit(monitor.room_value, monitor.limit_reason)
    limits = state.engine.terms.guard_limits
    for side, name in enumerate(("fills_buy", "fills_sell")):
        count = int(root[name])
        ring = state.fill_times[side * limits.fills : (side + 1) * limits.fills].tolist()
        kept = range(max(count - limits.fills, 0), count)
        monitor._fills[side].extend(Nanos(ring[i % limits.fills]) for i in kept)

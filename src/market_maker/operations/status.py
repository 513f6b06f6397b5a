"""From a runner to what people read: units, names and proofs."""

from decimal import Decimal
from functools import cache
from typing import Any

from msgspec import structs

from market_maker.engine.snapshot import EngineSnapshot, MemberSnapshot
from market_maker.execution.display_names import DisplayNames
from market_maker.execution.engines import RunningPool
from market_maker.execution.running_pools import RunningPools
from market_maker.model.client_order_id import stamp_of
from market_maker.model.instrument import Instrument
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order
from market_maker.model.pool import Member, PoolConfig
from market_maker.model.quotes import SideStatus
from market_maker.model.records import StateRecord
from market_maker.model.shared_fields import shared_fields
from market_maker.model.units import (
    NANOS_PER_MS,
    NANOS_PER_SECOND,
    RATE_SCALE,
    VALUE_SCALE,
)
from market_maker.operations.estimate_views import estimates_view
from market_maker.operations.limit_words import limit_of
from market_maker.operations.presenting import present
from market_maker.operations.views import (
    BookView,
    CountersView,
    EngineView,
    GuardView,
    MemberLive,
    MoneyView,
    ObligationView,
    OpenOrderView,
    PoolSideView,
    PoolStatus,
    PoolStatusView,
    RebalanceView,
    SimulatedQuoteView,
    StateView,
)
from market_maker.risk import guards
from market_maker.risk.guards import Guard
from market_maker.risk.rebalance import Rebalance

NOT_RUNNING = "no engine"
GONE = "no member any more"
NO_ENGINE = "no engine: enable the pool to make one"


def pool_status(
    config: PoolConfig,
    runner: RunningPool | None,
    last: StateRecord | None,
    pools: RunningPools,
) -> PoolStatusView:
    """A pool, live. last: its last move as stored, for a pool without an engine."""
    stands, shadow = standing(config, runner, last), pools.engine_host.shadow
    if runner is None:
        return PoolStatusView(
            **stands,
            as_of=None,
            shadow_mode=shadow,
            enabled=config.enabled,
            quoting=False,
            last_look=None,
            day_net_pnl_usdt=None,
            drawdown_usdt=None,
            members=tuple(_resting(member, pools.names) for member in config.members),
            engine=None,
        )
    snapshot = runner.snapshot()
    engine = None if runner.failure else engine_view(runner, snapshot)
    net = None if engine is None else engine.pnl.net
    day = None if net is None else pools.days.figures(config.symbol, snapshot.now, net)
    return PoolStatusView(
        **stands,
        as_of=snapshot.now,
        shadow_mode=shadow,
        enabled=config.enabled,
        quoting=engine is not None and (engine.bid.quoting or engine.ask.quoting),
        last_look=runner.last_look,
        day_net_pnl_usdt=None if day is None else day.net,
        drawdown_usdt=None if day is None else day.drawdown,
        members=() if runner.failure else _members(runner, snapshot, pools.names),
        engine=engine,
    )


def standing(
    config: PoolConfig, runner: RunningPool | None, last: StateRecord | None
) -> dict[str, Any]:
    """What every picture of a pool has: where it stands, since when, and what may be open."""
    active = sum(member.active for member in config.members)
    if runner is None:
        return {
            "symbol": config.symbol,
            "state": PoolStatus.NOT_RUNNING,
            "reason": NO_ENGINE,
            "by": "" if last is None else last.by,
            "since": None if last is None else last.ts,
            "config_version": config.version,
            "active_members": active,
            "open_orders": 0,
            "unknown_orders": 0,
            "cancel_unconfirmed": False,
            "review_needed": last is not None and last.state is PoolState.HALTED,
            "failure": None,
        }
    moved, (orders, unknown) = runner.moved, runner.order_counts()
    return {
        "symbol": config.symbol,
        "state": PoolStatus(runner.state),
        "reason": runner.reason,
        "by": "" if moved is None else moved.by,
        "since": None if moved is None else moved.ts,
        "config_version": runner.config.version,
        "active_members": active,
        "open_orders": _open(runner, orders),
        "unknown_orders": unknown,
        "cancel_unconfirmed": runner.is_unproved,
        "review_needed": runner.halt is not None,
        "failure": runner.failure,
    }


def pool_state(config: PoolConfig, runner: RunningPool | None, *, shadow: bool) -> StateView:
    """The short answer to a command."""
    if runner is None:
        return StateView(
            symbol=config.symbol,
            state=PoolStatus.NOT_RUNNING,
            reason=NO_ENGINE,
            config_version=config.version,
            open_orders=0,
            unknown_orders=0,
            cancel_unconfirmed=False,
            shadow_mode=shadow,
        )
    orders, unknown = runner.order_counts()
    return StateView(
        symbol=config.symbol,
        state=PoolStatus(runner.state),
        reason=runner.reason,
        config_version=config.version,
        open_orders=_open(runner, orders),
        unknown_orders=unknown,
        cancel_unconfirmed=runner.is_unproved,
        shadow_mode=shadow,
    )


def engine_view(runner: RunningPool, snapshot: EngineSnapshot) -> EngineView:
    """A live engine in people's units."""
    instrument = runner.instrument
    return EngineView(
        bid=_side(runner, snapshot.bid),
        ask=_side(runner, snapshot.ask),
        book=_book(instrument, snapshot),
        estimates=estimates_view(instrument, runner.config, snapshot),
        guards=tuple(guard_view(instrument, guard) for guard in snapshot.guards),
        rebalance=_rebalance(instrument, runner, snapshot.rebalance),
        obligation=_obligation(runner.config, snapshot),
        net_position=instrument.quantity(snapshot.position),
        net_position_usdt=at_mid(instrument, snapshot.mid_x2, snapshot.position),
        pnl=_money(instrument, snapshot),
        orders=tuple(open_order(instrument, order) for order in snapshot.orders),
        simulated=tuple(simulated_quote(instrument, order) for order in snapshot.simulated),
        counters=present(CountersView, snapshot.counters, instrument),
        mailbox_depth=runner.mailbox_depth,
        turn_ms=runner.turn_ns / NANOS_PER_MS,
    )


def open_order(instrument: Instrument, order: Order) -> OpenOrderView:
    """An order that may be open."""
    return present(
        OpenOrderView,
        order,
        instrument,
        participant_id=order.member,
        created_at=stamp_of(order.client_order_id) or None,
        queue_ahead=None if order.ahead is None else instrument.quantity(order.ahead),
    )


def simulated_quote(instrument: Instrument, order: Order) -> SimulatedQuoteView:
    """What shadow mode would have open."""
    return present(SimulatedQuoteView, order, instrument, participant_id=order.member)


def at_mid(instrument: Instrument, mid_x2: int, lots: int) -> Decimal | None:
    """What a position is worth, quote currency; None without a mid."""
    return instrument.notional(mid_x2, lots) / 2 if mid_x2 else None


def _open(runner: RunningPool, orders: int) -> int:
    """What may be open: our own count, and strays that it does not hold."""
    return orders + (0 if runner.failure else runner.strays or 0)


def _side(runner: RunningPool, side: SideStatus) -> PoolSideView:
    instrument = runner.instrument
    limit = limit_of(side.reason, instrument, runner.config)
    return present(PoolSideView, side, instrument, reason=side.reason.value, limit=limit)


def _book(instrument: Instrument, snapshot: EngineSnapshot) -> BookView:
    known = snapshot.book_age_ns or not snapshot.book_detail
    return BookView(
        best_bid=instrument.price(snapshot.best_bid) if snapshot.best_bid else None,
        best_bid_size=instrument.quantity(snapshot.best_bid_size),
        best_ask=instrument.price(snapshot.best_ask) if snapshot.best_ask else None,
        best_ask_size=instrument.quantity(snapshot.best_ask_size),
        age_ms=snapshot.book_age_ns / NANOS_PER_MS if known else None,
        detail=snapshot.book_detail,
    )


def guard_view(instrument: Instrument, guard: Guard) -> GuardView:
    """A guard in people's units."""
    one, unit = _GUARD_UNITS.get(guard.unit, (Decimal(1), guard.unit))
    if unit == _MONEY:
        one *= instrument.notional(1, 1)
    return GuardView(
        id=guard_id(guard.name),
        title=guard_title(guard.name),
        text=guards.TEXTS[guard.name],
        name=guard.name,
        value=guard.value * one,
        threshold=guard.threshold * one,
        headroom=guard.headroom * one,
        unit=unit,
        action=guard.action,
    )


@cache
def guard_id(name: str) -> str:
    """The stable name of a guard."""
    return name.replace(" ", "_").replace("-", "_")


@cache
def guard_title(name: str) -> str:
    """What a guard watches: one that holds has no limit exceeded."""
    watched = name.removesuffix(" exceeded").removesuffix(" failure")
    return watched[0].upper() + watched[1:]


_MONEY = "USDT"
_GUARD_UNITS: dict[str, tuple[Decimal, str]] = {
    guards.VALUED: (Decimal(1), _MONEY),
    guards.MONEY: (1 / Decimal(VALUE_SCALE), _MONEY),
    guards.BLIND: (1 / Decimal(NANOS_PER_SECOND), "seconds without usable data"),
    guards.LATE: (1 / Decimal(NANOS_PER_MS), "ms behind"),
    guards.SHARE: (100 / Decimal(RATE_SCALE), "per cent of the peak"),
    guards.SEVERITY: (1 / Decimal(RATE_SCALE), guards.SEVERITY),
}
"""The engine's unit -> how much one of it is, per tick x lot where it is money, and its name."""


def _rebalance(instrument: Instrument, runner: RunningPool, signal: Rebalance) -> RebalanceView:
    return RebalanceView(
        action=signal.action,
        size=instrument.quantity(signal.size),
        urgency=signal.urgency,
        balancing=runner.config.balance and signal.size > 0,
    )


def _obligation(config: PoolConfig, snapshot: EngineSnapshot) -> ObligationView:
    return ObligationView(
        behind=snapshot.behind_target, **shared_fields(ObligationView, config, snapshot)
    )


def _resting(member: Member, names: DisplayNames) -> MemberLive:
    return MemberLive(
        participant_id=member.participant_id,
        display_name=names.of(member.participant_id),
        capital_weight_pct=member.capital_weight_pct,
        active=member.active,
        stopped=NOT_RUNNING,
        position=None,
        position_usdt=None,
        average_price=None,
        pnl=None,
        open_orders=None,
        unknown_orders=None,
    )


def _members(
    runner: RunningPool, snapshot: EngineSnapshot, called: DisplayNames
) -> tuple[MemberLive, ...]:
    """The members, and those who left something behind: their share is nothing."""
    names = {member.participant_id for member in runner.config.members}
    views = []
    for member in snapshot.members:
        name = called.of(member.participant_id)
        view = structs.replace(_member(runner.instrument, snapshot, member), display_name=name)
        if member.participant_id in names:
            views.append(view)
        elif member.position or member.net:
            views.append(structs.replace(view, capital_weight_pct=Decimal(0), stopped=GONE))
    return tuple(views)


def _member(instrument: Instrument, snapshot: EngineSnapshot, member: MemberSnapshot) -> MemberLive:
    average = member.average_price
    return present(
        MemberLive,
        member,
        instrument,
        display_name="",
        capital_weight_pct=Decimal(member.weight_pct),
        position_usdt=at_mid(instrument, snapshot.mid_x2, member.position),
        average_price=None if average is None else average * float(instrument.tick_size),
        pnl=_money(instrument, member),
    )


def _money(instrument: Instrument, holder: EngineSnapshot | MemberSnapshot) -> MoneyView:
    return present(MoneyView, holder, instrument)

"""What the application answers with: frozen pictures in people's units.

Prices and money are quote currency, sizes and positions base currency, both exact decimals; times
are nanoseconds since the epoch. A None says that the thing is not known, never that it is zero.
"""

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from market_maker.model.connected import Connected
from market_maker.model.orders import OrderState, Side
from market_maker.model.pool import PoolConfig
from market_maker.model.units import Nanos, OrderId, ParticipantId
from market_maker.operations.estimate_views import EstimatesView
from market_maker.risk.rebalance import Rebalancing, Urgency


class PoolStatus(StrEnum):
    """Where a pool stands. NOT_RUNNING: a configuration without an engine; the others are the
    engine's own states."""

    NOT_RUNNING = "NOT_RUNNING"
    PAUSED = "PAUSED"
    ACTIVE = "ACTIVE"
    HALTED = "HALTED"


class MembershipState(StrEnum):
    """SUSPENDED: the participant is, so the membership stands without orders. REMOVED: kept for
    its history; its weight is free."""

    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"
    REMOVED = "REMOVED"


class PoolView(Struct, frozen=True, kw_only=True):
    """A stored pool. venue: where its orders go. config.members is empty: they have a list of their
    own. config.version is the version that a change must name. warnings: what is allowed but
    will not work well."""

    config: PoolConfig
    venue: str
    state: PoolStatus
    active_members: int
    created_at: Nanos
    updated_at: Nanos
    warnings: tuple[str, ...] = ()


class MemberView(Struct, frozen=True, kw_only=True):
    """A membership as stored. display_name: what the participant is called. version: its own, which
    a change must name. position_limit_in_force_usdt: what the engine keeps to; less than the limit
    where the participant's margin is less than its limits together, 0 without a right to orders."""

    symbol: str
    participant_id: ParticipantId
    display_name: str
    capital_weight_pct: Decimal
    position_limit_usdt: Decimal
    position_limit_in_force_usdt: Decimal
    max_loss_usdt: Decimal
    state: MembershipState
    version: int
    created_at: Nanos
    updated_at: Nanos
    warnings: tuple[str, ...] = ()


class MoneyView(Struct, frozen=True, kw_only=True):
    """PnL in quote currency. fees > 0 are costs; net = realised + unrealised - fees + funding."""

    realised: Decimal
    unrealised: Decimal
    fees: Decimal
    funding: Decimal
    net: Decimal


class PoolSideView(Struct, frozen=True, kw_only=True):
    """One side of a pool. reason: why it quotes, or why not; limit: the names and values of the
    limits that this is about, empty where it has none. price, size: the best live own
    order; None and 0 when there is none."""

    quoting: bool
    reason: str
    limit: str
    price: Decimal | None
    size: Decimal
    live_orders: int


class BookView(Struct, frozen=True, kw_only=True):
    """The market as the engine sees it. age_ms: since the last receipt; detail: why the book
    cannot be trusted, empty when it can."""

    best_bid: Decimal | None
    best_bid_size: Decimal
    best_ask: Decimal | None
    best_ask_size: Decimal
    age_ms: float | None
    detail: str


class GuardView(Struct, frozen=True, kw_only=True):
    """One guard: its value against its threshold, in `unit`; headroom < 0 is beyond it. id: a
    stable name; title: the same for people; text: what it compares, in words; name: the reason of
    a halt by it; action: what it would do, in words."""

    id: str
    title: str
    text: str
    name: str
    value: Decimal
    threshold: Decimal
    headroom: Decimal
    unit: str
    action: str


class RebalanceView(Struct, frozen=True, kw_only=True):
    """What to do about a position. action: none, buy or sell; size: base currency that brings it
    to nothing; urgency: none, medium or high. balancing: whether the pool works it off itself."""

    action: Rebalancing
    size: Decimal
    urgency: Urgency
    balancing: bool


class ObligationView(Struct, frozen=True, kw_only=True):
    """How the pool meets its targets. uptime_pct: of the time it was ACTIVE this UTC day, with
    orders out on both sides; None before any. behind: less than target_uptime_pct, so that the
    spread is at most target_spread_bps; 0 is no target. spread_floor_bps: the least total spread,
    from min_spread_bps or from fees and min_edge_bps."""

    uptime_pct: float | None
    target_uptime_pct: Decimal
    target_spread_bps: Decimal
    behind: bool
    spread_floor_bps: float


class MemberLive(Struct, frozen=True, kw_only=True):
    """One member. active: may have orders; stopped: why it has none; null: not known without an
    engine. position: base currency, position_usdt: at the mid, average_price: quote currency.
    display_name: empty while the database does not say it."""

    participant_id: ParticipantId
    display_name: str
    capital_weight_pct: Decimal
    active: bool
    stopped: str
    position: Decimal | None
    position_usdt: Decimal | None
    average_price: float | None
    pnl: MoneyView | None
    open_orders: int | None
    unknown_orders: int | None


class OpenOrderView(Struct, frozen=True, kw_only=True):
    """An order that may be open. order_id: the engine's own. created_at: when it was decided.
    queue_ahead: at most so much of others stands before it at its price, base currency. Of an order
    that only the venue's list has, neither is known: null."""

    order_id: OrderId
    client_order_id: str
    created_at: Nanos | None
    participant_id: ParticipantId
    side: Side
    level: int
    price: Decimal
    size: Decimal
    leaves: Decimal
    queue_ahead: Decimal | None
    state: OrderState


class SimulatedQuoteView(Struct, frozen=True, kw_only=True):
    """What shadow mode would have open: nothing of it was sent."""

    participant_id: ParticipantId
    side: Side
    level: int
    price: Decimal
    size: Decimal


class CountersView(Struct, frozen=True, kw_only=True):
    """Since the engine was made. token_fees: fills with a fee in a token that is not the quote
    currency, which no PnL has."""

    turns: int
    placed: int
    cancels: int
    fills: int
    rejects: int
    post_only_rejects: int
    unattributed_fills: int
    impossible_fills: int
    token_fees: int


class EngineView(Struct, frozen=True, kw_only=True):
    """A live engine as of its last turn."""

    bid: PoolSideView
    ask: PoolSideView
    book: BookView
    estimates: EstimatesView
    guards: tuple[GuardView, ...]
    rebalance: RebalanceView
    obligation: ObligationView
    net_position: Decimal
    net_position_usdt: Decimal | None
    pnl: MoneyView
    orders: tuple[OpenOrderView, ...]
    simulated: tuple[SimulatedQuoteView, ...]
    counters: CountersView
    mailbox_depth: int
    turn_ms: float


class PoolStatusView(Struct, frozen=True, kw_only=True):
    """A pool, live. reason: why it is in its state, since when and by whom; since None: never
    moved. open_orders counts what may be open, unknown ones included, and never drops to zero on
    an assumption. cancel_unconfirmed: orders were pulled and the venue has not yet said that none
    is left; last_look: when it last answered. review_needed: it was halted, and only a resume
    that passes the review brings it back. engine: None while NOT_RUNNING or after a crash, which
    `failure` then names. deleted: it was deleted with a position. active_members: who may have
    orders. records_available: false while the database does not answer; the engine's own then.
    as_of: of the engine's last turn. day_net_pnl_usdt: net PnL since the UTC day began;
    drawdown_usdt: how far it is below the day's peak, >= 0. Unknown without an engine: null."""

    symbol: str
    as_of: Nanos | None
    state: PoolStatus
    reason: str
    by: str
    since: Nanos | None
    shadow_mode: bool
    config_version: int
    enabled: bool
    active_members: int
    quoting: bool
    open_orders: int
    unknown_orders: int
    cancel_unconfirmed: bool
    last_look: Nanos | None
    review_needed: bool
    failure: str | None
    day_net_pnl_usdt: Decimal | None
    drawdown_usdt: Decimal | None
    members: tuple[MemberLive, ...]
    engine: EngineView | None
    records_available: bool = True
    deleted: bool = False


class StateView(Struct, frozen=True, kw_only=True):
    """The answer to a command: where the pool stands now, and whether that is proved."""

    symbol: str
    state: PoolStatus
    reason: str
    config_version: int
    open_orders: int
    unknown_orders: int
    cancel_unconfirmed: bool
    shadow_mode: bool


class GuardUse(Struct, frozen=True, kw_only=True):
    """How much of a guard's threshold is used, per cent; beyond 100 it halts."""

    id: str
    title: str
    used_pct: float


class PoolGlance(Struct, frozen=True, kw_only=True):
    """A pool in one line. as_of: of its engine's last turn. venue: where its orders go. reason: why
    it is in its state. silent: why a side of an ACTIVE pool has no order. worst_guard: nearest to
    its threshold. last_look: when the venue last said what is open. book_age_ms: since the last
    receipt. day_net_pnl_usdt: net PnL since the UTC day began; drawdown_usdt: how far it is below
    the day's peak, >= 0. Unknown without an engine: null."""

    symbol: str
    as_of: Nanos | None
    strategy: str
    venue: str
    state: PoolStatus
    reason: str
    by: str
    since: Nanos | None
    config_version: int
    active_members: int
    quoting: bool
    open_orders: int
    unknown_orders: int
    cancel_unconfirmed: bool
    last_look: Nanos | None
    review_needed: bool
    failure: str | None
    deleted: bool
    net_position_usdt: Decimal | None
    net_pnl_usdt: Decimal | None
    day_net_pnl_usdt: Decimal | None
    drawdown_usdt: Decimal | None
    book_age_ms: float | None
    quoting_bid: bool
    quoting_ask: bool
    silent: str
    worst_guard: GuardUse | None
    uptime_pct: float | None
    rebalance: Rebalancing | None


class Glance(Struct, frozen=True, kw_only=True):
    """All pools at a glance. counts: pools by state. Totals cover live engines, those of deleted
    pools with a position too; net_position_usdt: the sum of pool positions at the mid, longs less
    shorts; gross_position_usdt: of their absolute values. records_available: false while the
    database does not answer; pools without an engine are missing then. venue: where orders go;
    connected: to what else the service is. as_of: of the engines' newest turn, null without one."""

    as_of: Nanos | None
    shadow_mode: bool
    counts: dict[str, int]
    open_orders: int
    unknown_orders: int
    net_position_usdt: Decimal
    gross_position_usdt: Decimal
    net_pnl_usdt: Decimal
    day_net_pnl_usdt: Decimal
    loop_lag_ms: float
    records_available: bool
    venue: str
    connected: Connected | None = None
    pools: tuple[PoolGlance, ...]


class StoppedView(Struct, frozen=True, kw_only=True):
    """What an emergency command did to one pool. cancelled: orders that were open before and are
    proved gone, also by a fill; still_open: orders not proved gone yet; unproved: why the venue has
    not confirmed that nothing is open, empty where it has; position: what is left, base currency,
    None where the engine is down and only the fills show it; unwinding: it works its position down
    before it pauses. error: why it could not be stopped in an orderly way, empty when it was."""

    symbol: str
    state: PoolStatus
    reason: str
    cancelled: tuple[OpenOrderView, ...]
    still_open: tuple[OpenOrderView, ...]
    cancel_unconfirmed: bool
    position: Decimal | None
    position_usdt: Decimal | None
    unwinding: bool
    error: str
    unproved: str = ""


class EmergencyView(Struct, frozen=True, kw_only=True):
    """The answer to kill and flatten. recorded: whether the audit log has it already; a stop
    never waits for the database."""

    action: str
    at: Nanos
    pools: tuple[StoppedView, ...]
    recorded: bool


class ResetView(Struct, frozen=True, kw_only=True):
    """What /mm/reset answers: it changes nothing and says where to go. resume: for each pool that
    is not ACTIVE the address that starts it. without_members: pools that need an active member
    first (POST /v1/pools/{symbol}/members)."""

    message: str
    resume: tuple[str, ...]
    without_members: tuple[str, ...]

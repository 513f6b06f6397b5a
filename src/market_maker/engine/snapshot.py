"""A frozen picture of an engine, for readers: screens, reports, later the API."""

from msgspec import Struct

from market_maker.estimators.adverse_selection import MarkoutRow
from market_maker.estimators.estimate import Estimate
from market_maker.estimators.intensity import Fit
from market_maker.model.events import NO_SEQ
from market_maker.model.lifecycle import PoolState
from market_maker.model.orders import Order
from market_maker.model.quotes import Clamp, SideStatus
from market_maker.model.units import Lots, Nanos, ParticipantId, Ticks, Value
from market_maker.risk.guards import Guard
from market_maker.risk.rebalance import Rebalance


class MemberSnapshot(Struct, frozen=True, array_like=True, gc=False):
    """One member. average_price: ticks, None when flat; fees > 0 are costs, funding > 0 income.
    stopped: why its orders are pulled while the pool goes on; empty when they are not."""

    participant_id: ParticipantId
    weight_pct: str
    active: bool
    stopped: str
    position: Lots
    average_price: float | None
    realised: Value
    unrealised: Value
    fees: Value
    funding: Value
    open_orders: int
    unknown_orders: int

    @property
    def net(self) -> Value:
        """realised + unrealised - fees + funding."""
        return Value(self.realised + self.unrealised - self.fees + self.funding)


class Counters(Struct, frozen=True, array_like=True, gc=False):
    """Since the engine was made. cancels: requests sent, repeats included. unattributed_fills:
    reports of orders we do not know, or seen before. impossible_fills: booked, although they were
    of more than was ordered or at a worse price than the limit. token_fees: fills with one, which
    no PnL has."""

    turns: int
    placed: int
    cancels: int
    fills: int
    rejects: int
    post_only_rejects: int
    unattributed_fills: int
    impossible_fills: int = 0
    token_fees: int = 0


class EngineBrief(Struct, frozen=True, gc=False):
    """What a list of pools shows of an engine, as of the last turn; the words are those of
    EngineSnapshot."""

    now: Nanos
    bid: SideStatus
    ask: SideStatus
    book_detail: str
    book_age_ns: int
    mid_x2: int
    position: Lots
    net: Value
    guards: tuple[Guard, ...]
    rebalance: Rebalance
    uptime_pct: float | None


class EngineSnapshot(Struct, frozen=True, array_like=True, gc=False):
    """As of the last turn. fair_ticks: 0.0 until known; fair_source: what it is, which is the mid
    while its source has seen too little. sigma in bps per square root of hour;
    samples: volatility samples seen and wanted. book_age_ns: since the last receipt. rebalance:
    what to do about the position. uptime_pct: of the time it was ACTIVE this UTC day, with orders
    out on both sides; None before any. behind_target: less than it is obliged to, so that the
    spread is held at the target. spread_floor_bps: the least spread that limits and fees allow.
    estimates: those that are fed; fit: of fill intensity, None while it is not wanted;
    markouts: of our fills by horizon, side and depth, while adverse selection is wanted.
    warmup: what is still to be seen before the first quote: (what, seen, wanted). simulated: in
    shadow mode, what would be open; `orders` is empty then. peak_net: the highest `net`, where
    there is a limit on drawdown. book_seq: the number of the book's last update; reference_x2:
    twice the fresh price that the collar lies around, 0 for none."""

    symbol: str
    now: Nanos
    state: PoolState
    state_reason: str
    config_version: int
    bid: SideStatus
    ask: SideStatus
    best_bid: Ticks
    best_bid_size: Lots
    best_ask: Ticks
    best_ask_size: Lots
    book_detail: str
    book_age_ns: int
    mid_x2: int
    fair_ticks: float
    sigma_bps: float
    sigma_ref_bps: float
    samples: tuple[int, int]
    spread_bps: float
    shift_bps: float
    clamp: Clamp
    position: Lots
    realised: Value
    unrealised: Value
    fees: Value
    funding: Value
    members: tuple[MemberSnapshot, ...]
    orders: tuple[Order, ...]
    guards: tuple[Guard, ...]
    rebalance: Rebalance
    uptime_pct: float | None
    behind_target: bool
    spread_floor_bps: float
    counters: Counters
    estimates: tuple[Estimate, ...] = ()
    fit: Fit | None = None
    markouts: tuple[MarkoutRow, ...] = ()
    warmup: tuple[tuple[str, int, int], ...] = ()
    fair_source: str = ""
    simulated: tuple[Order, ...] = ()
    peak_net: Value = Value(0)
    book_seq: int = NO_SEQ
    reference_x2: int = 0

    def brief(self) -> EngineBrief:
        """The part of it that a list shows."""
        return EngineBrief(**{name: getattr(self, name) for name in EngineBrief.__struct_fields__})

    @property
    def net(self) -> Value:
        """The pool's realised + unrealised - fees + funding."""
        return Value(self.realised + self.unrealised - self.fees + self.funding)

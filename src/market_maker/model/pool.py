"""A pool: one symbol's maker, its configuration and its members.

The seventeen documented fields keep their public names, units and meaning; the fields after
them are ours and their defaults keep the documented behaviour.
"""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.units import ParticipantId

FAIR_PRICES = ("mid", "weighted_mid", "microprice", "regression", "kalman")
VOLATILITIES = ("realised", "ewma")
KAPPAS = ("configured", "estimated", "estimated_only")
ESTIMATORS = ("needed", "all")
VENUES = ("sandbox",)
"""Where orders can go; a venue is added here with its adapter."""
LEVELS_MAX = 20
MEMBERS_MAX = 100
NAME_LENGTH_MAX = 64
WHOLE_PCT = 100


class Bounds(Struct, frozen=True):
    """What a number may be: low..high, with low itself excluded where low_open."""

    low: Decimal
    high: Decimal
    unit: str
    low_open: bool = False

    def allows(self, value: Decimal | int) -> bool:
        """Whether `value` lies within."""
        return (self.low < value if self.low_open else self.low <= value) and value <= self.high

    def words(self, *, whole: bool) -> str:
        """For people."""
        kind = "a whole number" if whole else "a number"
        low = f"above {self.low}" if self.low_open else f"from {self.low}"
        unit = f" {self.unit}" if self.unit else ""
        return f"{kind} {low} to {self.high}{unit}"


def _positive(high: str, unit: str) -> Bounds:
    return Bounds(Decimal(0), Decimal(high), unit, low_open=True)


def _from(low: str, high: str, unit: str) -> Bounds:
    return Bounds(Decimal(low), Decimal(high), unit)


POOL_BOUNDS: dict[str, Bounds] = {
    "gamma": _positive("100", ""),
    "kappa": _positive("1000", ""),
    "vol_lookback_seconds": _from("10", "86400", "seconds"),
    "tau": _positive("168", "hours"),
    "num_levels": _from("1", str(LEVELS_MAX), "levels"),
    "level_spacing_bps": _from("0", "1000", "bps"),
    "min_spread_bps": _from("0", "5000", "bps"),
    "max_spread_bps": _positive("5000", "bps"),
    "order_size_usdt": _positive("1000000000", "USDT"),
    "max_pool_position_usdt": _positive("100000000000", "USDT"),
    "max_pool_loss_usdt": _positive("100000000000", "USDT"),
    "staleness_threshold_ms": _from("10", "600000", "ms"),
    "quote_interval_ms": _from("1", "600000", "ms"),
    "price_threshold_bps": _from("0", "1000", "bps"),
    "ewma_half_life_seconds": _positive("86400", "seconds"),
    "warmup_samples": _from("2", "86400", "one-second samples"),
    "market_data_halt_seconds": _from("1", "86400", "seconds"),
    "price_collar_bps": _positive("5000", "bps"),
    "max_order_value_usdt": _from("0", "100000000000", "USDT; 0 means twice order_size_usdt"),
    "max_messages_per_second": _from("1", "10000", "messages"),
    "cancel_reserve_pct": _from("0", "90", "per cent"),
    "reject_storm_count": _from("1", "10000", "rejections in a row"),
    "warmup_trades": _from("0", "100000", "trades"),
    "warmup_volume_ticks": _from("0", "100000", "ticks of the volume clock"),
    "min_edge_bps": _from("0", "1000", "bps; 0 turns it off"),
    "target_spread_bps": _from("0", "5000", "bps; 0 turns it off"),
    "target_uptime_pct": _from("0", "100", "per cent of the time"),
    "capital_usdt": _from("0", "100000000000", "USDT; 0 means max_pool_position_usdt"),
    "max_drawdown_pct": _from("0", "100", "per cent of the peak; 0 turns it off"),
    "reduce_only_at_pct": _positive("100", "per cent of a limit"),
    "fills_in_window_max": _from("0", "100000", "fills of one side; 0 turns it off"),
    "fill_window_seconds": _positive("86400", "seconds"),
    "rate_limit_errors_max": _from("0", "10000", "rate-limit errors; 0 turns it off"),
    "rate_limit_window_seconds": _positive("86400", "seconds"),
    "max_consumer_lag_ms": _from("0", "600000", "ms; 0 turns it off"),
    "rebalance_threshold_pct": _positive("100", "per cent of the position limit"),
    "rebalance_urgent_pct": _positive("100", "per cent of the position limit"),
    "version": _from("1", "9000000000000000000", ""),
}

MEMBER_BOUNDS: dict[str, Bounds] = {
    "capital_weight_pct": _positive("100", "per cent"),
    "position_limit_usdt": _positive("100000000000", "USDT"),
    "max_loss_usdt": _positive("100000000000", "USDT"),
}


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """A participant in one pool. capital_weight_pct: its share of every pool order."""

    participant_id: ParticipantId
    capital_weight_pct: Decimal
    position_limit_usdt: Decimal
    max_loss_usdt: Decimal
    active: bool = True

    def __post_init__(self) -> None:
        if not 1 <= len(self.participant_id) <= NAME_LENGTH_MAX:
            raise InvalidFieldError("participant_id", self.participant_id, "1 to 64 characters")
        _check_bounds(self, MEMBER_BOUNDS, "")


class PoolConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one pool quotes. Raises InvalidFieldError, so an invalid one never exists.

    Documented fields (pool_engine_reference, "Pool config fields"):
    gamma: risk aversion, dimensionless (math section 8). kappa: decay of fill intensity, per
    10 bps. tau: horizon, hours. Spreads: bps of fair, the total spread of level 0.
    order_size_usdt: the whole pool's order per level. enabled: whether an engine is created.

    Ours: strategy and strategy_params (checked by quoting.registry), fair_price, volatility,
    ewma_half_life_seconds, warmup_samples, market_data_halt_seconds, price_collar_bps,
    max_order_value_usdt, max_messages_per_second, cancel_reserve_pct, reject_storm_count,
    venue, members, version.

    Terms that bring estimates into quotes, each off by default: use_kappa ("estimated": the
    measured decay of fill intensity, with kappa as its prior; "estimated_only": without, and no
    quotes while arrivals do not fit the law), use_funding (as drift), use_impact (adverse
    selection), use_toxicity, use_inventory_gamma and use_cascade (factors on gamma; the last one
    also shrinks, pulls and halts). estimators: "all" keeps those that no term needs up to date,
    for readers. warmup_trades and warmup_volume_ticks: seen before the first quote, where a term
    needs trades. min_edge_bps: half the spread is at least this and the maker fee.
    target_spread_bps: the widest spread while the share of the day with quotes on both sides is
    below target_uptime_pct.

    Guards beyond the documented ones: max_drawdown_pct of the peak of capital_usdt + PnL;
    fills_in_window_max of one side within fill_window_seconds; rate_limit_errors_max within
    rate_limit_window_seconds; max_consumer_lag_ms, the age of the oldest event of a turn.
    reduce_only_at_pct of the loss or drawdown limit the pool only reduces its position.
    rebalance_threshold_pct and rebalance_urgent_pct: positions, in per cent of the limit, from
    which a rebalance is signalled, and is urgent; balance: it is worked off at our best price.
    """

    symbol: str
    enabled: bool = False
    gamma: Decimal = Decimal("0.1")
    kappa: Decimal = Decimal("1.5")
    vol_lookback_seconds: int = 300
    tau: Decimal = Decimal("1.0")
    num_levels: int = 1
    level_spacing_bps: Decimal = Decimal(5)
    min_spread_bps: Decimal = Decimal(5)
    max_spread_bps: Decimal = Decimal(50)
    order_size_usdt: Decimal = Decimal(500)
    max_pool_position_usdt: Decimal = Decimal(50_000)
    max_pool_loss_usdt: Decimal = Decimal(2_000)
    check_staleness: bool = True
    staleness_threshold_ms: Decimal = Decimal(2_000)
    quote_interval_ms: Decimal = Decimal(100)
    price_threshold_bps: Decimal = Decimal(5)

    strategy: str = "avellaneda_stoikov"
    strategy_params: dict[str, str | int | float | bool | None] = {}
    fair_price: str = "microprice"
    volatility: str = "realised"
    ewma_half_life_seconds: Decimal = Decimal(60)
    warmup_samples: int = 20
    market_data_halt_seconds: Decimal = Decimal(30)
    price_collar_bps: Decimal = Decimal(500)
    max_order_value_usdt: Decimal = Decimal(0)
    max_messages_per_second: int = 100
    cancel_reserve_pct: Decimal = Decimal(25)
    reject_storm_count: int = 10
    venue: str = "sandbox"
    members: tuple[Member, ...] = ()
    version: int = 1

    use_kappa: str = "configured"
    use_funding: bool = False
    use_impact: bool = False
    use_toxicity: bool = False
    use_inventory_gamma: bool = False
    use_cascade: bool = False
    estimators: str = "needed"
    warmup_trades: int = 50
    warmup_volume_ticks: int = 20
    min_edge_bps: Decimal = Decimal(0)
    target_spread_bps: Decimal = Decimal(0)
    target_uptime_pct: Decimal = Decimal(95)

    capital_usdt: Decimal = Decimal(0)
    max_drawdown_pct: Decimal = Decimal(0)
    reduce_only_at_pct: Decimal = Decimal(80)
    fills_in_window_max: int = 0
    fill_window_seconds: Decimal = Decimal(10)
    rate_limit_errors_max: int = 0
    rate_limit_window_seconds: Decimal = Decimal(60)
    max_consumer_lag_ms: Decimal = Decimal(0)
    rebalance_threshold_pct: Decimal = Decimal(10)
    rebalance_urgent_pct: Decimal = Decimal(50)
    balance: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.symbol) <= NAME_LENGTH_MAX:
            raise InvalidFieldError("symbol", self.symbol, "1 to 64 characters")
        _check_bounds(self, POOL_BOUNDS, "")
        _check_choice("fair_price", self.fair_price, FAIR_PRICES)
        _check_choice("volatility", self.volatility, VOLATILITIES)
        _check_choice("venue", self.venue, VENUES)
        _check_choice("use_kappa", self.use_kappa, KAPPAS)
        _check_choice("estimators", self.estimators, ESTIMATORS)
        if self.min_spread_bps > self.max_spread_bps:
            allowed = f"at most max_spread_bps ({self.max_spread_bps})"
            raise InvalidFieldError("min_spread_bps", self.min_spread_bps, allowed)
        if not self.min_spread_bps <= (self.target_spread_bps or self.max_spread_bps):
            allowed = f"0, or at least min_spread_bps ({self.min_spread_bps})"
            raise InvalidFieldError("target_spread_bps", self.target_spread_bps, allowed)
        if self.order_size_usdt > self.max_pool_position_usdt:
            allowed = f"at most max_pool_position_usdt ({self.max_pool_position_usdt})"
            raise InvalidFieldError("order_size_usdt", self.order_size_usdt, allowed)
        if self.rebalance_urgent_pct < self.rebalance_threshold_pct:
            allowed = f"at least rebalance_threshold_pct ({self.rebalance_threshold_pct})"
            raise InvalidFieldError("rebalance_urgent_pct", self.rebalance_urgent_pct, allowed)
        self._check_budget()
        self._check_members()

    def _check_budget(self) -> None:
        """A reserve that leaves less than one message a second would never place an order."""
        most = WHOLE_PCT - Decimal(WHOLE_PCT) / self.max_messages_per_second
        if self.cancel_reserve_pct > most:
            allowed = f"at most {int(most)} with {self.max_messages_per_second} messages a second"
            raise InvalidFieldError("cancel_reserve_pct", self.cancel_reserve_pct, allowed)

    def _check_members(self) -> None:
        if len(self.members) > MEMBERS_MAX:
            raise InvalidFieldError("members", len(self.members), f"at most {MEMBERS_MAX} members")
        ids = [member.participant_id for member in self.members]
        for name in ids:
            if ids.count(name) > 1:
                raise InvalidFieldError("participant_id", name, "each participant once in a pool")
        total = sum((m.capital_weight_pct for m in self.members), Decimal(0))
        if total > WHOLE_PCT:
            allowed = "weights that sum to at most 100: Total capital weight would exceed 100%"
            raise InvalidFieldError("capital_weight_pct", total, allowed)
        for member in self.members:
            if member.position_limit_usdt > self.max_pool_position_usdt:
                allowed = f"at most max_pool_position_usdt ({self.max_pool_position_usdt})"
                raise InvalidFieldError("position_limit_usdt", member.position_limit_usdt, allowed)


def _check_choice(field: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise InvalidFieldError(field, value, "one of " + ", ".join(choices))


def _check_bounds(struct: Struct, table: dict[str, Bounds], prefix: str) -> None:
    for field, bounds in table.items():
        value = getattr(struct, field)
        whole = isinstance(value, int)
        finite = whole or value.is_finite()
        if not finite or not bounds.allows(value):
            raise InvalidFieldError(prefix + field, value, bounds.words(whole=whole))

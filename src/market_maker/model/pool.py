"""A pool: one symbol's maker, its configuration and its members.

The seventeen documented fields keep their public names, units and meaning; the fields after
them are ours and their defaults keep the documented behaviour.
"""

from decimal import Decimal
from typing import Annotated, Final, TypeAlias

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.exact import plain
from market_maker.model.fields import (
    bounds_of,
    check_fields,
    choice,
    line,
    meaning,
    name,
    number,
    positive,
)
from market_maker.model.units import ParticipantId

FAIR_PRICES = ("mid", "weighted_mid", "microprice", "regression", "kalman")
VOLATILITIES = ("realised", "ewma")
KAPPAS = ("configured", "estimated", "estimated_only")
ESTIMATORS = ("needed", "all")
VENUES = ("sandbox", "hyperliquid", "order service")
"""Where orders can go; a venue is added here with its adapter. The first is where the service
trades by itself: the sandbox, or the order service that it is given, which may be named too."""
LEVELS_MAX: Final = 20
MEMBERS_MAX = 100
WHOLE_PCT = 100


Weight: TypeAlias = Annotated[Decimal, positive("100", "per cent", "Share of every pool order.")]
PositionLimit: TypeAlias = Annotated[
    Decimal,
    positive(
        "100000000000",
        "USDT",
        "The member's own limit of its position; at most the pool's max_pool_position_usdt.",
    ),
]
LossLimit: TypeAlias = Annotated[
    Decimal, positive("100000000000", "USDT", "The member's own limit of its loss.")
]
Version: TypeAlias = Annotated[
    int, number("1", "9000000000000000000", "", "The version that this change replaces.")
]


class Member(Struct, frozen=True, forbid_unknown_fields=True):
    """A participant's share of every order of the pool, and its own limits. account_id, user_id:
    whose its orders are at the venue, from the participant's own record; empty where a market has
    no accounts."""

    participant_id: Annotated[ParticipantId, name("Whose share it is.")]
    capital_weight_pct: Weight
    position_limit_usdt: PositionLimit
    max_loss_usdt: LossLimit
    active: bool = True
    account_id: str = ""
    user_id: str = ""

    def __post_init__(self) -> None:
        check_fields(self)


IDENTITY = ("account_id", "user_id")
"""Fields of a Member that are its participant's and are stored there only."""


class PoolConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How one pool quotes. Raises InvalidFieldError, so an invalid one never exists.

    The first seventeen fields are the documents' (pool_engine_reference, "Pool config fields");
    the others are ours, and their defaults keep the documented behaviour. Terms that bring
    estimates into quotes are each off by default: use_kappa ("estimated": the measured decay, with
    kappa as its prior; "estimated_only": no quotes while arrivals do not fit the law), use_funding,
    use_impact, use_toxicity, use_inventory_gamma, use_cascade, use_depth, dust_usdt,
    lead_symbol, one_sided_bps, sigma_horizon_seconds.
    """

    symbol: Annotated[str, name("Instrument that the pool quotes, such as BTCUSDT-PERP.")]
    enabled: Annotated[
        bool, meaning("Whether an engine is made when the service starts; it starts PAUSED.")
    ] = False
    gamma: Annotated[
        Decimal, positive("100", "", "Risk aversion: how far a position moves the quotes.")
    ] = Decimal("0.1")
    kappa: Annotated[
        Decimal, positive("100000", "", "Decay of fill intensity with distance, per 10 bps.")
    ] = Decimal("1.5")
    vol_lookback_seconds: Annotated[
        int, number("10", "86400", "seconds", "Window of the volatility estimate.")
    ] = 300
    tau: Annotated[Decimal, positive("168", "hours", "Horizon of the plan.")] = Decimal("1.0")
    num_levels: Annotated[int, number("1", str(LEVELS_MAX), "levels", "Price levels per side.")] = 1
    level_spacing_bps: Annotated[
        Decimal, number("0", "1000", "bps", "Distance between two levels.")
    ] = Decimal(5)
    min_spread_bps: Annotated[
        Decimal, number("0", "5000", "bps", "Least total spread of the first level.")
    ] = Decimal(5)
    max_spread_bps: Annotated[
        Decimal, positive("5000", "bps", "Greatest total spread of the first level.")
    ] = Decimal(50)
    order_size_usdt: Annotated[
        Decimal, positive("1000000000", "USDT", "Size of the whole pool per level.")
    ] = Decimal(500)
    max_pool_position_usdt: Annotated[
        Decimal, positive("100000000000", "USDT", "Position of the pool beyond which it is HALTED.")
    ] = Decimal(50_000)
    max_pool_loss_usdt: Annotated[
        Decimal, positive("100000000000", "USDT", "Loss of the pool beyond which it is HALTED.")
    ] = Decimal(2_000)
    check_staleness: Annotated[
        bool, meaning("Whether quotes are pulled while market data is stale.")
    ] = True
    staleness_threshold_ms: Annotated[
        Decimal, number("10", "600000", "ms", "Age of the last book update from which it is stale.")
    ] = Decimal(2_000)
    quote_interval_ms: Annotated[
        Decimal, number("1", "600000", "ms", "Least time between two changes of prices.")
    ] = Decimal(100)
    price_threshold_bps: Annotated[
        Decimal, number("0", "1000", "bps", "Least change of price that moves a quote.")
    ] = Decimal(5)

    strategy: Annotated[str, line(64, "Quoting strategy by name.")] = "avellaneda_stoikov"
    strategy_params: Annotated[
        dict[str, str | int | float | bool | None], meaning("The strategy's own parameters.")
    ] = {}
    react: Annotated[
        bool, meaning("Whether a change of the market moves prices at once, not at the interval.")
    ] = False
    fair_price: Annotated[str, choice(FAIR_PRICES, "What the price is taken from.")] = "microprice"
    volatility: Annotated[str, choice(VOLATILITIES, "How volatility is estimated.")] = "realised"
    ewma_half_life_seconds: Annotated[
        Decimal, positive("86400", "seconds", "Half-life of the ewma estimate.")
    ] = Decimal(60)
    warmup_samples: Annotated[
        int,
        number("2", "86400", "one-second samples", "Samples of the price before the first quote."),
    ] = 20
    market_data_halt_seconds: Annotated[
        Decimal, number("1", "86400", "seconds", "Time without usable market data until HALTED.")
    ] = Decimal(30)
    price_collar_bps: Annotated[
        Decimal, positive("5000", "bps", "Greatest distance of a quote from the mid.")
    ] = Decimal(500)
    max_order_value_usdt: Annotated[
        Decimal,
        number(
            "0",
            "100000000000",
            "USDT; 0 means twice order_size_usdt",
            "Greatest value of one order.",
        ),
    ] = Decimal(0)
    max_messages_per_second: Annotated[
        int, number("1", "10000", "messages", "Messages to the venue per second.")
    ] = 100
    cancel_reserve_pct: Annotated[
        Decimal, number("0", "90", "per cent", "Part of the messages that is kept for cancels.")
    ] = Decimal(25)
    reject_storm_count: Annotated[
        int, number("1", "10000", "rejections in a row", "Rejections that halt the pool.")
    ] = 10
    venue: Annotated[str, choice(VENUES, "Where the orders go.")] = "sandbox"
    members: tuple[Member, ...] = ()
    version: Annotated[
        int,
        number(
            "1",
            "9000000000000000000",
            "",
            "Grows with every change; a change that names one replaces that one.",
        ),
    ] = 1

    use_kappa: Annotated[str, choice(KAPPAS, "Where the decay of fill intensity comes from.")] = (
        "configured"
    )
    use_funding: Annotated[bool, meaning("Funding moves the quotes, as a drift.")] = False
    use_impact: Annotated[bool, meaning("Adverse selection widens the spread.")] = False
    use_toxicity: Annotated[bool, meaning("Toxic flow raises gamma.")] = False
    use_inventory_gamma: Annotated[bool, meaning("The position raises gamma.")] = False
    use_cascade: Annotated[
        bool, meaning("A cascade of liquidations raises gamma, shrinks, pulls and halts.")
    ] = False
    use_depth: Annotated[
        bool, meaning("Five levels of the book are a term of the regression's forecast.")
    ] = False
    dust_usdt: Annotated[
        Decimal,
        number(
            "0",
            "1000000000",
            "USDT; 0 turns it off",
            "Levels of the book that are worth less make no price.",
        ),
    ] = Decimal(0)
    lead_symbol: Annotated[
        str,
        line(64, "Another market, whose price is a term of the regression's forecast; or empty."),
    ] = ""
    one_sided_bps: Annotated[
        Decimal,
        number(
            "0",
            "1000",
            "bps of the price; 0 turns it off",
            "Forecast from which the side that it goes against is silent.",
        ),
    ] = Decimal(0)
    sigma_horizon_seconds: Annotated[
        int,
        number(
            "0",
            "3600",
            "seconds; 0 means one second",
            "Over how long moves are taken for volatility in quotes.",
        ),
    ] = 0
    estimators: Annotated[
        str, choice(ESTIMATORS, "Which estimates are kept: those that quotes need, or all.")
    ] = "needed"
    warmup_trades: Annotated[
        int,
        number("0", "100000", "trades", "Trades before the first quote, where quotes need trades."),
    ] = 50
    warmup_volume_ticks: Annotated[
        int,
        number(
            "0",
            "100000",
            "ticks of the volume clock",
            "Volume before the first quote, where quotes need trades.",
        ),
    ] = 20
    min_edge_bps: Annotated[
        Decimal,
        number("0", "1000", "bps; 0 turns it off", "Least half-spread beyond the maker fee."),
    ] = Decimal(0)
    target_spread_bps: Annotated[
        Decimal,
        number(
            "0",
            "5000",
            "bps; 0 turns it off",
            "Widest spread while uptime is below target_uptime_pct.",
        ),
    ] = Decimal(0)
    target_uptime_pct: Annotated[
        Decimal,
        number(
            "0",
            "100",
            "per cent of the time",
            "Promised share of the day with quotes on both sides.",
        ),
    ] = Decimal(95)

    capital_usdt: Annotated[
        Decimal,
        number(
            "0",
            "100000000000",
            "USDT; 0 means max_pool_position_usdt",
            "Capital that the drawdown is measured against.",
        ),
    ] = Decimal(0)
    max_drawdown_pct: Annotated[
        Decimal,
        number(
            "0",
            "100",
            "per cent of the peak; 0 turns it off",
            "Drawdown beyond which the pool is HALTED.",
        ),
    ] = Decimal(0)
    reduce_only_at_pct: Annotated[
        Decimal,
        positive(
            "100",
            "per cent of a limit",
            "Loss or drawdown from which the pool only reduces its position.",
        ),
    ] = Decimal(80)
    fills_in_window_max: Annotated[
        int,
        number(
            "0",
            "100000",
            "fills of one side; 0 turns it off",
            "Fills of one side within fill_window_seconds.",
        ),
    ] = 0
    fill_window_seconds: Annotated[
        Decimal, positive("86400", "seconds", "Window of fills_in_window_max.")
    ] = Decimal(10)
    rate_limit_errors_max: Annotated[
        int,
        number(
            "0",
            "10000",
            "rate-limit errors; 0 turns it off",
            "Rate-limit errors within rate_limit_window_seconds that halt the pool.",
        ),
    ] = 0
    rate_limit_window_seconds: Annotated[
        Decimal, positive("86400", "seconds", "Window of rate_limit_errors_max.")
    ] = Decimal(60)
    max_consumer_lag_ms: Annotated[
        Decimal,
        number(
            "0",
            "600000",
            "ms; 0 turns it off",
            "Age of the oldest event of a turn that halts the pool.",
        ),
    ] = Decimal(0)
    rebalance_threshold_pct: Annotated[
        Decimal,
        positive(
            "100", "per cent of the position limit", "Position from which a rebalance is signalled."
        ),
    ] = Decimal(10)
    rebalance_urgent_pct: Annotated[
        Decimal,
        positive(
            "100", "per cent of the position limit", "Position from which a rebalance is urgent."
        ),
    ] = Decimal(50)
    balance: Annotated[bool, meaning("Whether a rebalance is worked off at our best price.")] = (
        False
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if self.min_spread_bps > self.max_spread_bps:
            allowed = f"at most max_spread_bps ({plain(self.max_spread_bps)})"
            raise InvalidFieldError("min_spread_bps", self.min_spread_bps, allowed)
        if not self.min_spread_bps <= (self.target_spread_bps or self.max_spread_bps):
            allowed = f"0, or at least min_spread_bps ({plain(self.min_spread_bps)})"
            raise InvalidFieldError("target_spread_bps", self.target_spread_bps, allowed)
        if self.order_size_usdt > self.max_pool_position_usdt:
            allowed = f"at most max_pool_position_usdt ({plain(self.max_pool_position_usdt)})"
            raise InvalidFieldError("order_size_usdt", self.order_size_usdt, allowed)
        if 2 * self.sigma_horizon_seconds > self.vol_lookback_seconds:
            allowed = f"at most half of vol_lookback_seconds ({self.vol_lookback_seconds})"
            raise InvalidFieldError("sigma_horizon_seconds", self.sigma_horizon_seconds, allowed)
        if self.rebalance_urgent_pct < self.rebalance_threshold_pct:
            allowed = f"at least rebalance_threshold_pct ({plain(self.rebalance_threshold_pct)})"
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
        for each in ids:
            if ids.count(each) > 1:
                raise InvalidFieldError("participant_id", each, "each participant once in a pool")
        total = sum((m.capital_weight_pct for m in self.members), Decimal(0))
        if total > WHOLE_PCT:
            allowed = "weights that sum to at most 100: Total capital weight would exceed 100%"
            raise InvalidFieldError("capital_weight_pct", total, allowed)
        for member in self.members:
            if member.position_limit_usdt > self.max_pool_position_usdt:
                allowed = f"at most max_pool_position_usdt ({plain(self.max_pool_position_usdt)})"
                raise InvalidFieldError("position_limit_usdt", member.position_limit_usdt, allowed)


POOL_BOUNDS = bounds_of(PoolConfig)


DOCUMENTED = tuple(PoolConfig.__struct_fields__[:17])
"""The seventeen fields of the documents: a configuration is always given whole, so that no limit
falls back to a default that the caller did not choose. The other fields may be left out."""

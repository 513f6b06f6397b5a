"""A pool: one symbol's maker, its configuration and its members.

The seventeen documented fields keep their public names, units and meaning; the fields after
them are ours and their defaults keep the documented behaviour.
"""

import re
from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from market_maker.model.errors import InvalidFieldError, UnknownFieldError
from market_maker.model.units import ParticipantId

FAIR_PRICES = ("mid", "weighted_mid", "microprice")
VOLATILITIES = ("realised", "ewma")
VENUES = ("sandbox",)
"""Where orders can go; a venue is added here with its adapter."""
LEVELS_MAX = 20
MEMBERS_MAX = 100
NAME_LENGTH_MAX = 64
WHOLE_PCT = 100

_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,12})?", re.ASCII)
_BITS_MAX, _DIGITS_MAX = 128, 40
"""Numbers longer than this are not even written out to be checked."""

_DECIMAL_ALLOWED = "a decimal number such as 12.5, at most 15 digits before and 12 after the point"


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

    def __post_init__(self) -> None:
        if not 1 <= len(self.symbol) <= NAME_LENGTH_MAX:
            raise InvalidFieldError("symbol", self.symbol, "1 to 64 characters")
        _check_bounds(self, POOL_BOUNDS, "")
        _check_choice("fair_price", self.fair_price, FAIR_PRICES)
        _check_choice("volatility", self.volatility, VOLATILITIES)
        _check_choice("venue", self.venue, VENUES)
        if self.min_spread_bps > self.max_spread_bps:
            allowed = f"at most max_spread_bps ({self.max_spread_bps})"
            raise InvalidFieldError("min_spread_bps", self.min_spread_bps, allowed)
        if self.order_size_usdt > self.max_pool_position_usdt:
            allowed = f"at most max_pool_position_usdt ({self.max_pool_position_usdt})"
            raise InvalidFieldError("order_size_usdt", self.order_size_usdt, allowed)
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


def decimal_of(field: str, value: object) -> Decimal:
    """A strict ASCII decimal out of a string or a number; no NaN, no exponents, bounded.

    Raises InvalidFieldError.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
        raise InvalidFieldError(field, value, _DECIMAL_ALLOWED)
    text = value if isinstance(value, str) else _written_out(value)
    if not _DECIMAL.fullmatch(text):
        raise InvalidFieldError(field, value, _DECIMAL_ALLOWED)
    return Decimal(text)


def _written_out(value: float | Decimal) -> str:
    """Without an exponent; empty for what is too long for any field, or no number."""
    if isinstance(value, int):
        return str(value) if value.bit_length() < _BITS_MAX else ""
    number = Decimal(str(value))
    written_out = number.is_finite() and abs(number.adjusted()) < _DIGITS_MAX
    return format(number, "f") if written_out else ""


def pool_config(fields: dict[str, object]) -> PoolConfig:
    """A PoolConfig from a parsed document (TOML, JSON). Unknown fields, wrong types and values
    out of bounds raise InvalidFieldError that names the field, the value and what is allowed."""
    known = _known(fields, PoolConfig, "")
    members = known.pop("members", ())
    if not isinstance(members, list | tuple):
        raise InvalidFieldError("members", members, "a list of tables")
    return PoolConfig(**known, members=tuple(_member(m, i) for i, m in enumerate(members)))  # type: ignore[arg-type]


def _member(fields: object, index: int) -> Member:
    if not isinstance(fields, dict):
        raise InvalidFieldError(f"members[{index}]", fields, "a table")
    prefix = f"members[{index}]."
    known = _known(fields, Member, prefix)
    try:
        return Member(**known)  # type: ignore[arg-type]
    except InvalidFieldError as error:
        raise InvalidFieldError(prefix + error.field, error.value, error.allowed) from None


def _known(fields: dict[str, object], struct: type[Struct], prefix: str) -> dict[str, object]:
    specs = {field.name: field for field in msgspec.structs.fields(struct)}
    _refuse_unknown(fields, specs, prefix)
    for name, spec in specs.items():
        if spec.required and name not in fields:
            raise InvalidFieldError(prefix + name, None, _allowed(name, spec.type))
    return {name: _typed(prefix, name, fields[name], specs[name].type) for name in fields}


def _refuse_unknown(fields: dict[str, object], specs: Iterable[str], prefix: str) -> None:
    names = list(specs)
    for name, value in fields.items():
        if name not in names:
            raise UnknownFieldError(prefix + name, value, ", ".join(names))


_KINDS: dict[object, tuple[type, str]] = {
    int: (int, "a whole number"),
    bool: (bool, "true or false"),
    str: (str, "a text"),
    ParticipantId: (str, "a text"),
}
"""Types of fields, as Python has them and in words."""


def _allowed(name: str, kind: object) -> str:
    """What a field may be, in words."""
    bounds = POOL_BOUNDS.get(name) or MEMBER_BOUNDS.get(name)
    return bounds.words(whole=kind is int) if bounds else _KINDS[kind][1]


def _typed(prefix: str, name: str, value: object, kind: object) -> object:
    if kind is Decimal:
        return decimal_of(prefix + name, value)
    if kind not in _KINDS:
        return _plain(name, value)
    python_type, _ = _KINDS[kind]
    if not isinstance(value, python_type) or (python_type is int and isinstance(value, bool)):
        raise InvalidFieldError(prefix + name, value, _allowed(name, kind))
    return value


def _plain(field: str, value: object) -> object:
    """strategy_params: a table of plain values, judged by the strategy itself."""
    if field != "strategy_params":
        return value
    if not isinstance(value, dict):
        raise InvalidFieldError(field, value, "a table")
    for name, each in value.items():
        if not isinstance(each, str | int | float | bool | None):
            raise InvalidFieldError(f"{field}.{name}", each, "a number, a text or true/false")
    return value

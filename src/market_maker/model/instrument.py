"""What is traded, and the only place where prices and money change unit."""

from decimal import Decimal
from enum import Enum

from msgspec import Struct

from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument_limits import NO_LIMITS, InstrumentLimits
from market_maker.model.price_grid import EVERY_TICK, PriceGrid
from market_maker.model.units import RATE_SCALE, VALUE_SCALE, Lots, Ticks, Value

SYMBOL_LENGTH_MAX = 64
STEP_EXPONENT_MAX = 18
"""Of a tick or a lot, in powers of ten: 1e999999 would take all the memory there is."""
_STEP_MIN, _STEP_BOUND = Decimal("1e-18"), Decimal("1e19")
assert (_STEP_MIN.adjusted(), _STEP_BOUND.adjusted()) == (-STEP_EXPONENT_MAX, STEP_EXPONENT_MAX + 1)

FEE_BPS_MAX = 1000
_RATE_PER_BPS = RATE_SCALE // 10_000


def rate_from_bps(field: str, bps: Decimal) -> int:
    """A rate in RATE_SCALE-ths from basis points; exact, so at most four decimals."""
    if bps.is_finite() and abs(bps) <= FEE_BPS_MAX:
        rate = bps * _RATE_PER_BPS
        if rate == rate.to_integral_value():
            return int(rate)
    allowed = "basis points from -1000 to 1000 with at most four decimals"
    raise InvalidFieldError(field, bps, allowed)


class FeeSchedule(Struct, frozen=True):
    """Fees in basis points of notional: a cost is > 0, a rebate < 0."""

    maker_bps: Decimal = Decimal(0)
    taker_bps: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        rate_from_bps("maker_fee_bps", self.maker_bps)
        rate_from_bps("taker_fee_bps", self.taker_bps)

    @property
    def maker_rate(self) -> int:
        """RATE_SCALE-ths of notional."""
        return rate_from_bps("maker_fee_bps", self.maker_bps)

    @property
    def taker_rate(self) -> int:
        """RATE_SCALE-ths of notional."""
        return rate_from_bps("taker_fee_bps", self.taker_bps)


class ContractKind(Enum):
    """LINEAR: its value moves with the price, in quote currency; spot too. INVERSE: its value in
    quote currency stays, whatever the price, and gains are paid in the base currency."""

    LINEAR = "linear"
    INVERSE = "inverse"


class Instrument(Struct, frozen=True):
    """A perpetual, dated future or spot instrument.

    tick_size: quote currency per tick, e.g. Decimal("0.1"). lot_size: base currency per lot,
    e.g. Decimal("0.001"). min_notional: smallest order value, quote currency; 0 for none.
    maker_fee_bps: what the venue takes (a cost is > 0, a rebate < 0) for a passive fill.
    price_grid: which ticks are prices that the venue takes; trades may lie between them.
    quote_currency: what prices are in; empty where it is not stated. contract_value: of an inverse
    contract, quote currency; its quantities are contracts, of which lot_size is a number. limits:
    what the venue takes of orders.
    """

    symbol: str
    tick_size: Decimal
    lot_size: Decimal
    min_notional: Decimal = Decimal(0)
    maker_fee_bps: Decimal = Decimal(0)
    price_grid: PriceGrid = EVERY_TICK
    quote_currency: str = ""
    contract: ContractKind = ContractKind.LINEAR
    contract_value: Decimal = Decimal(0)
    limits: InstrumentLimits = NO_LIMITS

    def __post_init__(self) -> None:
        name = self.symbol
        if not name or len(name) > SYMBOL_LENGTH_MAX or not name.isprintable():
            raise InvalidFieldError("symbol", name, "1 to 64 characters that can be printed")
        for field in ("tick_size", "lot_size"):
            size: Decimal = getattr(self, field)
            if not size.is_finite() or size <= 0 or abs(size.adjusted()) > STEP_EXPONENT_MAX:
                allowed = f"a decimal above 0, from {_STEP_MIN} to below {_STEP_BOUND}"
                raise InvalidFieldError(field, size, allowed)
        least = self.min_notional
        if not least.is_finite() or not 0 <= least < _STEP_BOUND:
            allowed = f"a decimal of 0 or more, below {_STEP_BOUND}"
            raise InvalidFieldError("min_notional", least, allowed)
        rate_from_bps("maker_fee_bps", self.maker_fee_bps)
        inverse, value = self.contract is ContractKind.INVERSE, self.contract_value
        right = value.is_finite() and (0 < value < _STEP_BOUND if inverse else value == 0)
        if not right:
            allowed = f"above 0 and below {_STEP_BOUND} for an inverse contract, 0 for any other"
            raise InvalidFieldError("contract_value", value, allowed)

    def price(self, ticks: int) -> Decimal:
        """Exact price in quote currency, for wires, screens and reports."""
        return ticks * self.tick_size

    def price_step(self, price: Decimal) -> Decimal:
        """Quote currency between two prices that may be quoted near `price`."""
        return self.price_grid.step(int(price / self.tick_size)) * self.tick_size

    def quantity(self, lots: int) -> Decimal:
        """Exact quantity in base currency."""
        return lots * self.lot_size

    def notional(self, ticks: int, lots: int) -> Decimal:
        """Exact value of `lots` at `ticks`, in quote currency."""
        return ticks * self.tick_size * lots * self.lot_size

    def money(self, value: Value) -> Decimal:
        """A Value as quote currency, exact."""
        return value * self.tick_size * self.lot_size / VALUE_SCALE

    def tick_lots(self, money: Decimal) -> int:
        """Quote currency as whole ticks x lots, rounded down: how much fits into `money`."""
        return int(money / (self.tick_size * self.lot_size))

    def ticks(self, price: Decimal) -> Ticks:
        """A multiple of tick_size as ticks; whether it may be quoted, price_grid says. Raises
        InvalidFieldError for a price between two ticks."""
        ticks = price / self.tick_size
        if not ticks.is_finite() or ticks != ticks.to_integral_value():
            raise InvalidFieldError("price", price, f"a multiple of {self.tick_size}")
        return Ticks(int(ticks))

    def lots(self, quantity: Decimal) -> Lots:
        """A quantity on the grid as lots. Raises InvalidFieldError off the grid."""
        lots = quantity / self.lot_size
        if not lots.is_finite() or lots != lots.to_integral_value():
            raise InvalidFieldError("quantity", quantity, f"a multiple of {self.lot_size}")
        return Lots(int(lots))

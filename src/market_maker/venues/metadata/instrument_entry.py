"""What the metadata service says of one instrument, in our units."""

from decimal import Decimal, InvalidOperation
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from market_maker.model.currencies import DOLLARS
from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import LimitTexts
from market_maker.venues.metadata import metadata_pb2 as wire

DIGITS_MAX = 40
_PREFIX = "INSTRUMENT_STATUS_"
_BPS = 10_000
_DOLLARS = frozenset(DOLLARS)
_LIMITS = ("min_size", "max_size", "max_notional", "price_band_up", "price_band_down")


class TradingStatus(StrEnum):
    """UNKNOWN: a status that this program does not know, which counts as a halt."""

    UNKNOWN = "UNKNOWN"
    PRE_OPEN = "PRE_OPEN"
    TRADING = "TRADING"
    POST_ONLY = "POST_ONLY"
    CANCEL_ONLY = "CANCEL_ONLY"
    HALTED = "HALTED"
    DELISTED = "DELISTED"


OPEN = frozenset({TradingStatus.TRADING, TradingStatus.POST_ONLY})
"""In which orders of ours, all of them passive, are taken."""


class InstrumentEntry(Struct, frozen=True):
    """One instrument of the list. message: of the exchange, for people. reference_price: quote
    currency, None where there is none. version: grows with each change."""

    instrument: Instrument
    status: TradingStatus
    message: str
    reference_price: Decimal | None
    version: int


def instrument_entry(sent: wire.Instrument) -> InstrumentEntry:
    """Raises InvalidDataError for an instrument that cannot be traded as it is described."""
    source = f"instrument {sent.symbol!r}"
    if sent.contract_size and _decimal(source, "contract_size", sent.contract_size) != 1:
        raise InvalidDataError(source, f"contract_size {sent.contract_size}: only 1 is traded here")
    settled = _settled_in(source, sent)
    fee_rate = _decimal(source, "maker_fee_rate", sent.maker_fee_rate or "0")
    lot_size = _decimal(source, "lot_size", sent.lot_size)
    try:
        instrument = Instrument(
            symbol=sent.symbol,
            tick_size=_decimal(source, "tick_size", sent.tick_size),
            lot_size=lot_size,
            min_notional=_decimal(source, "min_notional", sent.min_notional or "0"),
            maker_fee_bps=(fee_rate * _BPS).normalize(),
            quote_currency=settled,
        )
        instrument = replace(instrument, limits=_limits(source, sent).counted(lot_size))
    except DomainError as error:
        raise InvalidDataError(source, str(error)) from error
    price = sent.reference_price
    return InstrumentEntry(
        instrument=instrument,
        status=_status(sent.status),
        message=sent.status_message,
        reference_price=_decimal(source, "reference_price", price) if price else None,
        version=sent.version,
    )


def _settled_in(source: str, sent: wire.Instrument) -> str:
    """What gains and fees are paid in: of a linear contract what its prices are in, or another
    dollar. Raises InvalidDataError for any other."""
    priced, settled = sent.quote_asset, sent.settle_asset
    inverse = bool(sent.base_asset) and settled == sent.base_asset != priced
    if inverse or (priced and settled not in {"", priced} and not {priced, settled} <= _DOLLARS):
        problem = (
            f"settle_asset {settled} of prices in {priced}: inverse or quanto; only linear "
            "contracts are traded here"
        )
        raise InvalidDataError(source, problem)
    return settled or priced


def _limits(source: str, sent: wire.Instrument) -> LimitTexts:
    """An empty text is no limit."""
    named = {name: _decimal(source, name, getattr(sent, name) or "0") for name in _LIMITS}
    return LimitTexts(**named, max_open_orders=sent.max_open_orders)


def _status(number: int) -> TradingStatus:
    """A number of a newer schema is no status of ours."""
    value = wire.InstrumentStatus.DESCRIPTOR.values_by_number.get(number)
    name = "" if value is None else value.name.removeprefix(_PREFIX)
    return TradingStatus(name) if name in TradingStatus.__members__ else TradingStatus.UNKNOWN


def _decimal(source: str, field: str, text: str) -> Decimal:
    try:
        number = Decimal(text if len(text) <= DIGITS_MAX else "NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or "e" in text.lower():
        raise InvalidDataError(source, f"{field} {text[:DIGITS_MAX]!r} is no decimal")
    return number

"""Fields of the exchange's messages as facts in ticks and lots. Each raises InvalidDataError for
what is no such fact: off the grid, of another symbol, without its part."""

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError
from market_maker.model.events import (
    Accepted,
    BookDelta,
    BookSnapshot,
    Canceled,
    CancelRejected,
    Event,
    Filled,
    InstrumentStatus,
    Levels,
    MarkPrice,
    Rejected,
    RejectReason,
    Trade,
)
from market_maker.model.instrument import Instrument
from market_maker.model.orders import Side
from market_maker.model.units import (
    NANOS_PER_SECOND,
    VALUE_SCALE,
    Lots,
    Nanos,
    OrderId,
    Ticks,
    Value,
)

Fields = dict[str, Any]
NO_ORDER = OrderId(0)
"""Orders are known by name here; the venue puts our number in."""

DIGITS_MAX = 28
"""Of a decimal: what the default context of Python keeps."""
COUNT_MAX = 2**53
"""Of ticks, and of lots: up to this a float counts exactly."""
AHEAD_MAX = Nanos(86_400 * NANOS_PER_SECOND)
"""How far the exchange's clock may be ahead of the broker's: beyond it a time is no time."""

PRICES_KEPT = 256
"""Of an instrument, as they were written; then they are forgotten, and read anew."""

OPEN = frozenset({"TRADING", "POST_ONLY"})
"""In which our orders, all of them passive, are taken."""

REASONS = {
    "POST_ONLY": RejectReason.POST_ONLY,
    "REDUCE_ONLY": RejectReason.REDUCE_ONLY,
    "MIN_NOTIONAL": RejectReason.MIN_NOTIONAL,
    "OFF_GRID": RejectReason.INVALID,
    "INSUFFICIENT_MARGIN": RejectReason.MARGIN,
    "RISK_LIMIT": RejectReason.POSITION_LIMIT,
    "RATE_LIMIT": RejectReason.RATE_LIMIT,
    "INSTRUMENT_HALTED": RejectReason.PAUSED,
}


class EngineNews(Struct, frozen=True):
    """Something happened to an order of an account. event.order_id is NO_ORDER."""

    account_id: str
    client_order_id: str
    event: Accepted | Rejected | Filled | Canceled | CancelRejected


class WrittenPrices(dict[str, Ticks]):
    """Those of an instrument as they are written, in ticks: the ones of its book come again and
    again. Raises InvalidDataError for a text that is no price."""

    def __init__(self, instrument: Instrument) -> None:
        super().__init__()
        self.instrument = instrument
        self._tick, self.lot = _grid(instrument.tick_size), _grid(instrument.lot_size)

    def __missing__(self, text: str) -> Ticks:
        count = whole(text, *self._tick)
        ticks = _ticks(text, self.instrument) if count is None else Ticks(_price(count, text))
        if len(self) >= PRICES_KEPT:
            self.clear()
        self[text] = ticks
        return ticks


def snapshot_of(fields: Fields, prices: WrittenPrices, now: Nanos) -> BookSnapshot:
    """A whole book."""
    return BookSnapshot(
        _time(fields, now),
        now,
        fields["seq"],
        _levels(fields["bids"], prices),
        _levels(fields["asks"], prices),
    )


def delta_of(fields: Fields, prices: WrittenPrices, now: Nanos) -> BookDelta:
    """Levels that changed."""
    if not fields["prev_seq"] < fields["first_seq"] <= fields["last_seq"]:
        raise InvalidDataError("message", "its sequence numbers do not grow")
    return BookDelta(
        _time(fields, now),
        now,
        fields["first_seq"],
        fields["last_seq"],
        fields["prev_seq"],
        _levels(fields["bids"], prices),
        _levels(fields["asks"], prices),
    )


def mark_of(fields: Fields, instrument: Instrument, now: Nanos) -> MarkPrice:
    """The mark price, at the nearest tick: it need not lie on the grid."""
    price = _decimal(fields["mark_price"]) / instrument.tick_size
    return MarkPrice(_time(fields, now), now, Ticks(_price(round(price), fields["mark_price"])))


def trade_of(fields: Fields, instrument: Instrument, now: Nanos) -> Trade:
    """A public trade."""
    return Trade(
        _time(fields, now),
        now,
        _ticks(fields["price"], instrument),
        _something(fields["size"], instrument),
        _side(fields["aggressor"]),
    )


def engine_fact(fields: Fields, instrument: Instrument, now: Nanos) -> Event | EngineNews | None:
    """What the matching engine did; None for a kind that this program does not know."""
    read = _KINDS.get(fields["type"])
    if read is None:
        return None
    name, of_part = read
    part = fields[name]
    if part is None:
        raise InvalidDataError("message", f"is {fields['type']} without {name}")
    stamped: Fields = {"ts_event": _time(fields, now, least=1), "ts_recv": now}
    event = of_part(part, instrument, stamped)
    if isinstance(event, InstrumentStatus):
        return event
    return EngineNews(part["account_id"], part["client_order_id"], event)


def _accepted(part: Fields, _instrument: Instrument, stamped: Fields) -> Accepted:
    return Accepted(**stamped, **_named(part))


def _rejected(part: Fields, _instrument: Instrument, stamped: Fields) -> Rejected:
    reason = REASONS.get(part["reason"], RejectReason.OTHER)
    return Rejected(**stamped, **_named(part), reason=reason)


def _filled(part: Fields, instrument: Instrument, stamped: Fields) -> Filled:
    return Filled(
        **stamped,
        **_named(part),
        trade_id=_number("trade_id", part["trade_id"]),
        price=_ticks(part["price"], instrument),
        size=_something(part["size"], instrument),
        **_fees(part, instrument),
    )


def _cancelled(part: Fields, _instrument: Instrument, stamped: Fields) -> Canceled:
    asked = part["reason"] == "REQUESTED"
    reason = "" if asked else part["reason"].lower().replace("_", " ")
    return Canceled(**stamped, **_named(part), reason=reason)


def _cancel_rejected(part: Fields, _instrument: Instrument, stamped: Fields) -> CancelRejected:
    return CancelRejected(**stamped, **_named(part), gone=part["gone"])


def _status(part: Fields, _instrument: Instrument, stamped: Fields) -> InstrumentStatus:
    return InstrumentStatus(stamped["ts_recv"], part["status"] not in OPEN)


_KINDS: dict[str, tuple[str, Callable[[Fields, Instrument, Fields], Any]]] = {
    "ACCEPTED": ("accepted", _accepted),
    "REJECTED": ("rejected", _rejected),
    "FILLED": ("filled", _filled),
    "CANCELLED": ("cancelled", _cancelled),
    "CANCEL_REJECTED": ("cancel_rejected", _cancel_rejected),
    "INSTRUMENT_STATUS": ("instrument_status", _status),
}


def _named(part: Fields) -> Fields:
    return {"order_id": NO_ORDER, "client_order_id": part["client_order_id"]}


def _levels(levels: Sequence[Fields], prices: WrittenPrices) -> Levels:
    found, (places, step) = [], prices.lot
    for level in levels:
        text = level["size"]
        size = whole(text, places, step)
        if size is None or size > COUNT_MAX:
            size = _lots(text, prices.instrument)
        found.append((prices[level["price"]], Lots(size)))
    return tuple(found)


@lru_cache(256)
def _grid(unit: Decimal) -> tuple[int, int]:
    """places, step: a unit as so many of 10^-places."""
    places = max(0, -int(unit.as_tuple().exponent))
    return places, int(unit.scaleb(places))


def whole(text: str, places: int, step: int) -> int | None:
    """A plain decimal of 0 or more as a count of units of step x 10^-places, without decimal
    arithmetic, of which a book has forty; None where that has to judge the text."""
    head, _, tail = text.partition(".")
    digits = head + tail.ljust(places, "0")
    plain = head and len(tail) <= places and len(text) <= DIGITS_MAX
    if not (plain and digits.isascii() and digits.isdigit()):
        return None
    count, rest = divmod(int(digits), step)
    return None if rest else count


def _fees(part: Fields, instrument: Instrument) -> Fields:
    """In quote currency; one in any other token is kept as it is, for the fill counts at once."""
    fee, asset = _decimal(part["fee"]), part["fee_asset"]
    if fee and instrument.quote_currency and asset != instrument.quote_currency:
        return {"fee": Value(0), "fee_token": asset, "fee_token_amount": fee}
    unit = instrument.tick_size * instrument.lot_size
    return {"fee": Value(round(fee / unit * VALUE_SCALE))}


def _time(fields: Fields, now: Nanos, *, least: int = 0) -> Nanos:
    """The exchange's; 0 of one that stamps nothing. now: when the broker had it."""
    at: int = fields["event_time"]
    if not least <= at <= now + AHEAD_MAX:
        raise InvalidDataError("event_time", f"{at} is no time of a message that came at {now}")
    return Nanos(at)


def _price(ticks: int, text: str) -> int:
    if ticks <= 0:
        raise InvalidDataError("price", f"{text[:40]} is not above 0")
    _check_count("price", ticks, text)
    return ticks


def _check_count(field: str, count: int, text: str) -> None:
    if count > COUNT_MAX:
        raise InvalidDataError(field, f"{text[:40]} is more than {COUNT_MAX} units of its grid")


def _ticks(text: str, instrument: Instrument) -> Ticks:
    number = _decimal(text)
    try:
        ticks = instrument.ticks(number)
    except DomainError as error:
        raise InvalidDataError("price", str(error)) from error
    return Ticks(_price(ticks, text))


def _something(text: str, instrument: Instrument) -> Lots:
    """Of what was traded: never nothing."""
    lots = _lots(text, instrument)
    if lots == 0:
        raise InvalidDataError("size", f"{text} is not above 0")
    return lots


def _lots(text: str, instrument: Instrument) -> Lots:
    number = _decimal(text)
    try:
        lots = instrument.lots(number)
    except DomainError as error:
        raise InvalidDataError("size", str(error)) from error
    if lots < 0:
        raise InvalidDataError("size", f"{text} is below 0")
    _check_count("size", lots, text)
    return lots


def _decimal(text: str) -> Decimal:
    try:
        # More digits than decimal arithmetic keeps would be rounded on to the grid.
        number = Decimal(text if len(text) <= DIGITS_MAX else "NaN")
    except InvalidOperation:
        raise InvalidDataError("message", f"{text[:40]!r} is no decimal") from None
    if not number.is_finite() or "e" in text.lower():
        raise InvalidDataError("message", f"{text[:40]!r} is no decimal")
    return number


def _number(field: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 19):  # noqa: PLR2004  63 bits
        raise InvalidDataError(field, f"{text[:40]!r} is no whole number")
    return int(text)


def _side(text: str) -> Side:
    if text not in Side.__members__:
        raise InvalidDataError("aggressor", f"{text!r} is no side")
    return Side(text)

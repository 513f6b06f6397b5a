"""What a venue itself says of its instruments: its answer to REST, kept in a file.

Source: Binance exchangeInfo (spot, USDS-M, COIN-M), Bybit instruments-info, OKX public/instruments,
Hyperliquid meta and metaAndAssetCtxs; a file may hold several answers, one a line, packed or as
cryptofeed writes them. Or one object of ours: symbol, tick_size, lot_size, min_notional, and what
model.instrument_limits.LimitTexts has.
"""

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from market_maker.model.errors import DomainError, InvalidDataError, InvalidFieldError
from market_maker.model.instrument_limits import LimitTexts
from market_maker.venues.recorded.lines import CaptureLines, received_line

FILE_BYTES_MAX = 64 << 20
FILE_EXPONENT_MAX = 18
_HYPERLIQUID_DECIMALS = 6
_UNLIKE = "does not say what an instrument is as venues do"

JsonObject = dict[str, Any]


class InstrumentFacts(Struct, frozen=True, kw_only=True):
    """tick_size: quote currency. size_step: of the sizes on the wire; lot_size: the same in base
    currency, or in contracts of an inverse one, whose quote currency is contract_value (else 0).
    min_notional, quote_currency: None, empty where the venue does not say. limits: in the unit of
    lot_size."""

    tick_size: Decimal
    size_step: Decimal
    lot_size: Decimal
    min_notional: Decimal | None = None
    quote_currency: str = ""
    contract_value: Decimal = Decimal(0)
    limits: LimitTexts = LimitTexts()


def read_instrument(path: Path, symbol: str) -> InstrumentFacts:
    """What the file says of `symbol`. Raises InvalidDataError."""
    names: list[str] = []
    try:
        for answer in _answers(path):
            for name, facts in _listed(answer):
                if name == symbol:
                    return _checked(facts())
                names.append(name)
    except KeyError as error:
        raise InvalidDataError(path.name, f"{_UNLIKE}: it lacks {error}") from None
    except InvalidFieldError as error:
        raise InvalidDataError(path.name, str(error)) from None
    except (AttributeError, TypeError, ValueError, StopIteration):
        raise InvalidDataError(path.name, _UNLIKE) from None
    shown = ", ".join(names[:10])
    problem = f"lists no {symbol}" + (f", but {shown}" if names else "; it lists no instruments")
    raise InvalidDataError(path.name, problem)


def _answers(path: Path) -> Iterator[JsonObject]:
    """Every JSON object of the file: one a line, or the file as one."""
    content, room = b"", FILE_BYTES_MAX
    found = False
    for line in CaptureLines([path], lambda _done, _total: None):
        room -= len(line.content)
        if room < 0:
            raise InvalidDataError(path.name, "is too large for a list of instruments")
        content += line.content
        try:
            received = received_line(line.content)
            answer = msgspec.json.decode(received.payload) if received else None
        except (msgspec.DecodeError, UnicodeDecodeError, DomainError, RecursionError):
            continue
        if isinstance(answer, list):
            answer = _of_list(answer)
        if isinstance(answer, dict):
            found = True
            yield answer
    if not found:
        try:
            whole = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InvalidDataError(path.name, "is not JSON") from None
        yield whole if isinstance(whole, dict) else _of_list(whole)


def _of_list(answer: Any) -> JsonObject:
    """A list of instruments, or one whose first item lists them."""
    first = answer[0] if isinstance(answer, list) and answer else None
    return {"data": answer, **(first if isinstance(first, dict) else {})}


def _listed(answer: JsonObject) -> Iterator[tuple[str, Any]]:
    """Names of instruments, each with what makes its facts."""
    if "tick_size" in answer:
        yield str(answer["symbol"]), lambda: _own(answer)
    for each in answer.get("symbols", ()):
        yield str(each["symbol"]), lambda each=each: _binance(each)
    for each in answer.get("universe", ()):
        yield str(each["name"]), lambda each=each: _hyperliquid(each)
    result = answer.get("result")
    for each in result.get("list", ()) if isinstance(result, dict) else ():
        yield str(each["symbol"]), lambda each=each: _bybit(each)
    data = answer.get("data")
    for each in data if isinstance(data, list) else ():
        if isinstance(each, dict) and "tickSz" in each:
            yield str(each["instId"]), lambda each=each: _okx(each)


def _own(each: JsonObject) -> InstrumentFacts:
    lot = _decimal(each["lot_size"])
    return InstrumentFacts(
        tick_size=_decimal(each["tick_size"]),
        size_step=lot,
        lot_size=lot,
        min_notional=_decimal(each.get("min_notional", "0")),
        quote_currency=str(each.get("quote_currency", "")),
        contract_value=_decimal(each.get("contract_value", "0")),
        limits=LimitTexts(
            min_size=_named(each, "min_size"),
            max_size=_named(each, "max_size"),
            max_notional=_named(each, "max_notional"),
            price_band_up=_named(each, "price_band_up"),
            price_band_down=_named(each, "price_band_down"),
            max_open_orders=int(each.get("max_open_orders", 0)),
        ),
    )


def _named(each: JsonObject, name: str) -> Decimal:
    return _decimal(each.get(name) or "0")


def _binance(each: JsonObject) -> InstrumentFacts:
    filters = {one["filterType"]: one for one in each["filters"]}
    notional = filters.get("NOTIONAL") or filters.get("MIN_NOTIONAL") or {}
    least = notional.get("minNotional", notional.get("notional"))
    lot = _decimal(filters["LOT_SIZE"]["stepSize"])
    return InstrumentFacts(
        tick_size=_decimal(filters["PRICE_FILTER"]["tickSize"]),
        size_step=lot,
        lot_size=lot,
        min_notional=None if least is None else _decimal(least),
        quote_currency=str(each.get("quoteAsset", "")),
        contract_value=_decimal(each.get("contractSize", "0")),
        limits=_binance_limits(filters, notional),
    )


def _binance_limits(filters: JsonObject, notional: JsonObject) -> LimitTexts:
    sizes, orders = filters["LOT_SIZE"], filters.get("MAX_NUM_ORDERS", {})
    band = filters.get("PERCENT_PRICE", {})  # multiples of the mark, or of spot's average price
    return LimitTexts(
        min_size=_named(sizes, "minQty"),
        max_size=_named(sizes, "maxQty"),
        max_notional=_named(notional, "maxNotional"),
        price_band_up=_decimal(band.get("multiplierUp", "1")) - 1,
        price_band_down=1 - _decimal(band.get("multiplierDown", "1")),
        max_open_orders=int(orders.get("maxNumOrders", orders.get("limit", 0))),
    )


def _bybit(each: JsonObject) -> InstrumentFacts:
    sizes = each["lotSizeFilter"]
    lot = _decimal(sizes.get("qtyStep") or sizes["basePrecision"])
    least = sizes.get("minNotionalValue", sizes.get("minOrderAmt"))
    inverse = str(each.get("contractType", "")).startswith("Inverse")
    return InstrumentFacts(
        tick_size=_decimal(each["priceFilter"]["tickSize"]),
        size_step=lot,
        lot_size=lot,
        min_notional=None if least is None else _decimal(least),
        quote_currency=str(each.get("quoteCoin", "")),
        contract_value=Decimal(1 if inverse else 0),  # sizes are USD
        limits=LimitTexts(
            min_size=_named(sizes, "minOrderQty"),
            max_size=_named(sizes, "maxLimitOrderQty") or _named(sizes, "maxOrderQty"),
        ),
    )


def _okx(each: JsonObject) -> InstrumentFacts:
    step, value = _decimal(each["lotSz"]), _decimal(each.get("ctVal") or "0")
    inverse = each.get("ctType") == "inverse"
    linear = bool(value) and not inverse
    return InstrumentFacts(
        tick_size=_decimal(each["tickSz"]),
        size_step=step,
        lot_size=step * value if linear else step,
        quote_currency=str(each.get("quoteCcy") or ("USD" if inverse else each["settleCcy"])),
        contract_value=value if inverse else Decimal(0),
        limits=LimitTexts(
            min_size=_named(each, "minSz") * (value if linear else 1),
            max_size=_named(each, "maxLmtSz") * (value if linear else 1),
        ),
    )


def _hyperliquid(each: JsonObject) -> InstrumentFacts:
    decimals = int(each["szDecimals"])
    lot = Decimal(1).scaleb(-decimals)
    return InstrumentFacts(
        tick_size=Decimal(1).scaleb(decimals - _HYPERLIQUID_DECIMALS), size_step=lot, lot_size=lot
    )


def _decimal(value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > FILE_EXPONENT_MAX:
        raise InvalidFieldError("a size of an instrument", value, "a decimal from 1e-18 to 1e18")
    return Decimal(f"{number.normalize():f}")


def _checked(facts: InstrumentFacts) -> InstrumentFacts:
    for field in ("tick_size", "size_step", "lot_size"):
        size: Decimal = getattr(facts, field)
        if size <= 0:
            raise InvalidFieldError(field, size, "a decimal above 0")
    return facts

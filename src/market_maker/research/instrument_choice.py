"""The instrument of a capture: as given, as its venue says, as it is known, as data show."""

from decimal import Decimal

from msgspec import Struct

from market_maker.model.currencies import quote_of_symbol
from market_maker.model.errors import InvalidFieldError
from market_maker.model.instrument import ContractKind, Instrument
from market_maker.model.instrument_limits import NO_LIMITS
from market_maker.model.price_grid import EVERY_TICK, PriceBand, PriceGrid, significant_figures
from market_maker.venues.recorded.gridding import PackedRows, finer_for_trades, fits, found_step
from market_maker.venues.recorded.instrument_files import InstrumentFacts
from market_maker.venues.recorded.instruments import (
    VenueRule,
    inverse_value,
    known_instrument,
    venue_rule,
)


class GivenSizes(Struct, frozen=True):
    """What a person says, before anything else; None where they do not."""

    tick_size: Decimal | None = None
    lot_size: Decimal | None = None
    min_notional: Decimal | None = None

    def check(self, symbol: str) -> None:
        """Before anything is read. Raises InvalidFieldError for what no instrument can have."""
        Instrument(
            symbol,
            Decimal(1) if self.tick_size is None else self.tick_size,
            Decimal(1) if self.lot_size is None else self.lot_size,
            Decimal(0) if self.min_notional is None else self.min_notional,
        )


class ChosenInstrument(Struct, frozen=True):
    """price_step: of prices that may be quoted, of which tick_size may be a part. size_step: of
    sizes as the capture has them, which are contracts where lot_size is what those hold. inferred:
    what was found from the data."""

    instrument: Instrument
    price_step: Decimal
    size_step: Decimal
    inferred: tuple[str, ...]


def choose_instrument(
    format_name: str,
    symbol: str,
    packed: PackedRows,
    given: GivenSizes,
    facts: InstrumentFacts | None,
) -> ChosenInstrument:
    """Raises InvalidFieldError for sizes that cannot be."""
    rule, near, inferred = venue_rule(format_name), packed.near(), []
    known = _facts_known(format_name, symbol) if facts is None else facts
    prices, sizes = packed.price[near & ~packed.traded()], packed.size[near]
    step, size_step = given.tick_size, given.lot_size
    lot_size = size_step
    if known is not None and (facts is not None or fits(prices, known.tick_size)):
        step = known.tick_size if step is None else step
    if known is not None and (facts is not None or fits(sizes, known.size_step)):
        lot_size = known.lot_size if lot_size is None else lot_size
        size_step = known.size_step if size_step is None else size_step
    if step is None:
        step = found_step(prices)
        inferred.append("tick_size")
    if size_step is None or lot_size is None:
        size_step = lot_size = found_step(sizes)
        inferred.append("lot_size")
    notional = _notional(given, known, rule)
    Instrument(symbol, step, size_step, notional)  # refuses what cannot be, before it divides
    tick, grid = _grid(packed, step, rule)
    value = inverse_value(format_name, symbol) if facts is None else facts.contract_value
    said = "" if facts is None else facts.quote_currency
    instrument = Instrument(
        symbol,
        tick,
        lot_size,
        notional,
        price_grid=grid,
        quote_currency=said or rule.quote_currency or quote_of_symbol(symbol),
        contract=ContractKind.INVERSE if value else ContractKind.LINEAR,
        contract_value=value,
        limits=NO_LIMITS if facts is None else facts.limits.counted(lot_size),
    )
    return ChosenInstrument(instrument, step, size_step, tuple(inferred))


def _facts_known(format_name: str, symbol: str) -> InstrumentFacts | None:
    known = known_instrument(format_name, symbol)
    if known is None:
        return None
    return InstrumentFacts(
        tick_size=known.tick_size,
        size_step=known.lot_size,
        lot_size=known.lot_size,
        min_notional=known.min_notional,
    )


def _notional(given: GivenSizes, known: InstrumentFacts | None, rule: VenueRule) -> Decimal:
    if given.min_notional is not None:
        return given.min_notional
    if known is not None and known.min_notional is not None:
        return known.min_notional
    return rule.min_notional


def _grid(packed: PackedRows, step: Decimal, rule: VenueRule) -> tuple[Decimal, PriceGrid]:
    """The tick, and which ticks may be quoted."""
    if rule.significant_figures:
        try:
            return step, significant_figures(step, rule.significant_figures)
        except InvalidFieldError:  # a step that was given and is no power of ten
            return step, EVERY_TICK
    tick = finer_for_trades(packed, step)
    if tick == step:
        return tick, EVERY_TICK
    return tick, PriceGrid((PriceBand(0, int(step / tick)),))

"""The instruments of several venues as one list."""

from collections.abc import Mapping
from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.ports import Instruments


class JoinedInstruments:
    """ports.Instruments. venues: by name; where two list a symbol, the first counts."""

    def __init__(self, venues: Mapping[str, Instruments]) -> None:
        self._venues = tuple(venues.values())

    def find(self, symbol: str) -> Instrument | None:
        found = (each.find(symbol) for each in self._venues)
        return next((each for each in found if each is not None), None)

    def reference_price(self, symbol: str) -> Decimal | None:
        found = (each.reference_price(symbol) for each in self._venues)
        return next((each for each in found if each is not None), None)

    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted({symbol for each in self._venues for symbol in each.symbols()}))

"""The sandbox exchange's list of instruments, as the metadata service would return it."""

from collections.abc import Sequence
from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.sandbox.listings import LISTINGS, Listing


class SandboxInstruments:
    """ports.Instruments, of a fixed list."""

    def __init__(self, listings: Sequence[Listing] = LISTINGS) -> None:
        self._listings = {listing.instrument.symbol: listing for listing in listings}

    def find(self, symbol: str) -> Instrument | None:
        listing = self._listings.get(symbol)
        return listing.instrument if listing else None

    def reference_price(self, symbol: str) -> Decimal | None:
        listing = self._listings.get(symbol)
        return Decimal(str(listing.parameters.start_price)) if listing else None

    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted(self._listings))

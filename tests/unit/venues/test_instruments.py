"""The sandbox's list of instruments, found by symbol."""

from decimal import Decimal

from market_maker.sandbox.listings import LISTINGS
from market_maker.venues.instruments import SandboxInstruments


def test_each_listed_symbol_has_its_instrument_and_a_price():
    instruments = SandboxInstruments()
    assert instruments.symbols() == tuple(sorted(instruments.symbols()))
    for listed in LISTINGS:
        symbol = listed.instrument.symbol
        assert instruments.find(symbol) == listed.instrument
        price = instruments.reference_price(symbol)
        assert price == Decimal(str(listed.parameters.start_price))


def test_another_symbol_is_not_there():
    instruments = SandboxInstruments(LISTINGS[:1])
    assert instruments.find("NOPE") is None
    assert instruments.reference_price("NOPE") is None
    assert len(instruments.symbols()) == 1

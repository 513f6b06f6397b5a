"""Several venues' lists are one list."""

from decimal import Decimal

from market_maker.model.instrument import Instrument
from market_maker.serving.joined_instruments import JoinedInstruments
from market_maker.venues.instruments import SandboxInstruments

BTC = Instrument("BTC", Decimal("0.1"), Decimal("0.00001"))


class Listed:
    def find(self, symbol):
        return BTC if symbol == "BTC" else None

    def reference_price(self, symbol):
        return Decimal(97_000) if symbol == "BTC" else None

    def symbols(self):
        return ("BTC",)


def test_what_any_lists_is_listed():
    joined = JoinedInstruments({"sandbox": SandboxInstruments(), "hyperliquid": Listed()})
    assert joined.find("BTC") == BTC
    assert joined.find("BTCUSDT-PERP").symbol == "BTCUSDT-PERP"
    assert joined.find("NONE") is None
    assert joined.reference_price("BTC") == 97_000
    assert joined.reference_price("NONE") is None
    assert {"BTC", "BTCUSDT-PERP"} <= set(joined.symbols())

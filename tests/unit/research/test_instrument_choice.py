import json
from decimal import Decimal

import pytest

from market_maker.model.instrument_limits import InstrumentLimits
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import snapshot, stamped, write_capture
from tests.unit.venues.recorded import test_okx
from tests.unit.venues.recorded.test_instrument_files import BINANCE, OKX


@pytest.fixture
def write(tmp_path):
    def write(content):
        path = tmp_path / "instruments.json"
        path.write_text(json.dumps(content))
        return path

    return write


def test_a_capture_takes_its_grid_from_the_file(write, tmp_path):
    whole = snapshot(10, [["0.3000", "100"]], [["0.4000", "200"]])
    path = write_capture(tmp_path / "x", [stamped(5, whole)])
    options = ImportOptions(symbol="NKNUSDT", instrument_file=write(BINANCE))
    recording, report = import_capture(CaptureFormat.AUTO, [path], options)
    instrument = recording.instrument
    assert (str(instrument.tick_size), str(instrument.lot_size)) == ("0.0001", "1")
    assert (instrument.min_notional, instrument.quote_currency, report.inferred) == (5, "USDT", ())


def test_a_capture_takes_what_the_venue_takes_of_orders_from_the_file(write, tmp_path):
    whole = snapshot(10, [["0.3000", "100"]], [["0.4000", "200"]])
    path = write_capture(tmp_path / "x", [stamped(5, whole)])
    own = {"symbol": "NKNUSDT", "tick_size": "0.0001", "lot_size": "1", "max_size": "70.5"}
    options = ImportOptions(symbol="NKNUSDT", instrument_file=write(own))
    recording, _ = import_capture(CaptureFormat.AUTO, [path], options)
    assert recording.instrument.limits == InstrumentLimits(max_lots=70)


def test_sizes_of_contracts_become_coins_by_what_one_holds(write, tmp_path):
    book = test_okx.book(
        1, "snapshot", 10, -1, test_okx.BIDS, test_okx.ASKS, symbol="BTC-USDT-SWAP"
    )
    path = write_capture(tmp_path / "x", [stamped(5, book)])
    options = ImportOptions(instrument_file=write(OKX))
    instrument = import_capture(CaptureFormat.AUTO, [path], options)[0].instrument
    assert instrument.quantity(2) == Decimal("0.02")


def test_a_known_grid_that_the_data_contradict_is_not_taken(tmp_path):
    bids = [[f"{50_000 - n / 100:.2f}", "1.000"] for n in range(1, 60)]
    whole = snapshot(10, bids, [["50000.05", "1.000"]], ms=1) | {"symbol": "BTCUSDT"}
    path = write_capture(tmp_path / "x", [stamped(5, whole)])
    options = ImportOptions(symbol="BTCUSDT")
    recording, report = import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)
    assert str(recording.instrument.tick_size) == "0.01"
    assert report.inferred == ("tick_size",)

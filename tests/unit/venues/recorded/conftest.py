import pytest

from market_maker.research.importing import ImportOptions, import_capture
from market_maker.venues.recorded.formats import CaptureFormat
from tests.captures import stamped, write_capture


@pytest.fixture
def futures(tmp_path):
    def take(*messages, first_ms=10):
        lines = [stamped(first_ms + n, message) for n, message in enumerate(messages)]
        path = write_capture(tmp_path / "capture.gz", lines)
        options = ImportOptions(symbol="BTCUSDT")
        return import_capture(CaptureFormat.BINANCE_FUTURES, [path], options)

    return take


@pytest.fixture
def spot(tmp_path):
    def take(*messages, first_ms=10):
        lines = [stamped(first_ms + n, message) for n, message in enumerate(messages)]
        path = write_capture(tmp_path / "capture.gz", lines)
        options = ImportOptions(symbol="BTCUSDT")
        return import_capture(CaptureFormat.BINANCE_SPOT, [path], options)

    return take

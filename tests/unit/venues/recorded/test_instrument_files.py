import gzip
import json
from decimal import Decimal

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument_limits import LimitTexts
from market_maker.venues.recorded.instrument_files import read_instrument
from tests.shared_data import need_shared_data

FILTERS = [
    {"filterType": "PRICE_FILTER", "tickSize": "0.00010000"},
    {"filterType": "LOT_SIZE", "stepSize": "1.00000000"},
    {"filterType": "NOTIONAL", "minNotional": "5.00000000"},
]
BINANCE = {"symbols": [{"symbol": "NKNUSDT", "quoteAsset": "USDT", "filters": FILTERS}]}
COIN = {"symbols": [{"symbol": "BTCUSD_PERP", "contractSize": 100, "filters": FILTERS[:2]}]}
BYBIT = {
    "result": {
        "list": [
            {
                "symbol": "BTCUSD",
                "contractType": "InversePerpetual",
                "quoteCoin": "USD",
                "priceFilter": {"tickSize": "0.50"},
                "lotSizeFilter": {"qtyStep": "1"},
            }
        ]
    }
}
OKX_SWAP = {"instId": "BTC-USDT-SWAP", "tickSz": "0.1", "lotSz": "1", "ctVal": "0.01"}
OKX = {"code": "0", "data": [{**OKX_SWAP, "ctType": "linear", "settleCcy": "USDT"}]}
HYPERLIQUID = {"universe": [{"name": "BTC", "szDecimals": 5, "maxLeverage": 40}]}
OWN = {"symbol": "X", "tick_size": "0.5", "lot_size": "2"}
NKN = json.dumps(OWN).replace("X", "NKNUSDT")


@pytest.fixture
def write(tmp_path):
    def write(content, name="x.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1))
        return path

    return write


@pytest.mark.parametrize(
    ("content", "symbol", "sizes", "value"),
    [
        (BINANCE, "NKNUSDT", ("0.0001", "1", "1"), 0),
        (COIN, "BTCUSD_PERP", ("0.0001", "1", "1"), 100),
        (BYBIT, "BTCUSD", ("0.5", "1", "1"), 1),
        (OKX, "BTC-USDT-SWAP", ("0.1", "1", "0.01"), 0),
        (HYPERLIQUID, "BTC", ("0.1", "0.00001", "0.00001"), 0),
        ([HYPERLIQUID, [{"funding": "0"}]], "BTC", ("0.1", "0.00001", "0.00001"), 0),
        (OWN, "X", ("0.5", "2", "2"), 0),
    ],
)
def test_what_a_venue_says_of_an_instrument(write, content, symbol, sizes, value):
    facts = read_instrument(write(content), symbol)
    shown = (facts.tick_size, facts.size_step, facts.lot_size)
    assert tuple(f"{size:f}" for size in shown) == sizes
    assert facts.contract_value == value


LOT_SIZES = {"filterType": "LOT_SIZE", "stepSize": "1", "minQty": "3", "maxQty": "9000.5"}
BINANCE_LIMITS = [
    LOT_SIZES,
    {"filterType": "PRICE_FILTER", "tickSize": "0.1"},
    {"filterType": "NOTIONAL", "minNotional": "5", "maxNotional": "9000000"},
    {"filterType": "PERCENT_PRICE", "multiplierUp": "1.05", "multiplierDown": "0.9"},
    {"filterType": "MAX_NUM_ORDERS", "limit": 200},
]
LIMITS = {
    "min_size": Decimal(3),
    "max_size": Decimal("9000.5"),
    "max_notional": Decimal(9_000_000),
    "price_band_up": Decimal("0.05"),
    "price_band_down": Decimal("0.1"),
    "max_open_orders": 200,
}
OKX_LIMITS = OKX_SWAP | {"settleCcy": "USDT", "minSz": "1", "maxLmtSz": "1000"}
BYBIT_SIZES = {"qtyStep": "1", "minOrderQty": "3", "maxOrderQty": "9000.5"}
BYBIT_LIMITS = {"symbol": "X", "priceFilter": {"tickSize": "1"}, "lotSizeFilter": BYBIT_SIZES}


@pytest.mark.parametrize(
    ("content", "symbol", "limits"),
    [
        ({"symbols": [{"symbol": "X", "filters": BINANCE_LIMITS}]}, "X", LIMITS),
        (
            {"result": {"list": [BYBIT_LIMITS]}},
            "X",
            {"min_size": Decimal(3), "max_size": Decimal("9000.5")},
        ),
        (
            {"data": [OKX_LIMITS]},
            "BTC-USDT-SWAP",
            {"min_size": Decimal("0.01"), "max_size": Decimal(10)},
        ),
        (OWN | {name: str(value) for name, value in LIMITS.items()}, "X", LIMITS),
        (OWN, "X", {}),
    ],
)
def test_what_a_venue_takes_of_orders(write, content, symbol, limits):
    assert read_instrument(write(content), symbol).limits == LimitTexts(**limits)


def test_the_file_may_be_packed_and_as_cryptofeed_writes_it(tmp_path):
    path = tmp_path / "x.gz"
    line = "https://api.example/exchangeInfo -> 1626992740.17: " + json.dumps(BINANCE)
    path.write_bytes(gzip.compress(f"{line}\nconfiguration: {{}}\n".encode()))
    assert read_instrument(path, "NKNUSDT").min_notional == 5


def test_real_answers_of_the_venue_are_read():
    folder = need_shared_data("cryptofeed_raw_ws")
    linear = read_instrument(folder / "BINANCE_FUTURES.0.gz", "SUSHIUSDT")
    assert (linear.tick_size, linear.lot_size) == (Decimal("0.001"), 1)
    inverse = read_instrument(folder / "BINANCE_DELIVERY.0.gz", "LINKUSD_PERP")
    assert inverse.contract_value == 10


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is not JSON"),
        ("{", "is not JSON"),
        ('"text"', "it lists no instruments"),
        ({"hello": 1}, "lists no NKNUSDT; it lists no instruments"),
        (COIN, "lists no NKNUSDT, but BTCUSD_PERP"),
        ({"symbols": [{"symbol": "NKNUSDT", "filters": []}]}, "it lacks 'LOT_SIZE'"),
        ({"symbols": [{"symbol": "NKNUSDT", "filters": 3}]}, "as venues do"),
        ({"symbols": 7}, "as venues do"),
        (
            json.dumps(OWN).replace('"X"', '"NKNUSDT"').replace("0.5", "1e999999"),
            "'1e999999' is not",
        ),
        (
            json.dumps(OWN).replace('"X"', '"NKNUSDT"').replace("0.5", "-1"),
            "tick_size: -1 is not allowed",
        ),
        (NKN.replace("0.5", "x"), "'x' is not allowed"),
    ],
)
def test_what_is_no_such_file_is_refused_in_one_line(write, content, words):
    with pytest.raises(InvalidDataError) as caught:
        read_instrument(write(content), "NKNUSDT")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", ["[]", "[1]", "[[]]", "[null]", "5", "null", '"x"'])
def test_json_that_lists_nothing_is_refused(write, content):
    """`[]` ended in a traceback."""
    with pytest.raises(InvalidDataError, match=r"x\.json: (lists no X|does not say what an inst)"):
        read_instrument(write(content), "X")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tick_size": "0"}, "tick_size: 0 is not allowed; allowed: a decimal above 0"),
        ({"tick_size": "NaN"}, "a size of an instrument: 'NaN' is not allowed"),
        ({"lot_size": "x"}, "a size of an instrument: 'x' is not allowed"),
        ({"lot_size": "1e999"}, "'1e999' is not allowed; allowed: a decimal from 1e-18 to 1e18"),
    ],
)
def test_a_size_that_cannot_be_is_named(write, changes, words):
    with pytest.raises(InvalidDataError) as caught:
        read_instrument(write(OWN | changes), "X")
    assert words in str(caught.value)


def test_what_is_lacking_is_named(write):
    with pytest.raises(InvalidDataError, match="as venues do: it lacks 'filters'"):
        read_instrument(write({"symbols": [{"symbol": "X"}]}), "X")

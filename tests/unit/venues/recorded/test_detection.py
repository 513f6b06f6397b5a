import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.storage.recording import write_recording
from market_maker.venues.recorded.detection import detected
from tests.captures import (
    aggregate,
    binance_trade,
    futures_depth,
    futures_ticker,
    hyperliquid_book,
    make_recording,
    snapshot,
    spot_depth,
    spot_ticker,
    stamped,
    write_capture,
)

BIDS, ASKS = [["99.0", "1.000"]], [["101.0", "2.000"]]


def of(tmp_path, *messages):
    return detected([write_capture(tmp_path / "x", [stamped(5, message) for message in messages])])


@pytest.mark.parametrize(
    ("messages", "name"),
    [
        ([futures_depth(1, 5, 6, 4)], "binance-futures"),
        ([spot_depth(1, 5, 6)], "binance-spot"),
        ([aggregate(1, 5, 6, "1", "1"), spot_depth(1, 5, 6)], "binance-spot"),
        ([snapshot(5, BIDS, ASKS, ms=1)], "binance-futures"),
        ([snapshot(5, BIDS, ASKS)], "binance-spot"),
        ([futures_ticker(1, 5, "1", "2")], "binance-futures"),
        ([spot_ticker(5, "1", "2")["data"]], "binance-spot"),
        ([binance_trade(1, 5, "1", "1")["data"]], "binance-futures"),
        ([aggregate(1, 5, 6, "1", "1")], "binance-futures"),
        ([hyperliquid_book(0, [], [])], "hyperliquid"),
    ],
)
def test_a_capture_is_known_by_its_messages(tmp_path, messages, name):
    assert of(tmp_path, *messages) == name


def test_files_that_could_be_of_either_market_follow_the_others(tmp_path):
    either = write_capture(tmp_path / "a", [stamped(5, aggregate(1, 5, 6, "1", "1"))])
    spot = write_capture(tmp_path / "b", [stamped(5, spot_depth(1, 5, 6))])
    other = write_capture(tmp_path / "c", [stamped(5, hyperliquid_book(0, [], []))])
    assert detected([either, spot]) == "binance-spot"
    with pytest.raises(InvalidDataError, match="different formats"):
        detected([spot, other])


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "an empty file"),
        (b"PAR1xxxx", "a Parquet file"),
        (b"\x28\xb5\x2f\xfdxx", "zstd"),
        (b"a,b,c\n1,2,3\n", "a table of a, b, c"),
        (b"hello\n", "no capture that is known"),
        (b"PK\x03\x04xxxx", "a damaged zip"),
        (b'{"table":"orderBookL2","data":[]}\n', "BitMEX"),
        (b'{"feed":"book","product_id":"X"}\n', "Kraken Futures"),
        (b'{"type":"l2update"}\n', "Coinbase"),
        (b"34200.5,1,7,10,308900,-1\n", "one file of a LOBSTER pair"),
        (b'[{"e":"x"},{"e":"y"}]\n', "JSON that is not one message on each line"),
        (b'{\n"e": "x"\n}\n', "JSON that is not one message on each line"),
        ("{}\n".encode("utf-16"), "UTF-16"),
        (b"a;b;c;d\n1;2;3;4\n", "separated by semicolons"),
        (b'2024-08-08T00:00:00Z {"e":"depthUpdate"}\n', "JSON after '2024-08-08T00:00:00Z'"),
        (b"x.txt\0\0ustar\n", "a tar archive"),
    ],
)
def test_a_refusal_says_what_a_file_resembles_and_what_is_taken(tmp_path, content, words):
    path = tmp_path / "x"
    path.write_bytes(content)
    with pytest.raises(InvalidDataError) as caught:
        detected([path])
    assert words in str(caught.value)
    assert "allowed are Binance streams" in str(caught.value)


def test_a_recording_is_one_already(tmp_path):
    write_recording(tmp_path / "x", make_recording([(7, 0, 0, 1, 2)]))
    with pytest.raises(InvalidDataError, match="a recording already"):
        detected([tmp_path / "x"])


def test_a_pair_of_lobster_is_known_by_what_it_holds(tmp_path):
    (tmp_path / "a").write_text("34200.5,1,7,10,308900,-1\n")
    (tmp_path / "b").write_text("308900,10,308800,20\n")
    assert detected([tmp_path / "a", tmp_path / "b"]) == "lobster"

"""Damage to a file of DBN, plain or packed, is one line, and its decoder prints nothing."""

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.venues.recorded.dbn_files import DbnFile
from tests.unit.venues.recorded.test_databento import ORDERS, capture, metadata, packed


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"DBN", "does not begin with DBN"),
        (b"DBN\x03\xff\xff\xff\xff", "its metadata have no end"),
        (metadata()[:60], "is damaged, or no DBN file"),
        (b"DBN\x63" + metadata()[4:], "is damaged, or no DBN file"),
        (metadata(instruments=(("A\nB", "7"),)), "one of its symbols is no text"),
    ],
)
def test_a_damaged_file_is_refused_in_one_line(tmp_path, content, problem, capfd):
    with pytest.raises(InvalidDataError, match=problem) as refused:
        capture(tmp_path, content)
    assert "\n" not in str(refused.value)
    assert capfd.readouterr().err == ""


def test_damage_to_a_packed_file_is_refused_in_one_line(tmp_path):
    whole = bytearray(packed(metadata() + b"".join(ORDERS)))
    whole[len(whole) // 2] ^= 0xFF
    with pytest.raises(InvalidDataError, match="is damaged"):
        capture(tmp_path, bytes(whole), "x.dbn.zst")


def test_a_heading_names_symbols_with_their_instruments(tmp_path):
    path = tmp_path / "x.dbn"
    path.write_bytes(metadata(instruments=(("AAPL", "9"), ("MSFT", "7"))))
    heading = DbnFile(path).heading()
    assert heading.symbols == ("AAPL", "MSFT")
    assert heading.ids == {"AAPL": frozenset({9}), "MSFT": frozenset({7})}


def test_a_record_after_one_without_a_length_is_lost_and_said(tmp_path):
    content = metadata() + b"".join(ORDERS) + bytes(16) + ORDERS[-1]
    _, report = capture(tmp_path, content)
    assert report.malformed_samples == (
        f"x.dbn: record {len(ORDERS) + 1}: a record shorter than its header: what follows is lost",
    )

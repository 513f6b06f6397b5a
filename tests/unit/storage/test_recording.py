import contextlib
import io
import json
import os
import zipfile
from decimal import Decimal
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market_maker.model.errors import InvalidDataError
from market_maker.model.instrument import Instrument
from market_maker.model.instrument_limits import NO_LIMITS, InstrumentLimits
from market_maker.model.price_grid import significant_figures
from market_maker.model.recording import RowKind
from market_maker.storage.recording import (
    COLUMNS,
    FORMAT_VERSION,
    META_NAME,
    WITHOUT_FUNDING,
    read_recording,
    write_recording,
)
from tests.captures import make_recording

GOOD_ROWS = [
    (RowKind.CLEAR, 0, 0, 1_000, 2_000),
    (RowKind.BID, 618_002, 2_507, 1_000, 2_000),
    (RowKind.ASK, 618_003, 2_510, 1_000, 2_000),
    (RowKind.BUY_TRADE, 618_003, 6, 900, 2_300),
    (RowKind.BEST_BID, 618_002, 2_507, 1_500, 2_300),
    (RowKind.BEST_ASK, 618_004, 1, 1_500, 2_300),
    (RowKind.BEST_EXPIRED, 0, 0, 1_600, 2_400),
    (RowKind.ASK, 618_003, 0, 1_600, 2_400),
    (RowKind.GAP, 0, 0, 1_700, 2_500),
]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "good.mmrec"


@pytest.fixture
def good(path):
    write_recording(path, make_recording(GOOD_ROWS, clock_shift_ns=7))
    return path


def same(left, right):
    columns = all(np.array_equal(getattr(left, n), getattr(right, n)) for n in COLUMNS)
    fields = ("instrument", "clock_shift_ns", "origin")
    return columns and all(getattr(left, n) == getattr(right, n) for n in fields)


def rewritten(source: Path, **contents):
    """The zip with some members replaced (None removes one)."""
    with zipfile.ZipFile(source) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, content in contents.items():
        members[name.replace("_json", ".json").replace("_npy", ".npy")] = content
    with zipfile.ZipFile(source, "w") as archive:
        for name, content in members.items():
            if content is not None:
                archive.writestr(name, content)
    return source


def with_meta(source: Path, **fields):
    return rewritten(source, meta_json=json.dumps(meta_of(source) | fields))


def meta_of(source: Path):
    with zipfile.ZipFile(source) as archive:
        return json.loads(archive.read(META_NAME))


def refusal(path):
    with pytest.raises(InvalidDataError) as caught:
        read_recording(path)
    message = str(caught.value)
    assert "\n" not in message
    return message


def refusal_of(rows, path):
    with pytest.raises(InvalidDataError) as caught:
        write_recording(path, make_recording(rows))
    assert list(path.parent.iterdir()) == []
    return str(caught.value)


def test_what_was_written_is_read(good):
    assert same(read_recording(good), make_recording(GOOD_ROWS, clock_shift_ns=7))


PRICED = st.sampled_from([RowKind.BID, RowKind.ASK, RowKind.BEST_BID, RowKind.BUY_TRADE])
ROWS = st.lists(
    st.tuples(
        PRICED,
        st.integers(1, 2**40),
        st.integers(1, 2**40),
        st.integers(0, 2**61),
        st.integers(0, 2**61),
    ),
    min_size=1,
    max_size=30,
)


@pytest.mark.thorough
@given(ROWS)
def test_any_valid_columns_survive_the_round_trip(tmp_path_factory, rows):
    receipts = sorted(row[4] for row in rows)
    rows = [(*row[:4], receipt) for row, receipt in zip(rows, receipts, strict=True)]
    path = tmp_path_factory.mktemp("recordings") / "any.mmrec"
    write_recording(path, make_recording(rows))
    assert same(read_recording(path), make_recording(rows))


def test_the_same_recording_has_the_same_bytes(tmp_path):
    first, second = tmp_path / "a.mmrec", tmp_path / "b.mmrec"
    for path in (first, second):
        write_recording(path, make_recording(GOOD_ROWS))
    assert first.read_bytes() == second.read_bytes()


def test_the_size_returned_is_the_size_of_the_file(path):
    assert write_recording(path, make_recording(GOOD_ROWS)) == path.stat().st_size


def test_writing_leaves_one_file_and_replaces_the_old_one(good):
    write_recording(good, make_recording(GOOD_ROWS[:4]))
    assert [p.name for p in good.parent.iterdir()] == [good.name]
    assert read_recording(good).rows == 4


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(InvalidDataError, match="cannot be written: no such file or directory"):
        write_recording(tmp_path / "absent" / "x.mmrec", make_recording(GOOD_ROWS))


def test_a_write_that_fails_at_the_end_leaves_nothing(tmp_path):
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "inside").touch()
    with pytest.raises(InvalidDataError, match="cannot be written"):
        write_recording(tmp_path / "taken", make_recording(GOOD_ROWS))
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


def test_a_missing_file_is_one_line(tmp_path):
    assert refusal(tmp_path / "absent.mmrec").endswith("there is no such file")


@pytest.mark.parametrize("content", [b"", b"hello, world", b"\x1f\x8b\x08 a gzip file"])
def test_a_foreign_file_is_no_recording(path, content):
    path.write_bytes(content)
    assert "not a recording of market_maker" in refusal(path)


def test_a_folder_is_no_recording(tmp_path):
    assert "is a directory" in refusal(tmp_path)


def test_a_pipe_is_no_recording(path):
    os.mkfifo(path)
    assert "is a pipe or a device" in refusal(path)


def test_a_foreign_zip_is_no_recording(path):
    np.savez(path.with_suffix(".npz"), kind=np.arange(3))
    path.with_suffix(".npz").replace(path)
    assert "not a recording of market_maker" in refusal(path)


def test_a_json_of_something_else_is_no_recording(good):
    assert "not a recording of market_maker" in refusal(rewritten(good, meta_json=b'{"a": 1}'))


def test_every_truncation_is_refused(good):
    whole = good.read_bytes()
    for length in range(2, len(whole), 97):
        good.write_bytes(whole[:length])
        assert "truncated" in refusal(good) or "not a recording" in refusal(good)


def test_every_flipped_byte_of_a_column_is_refused(good):
    whole = good.read_bytes()
    start = whole.index(b"lots.npy") + len("lots.npy")
    for position in range(start, start + 40):
        good.write_bytes(whole[:position] + bytes([whole[position] ^ 0xFF]) + whole[position + 1 :])
        refusal(good)


LIMITS = InstrumentLimits(min_lots=2, max_lots=50, max_notional=Decimal("12.5"), max_open_orders=3)


def test_an_instruments_limits_are_kept_in_a_version_that_older_builds_refuse(path):
    plain = make_recording(GOOD_ROWS)
    limited = msgspec.structs.replace(plain.instrument, limits=LIMITS)
    write_recording(path, msgspec.structs.replace(plain, instrument=limited))
    assert read_recording(path).instrument == limited
    assert meta_of(path)["version"] == FORMAT_VERSION


def test_a_recording_without_limits_is_written_and_read_as_before(good):
    meta = meta_of(good)
    assert "limits" not in meta["instrument"]
    assert meta["version"] == WITHOUT_FUNDING
    assert read_recording(good).instrument.limits == NO_LIMITS


def test_an_older_format_says_what_this_build_reads_and_what_to_do(good):
    message = refusal(with_meta(good, version=0))
    assert (
        f"format version 0; this build reads 1 to {FORMAT_VERSION}: import the capture again"
        in message
    )


def test_the_version_before_remarks_is_read(good):
    with zipfile.ZipFile(good) as archive:
        meta = json.loads(archive.read(META_NAME)) | {"version": 1}
    del meta["remarks"], meta["instrument"]["price_grid"]
    read = read_recording(rewritten(good, meta_json=json.dumps(meta)))
    assert (read.remarks, read.instrument.price_grid.bands) == ((), ())


def test_remarks_and_the_price_grid_survive_the_disk(tmp_path):
    recording = msgspec.structs.replace(
        make_recording(GOOD_ROWS),
        remarks=("no trades",),
        instrument=Instrument(
            "XYZ", Decimal("0.01"), Decimal(1), price_grid=significant_figures(Decimal("0.01"), 5)
        ),
    )
    write_recording(tmp_path / "x.mmrec", recording)
    read = read_recording(tmp_path / "x.mmrec")
    assert (read.remarks, read.instrument) == (recording.remarks, recording.instrument)


@pytest.mark.thorough
def test_any_damaged_byte_is_refused_or_changes_nothing(good):
    whole = good.read_bytes()
    recording = read_recording(good)
    for position in range(len(whole)):
        for flip in (0xFF, 0x01, 0x80):
            damaged = bytearray(whole)
            damaged[position] ^= flip
            good.write_bytes(damaged)
            with contextlib.suppress(InvalidDataError):
                assert same(read_recording(good), recording), position


def test_a_newer_format_says_what_this_build_reads_and_what_to_do(good):
    message = refusal(with_meta(good, version=FORMAT_VERSION + 1))
    assert "format version 5; this build reads 1 to 4: install a newer market_maker" in message


def test_a_wrong_checksum_is_refused(good):
    assert "the checksum does not match" in refusal(with_meta(good, checksum="0" * 64))


def test_a_wrong_number_of_rows_is_refused(good):
    assert "the column 'kind' has 9 rows, meta.json says 4" in refusal(with_meta(good, rows=4))


def test_a_wrong_span_is_refused(good):
    assert "span" in refusal(with_meta(good, span={"start": 1, "end": 2}))


@pytest.mark.parametrize(
    "fields",
    [
        {"instrument": {"symbol": "X", "tick_size": "0", "lot_size": "1"}},
        {"codings": {"ticks": {"first": 2**70, "unit": 1}}},
        {"codings": {"ticks": {"first": 1, "unit": 0}}},
        {"rows": "many"},
    ],
)
def test_meta_that_cannot_be_is_refused(good, fields):
    assert "meta.json: " in refusal(with_meta(good, **fields))


def test_a_missing_column_is_named(good):
    assert "the column 'lots' is missing" in refusal(rewritten(good, lots_npy=None))


def test_a_column_that_is_no_array_is_named(good):
    assert "the column 'lots' is damaged" in refusal(rewritten(good, lots_npy=b"not npy"))


def test_a_column_of_floats_is_named(good, tmp_path):
    np.save(tmp_path / "floats.npy", np.arange(9.0))
    content = (tmp_path / "floats.npy").read_bytes()
    assert "'lots' is not a list of integers" in refusal(rewritten(good, lots_npy=content))


def test_columns_of_unequal_length_are_refused_on_read(good, tmp_path):
    np.save(tmp_path / "short.npy", np.arange(8))
    content = (tmp_path / "short.npy").read_bytes()
    message = refusal(rewritten(good, lots_npy=content))
    assert "the column 'lots' has 8 rows, meta.json says 9" in message


def test_columns_of_unequal_length_are_refused_on_write(path):
    bad = msgspec.structs.replace(make_recording(GOOD_ROWS), lots=np.arange(3))
    with pytest.raises(InvalidDataError, match="columns of unequal length"):
        write_recording(path, bad)


def _header(rows):
    content = io.BytesIO()
    claim = {"descr": "<i8", "fortran_order": False, "shape": (rows,)}
    np.lib.format.write_array_header_1_0(content, claim)
    return content.getvalue()


def test_a_claim_of_more_rows_than_fit_any_memory_is_refused_unread(good):
    rows = 10**15
    everything = {f"{name}_npy": _header(rows) for name in COLUMNS}
    assert "'kind' is damaged" in refusal(rewritten(with_meta(good, rows=rows), **everything))


def test_one_column_that_claims_more_rows_than_the_others_is_refused_unread(good):
    message = refusal(rewritten(good, lots_npy=_header(10**15)))
    assert "'lots' has 1000000000000000 rows, meta.json says 9" in message


def test_meta_of_megabytes_is_no_recording(good):
    assert "not a recording" in refusal(rewritten(good, meta_json=b" " * (2 << 20)))


def test_no_rows_are_refused(path):
    assert "it holds no rows" in refusal_of([], path)


def test_receipts_that_go_back_are_refused_with_their_row(path):
    rows = [(RowKind.BID, 1, 1, 5, 10), (RowKind.BID, 1, 1, 5, 9)]
    assert "row 1: ts_recv goes back" in refusal_of(rows, path)


def test_event_times_may_go_back(path):
    rows = [(RowKind.BID, 1, 1, 5, 10), (RowKind.BID, 1, 1, 4, 10)]
    write_recording(path, make_recording(rows))
    assert read_recording(path).rows == 2


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ((RowKind.BID, 1, -1, 5, 10), "lots is negative"),
        ((RowKind.SELL_TRADE, 1, 0, 5, 10), "lots of a trade is 0"),
        ((RowKind.ASK, 0, 1, 5, 10), "ticks is not above 0"),
        ((RowKind.ASK, 1, 1, -5, 10), "ts_event is negative"),
        ((10, 1, 1, 5, 10), "kind is not in 0 to 9"),
    ],
)
def test_a_row_that_cannot_be_is_refused(path, row, problem):
    assert f"row 1: {problem}" in refusal_of([(RowKind.BID, 1, 1, 5, 10), row], path)

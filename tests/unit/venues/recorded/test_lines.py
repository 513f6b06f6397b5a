import bz2
import gzip
import io
import lzma
import zipfile

import pytest

from market_maker.model.errors import InvalidDataError
from market_maker.model.recording import RowKind
from market_maker.research.importing import ImportOptions, import_capture
from market_maker.storage.recording import write_recording
from market_maker.venues.recorded.formats import CaptureFormat
from market_maker.venues.recorded.lines import (
    LINE_BYTES_MAX,
    UNPACKED_FREE,
    UNPACKED_RATIO_MAX,
    CaptureLines,
)
from tests.captures import (
    binance_trade,
    make_recording,
    snapshot,
    spot_depth,
    stamped,
    write_capture,
)

BIDS, ASKS = [["99.00", "1.00000"]], [["101.00", "1.00000"]]
GOOD = [
    stamped(5, snapshot(10, BIDS, ASKS)),
    *(stamped(10 + n, spot_depth(n, 11 + n, 11 + n, bids=[["98.00", "1"]])) for n in range(50)),
]


def take(paths, symbol=None):
    return import_capture(CaptureFormat.BINANCE_SPOT, paths, ImportOptions(symbol=symbol))


def refusal(paths):
    with pytest.raises(InvalidDataError) as caught:
        take(paths)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_parts_are_read_in_order_as_one_capture(tmp_path):
    parts = [
        write_capture(tmp_path / "1.gz", GOOD[:20]),
        write_capture(tmp_path / "2", GOOD[20:], packed=False),
    ]
    whole = write_capture(tmp_path / "whole.gz", GOOD)
    split, report = take(parts)
    assert split.ticks.tolist() == take([whole])[0].ticks.tolist()
    assert (report.lines, report.gaps) == (51, 0)


def test_parts_are_brought_in_order_of_receipt(tmp_path):
    whole = take([write_capture(tmp_path / "whole.gz", GOOD)])[0]
    halves = [
        write_capture(tmp_path / "2.gz", GOOD[20:]),
        write_capture(tmp_path / "1.gz", GOOD[:20]),
    ]
    feeds = [
        write_capture(tmp_path / "odd.gz", GOOD[1::2]),
        write_capture(tmp_path / "even.gz", GOOD[::2]),
    ]
    for parts in (halves, feeds):
        recording, report = take(parts)
        assert recording.ticks.tolist() == whole.ticks.tolist()
        assert (report.lines, report.gaps) == (51, 0)


def test_progress_ends_at_the_size_of_all_files(tmp_path):
    parts = [write_capture(tmp_path / name, GOOD) for name in ("1.gz", "2.gz")]
    told = []
    list(CaptureLines(parts, lambda done, total: told.append((done, total))))
    size = sum(part.stat().st_size for part in parts)
    assert told[-1] == (size, size)


def test_a_truncated_gzip_names_the_file_and_the_line(tmp_path):
    path = write_capture(tmp_path / "cut.gz", GOOD)
    path.write_bytes(path.read_bytes()[:-9])
    assert refusal([path]).startswith("cut.gz: line ")
    assert "the file is truncated" in refusal([path])


def test_a_damaged_gzip_names_the_file_and_the_line(tmp_path):
    path = write_capture(tmp_path / "bad.gz", GOOD)
    content = bytearray(path.read_bytes())
    content[-6] ^= 0xFF
    path.write_bytes(content)
    assert "bad.gz: line 52: the packed data are damaged" in refusal([path])


def test_a_missing_file_is_named(tmp_path):
    assert "absent.gz: no such file or directory" in refusal([tmp_path / "absent.gz"])


def test_an_empty_file_is_foreign(tmp_path):
    path = write_capture(tmp_path / "empty", [], packed=False)
    assert "empty: not a binance-spot capture" in refusal([path])


@pytest.mark.parametrize("content", ["a,b,c\n1,2,3\n", "\x00\xff" * 300, '{"a": 1}\n' * 500])
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "foreign"
    path.write_text(content, encoding="latin-1")
    assert "foreign: not a binance-spot capture" in refusal([path])


def test_a_line_without_an_end_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "endless.gz"
    with gzip.open(path, "wb") as file:
        file.write(bytes(LINE_BYTES_MAX + 1))
    assert "endless.gz: line 1: longer than 16 MiB" in refusal([path])


@pytest.mark.thorough
def test_a_small_file_of_very_many_lines_is_refused_before_it_fills_the_memory(tmp_path):
    path = tmp_path / "bomb.gz"
    line = stamped(5, snapshot(10, BIDS, ASKS)).encode() + b"\n"
    with gzip.open(path, "wb") as file:
        file.write(line)
        filler = line[:20] + b" " * (1 << 20) + line[20:]
        for _ in range(UNPACKED_FREE // len(filler) + 1):
            file.write(filler)
    assert path.stat().st_size * UNPACKED_RATIO_MAX < UNPACKED_FREE
    message = refusal([path])
    assert "bomb.gz: line 6" in message
    assert "this is no capture" in message


def test_a_large_file_of_many_lines_is_none(tmp_path):
    path = tmp_path / "plain"
    path.write_text("\n".join([*GOOD, ""]))
    padding = " " * (1 << 20)
    with path.open("a") as file:
        for number in range(UNPACKED_FREE // len(padding) + 1):
            file.write(stamped(100 + number, f"{{{padding}}}") + "\n")
    assert take([path])[1].lines > len(GOOD) + UNPACKED_FREE // len(padding)


def test_a_foreign_file_is_refused_even_if_a_symbol_is_given(tmp_path):
    path = tmp_path / "foreign.txt"
    path.write_text("hello\n" * 150)
    with pytest.raises(InvalidDataError, match="no line of the first 100 is one"):
        take([path], symbol="BTCUSDT")


def test_malformed_lines_are_counted_and_sampled(tmp_path):
    lines = [*GOOD, "nonsense", stamped(100, "{broken"), "123 {}", stamped(101, '{"stream":5}')]
    _, report = take([write_capture(tmp_path / "some.gz", lines)])
    assert report.malformed == 4
    assert len(report.malformed_samples) == 4
    assert report.malformed_samples[0].startswith("some.gz: line 52: does not start with")


def test_too_many_malformed_lines_are_fatal(tmp_path):
    path = write_capture(tmp_path / "many.gz", [*GOOD, *(["nonsense"] * 11)])
    assert "many.gz: 11 of 62 lines are malformed (many.gz: line 52" in refusal([path])


def test_unknown_messages_are_counted_by_kind(tmp_path):
    kline = {"stream": "btcusdt@kline_1m", "data": {"e": "kline", "s": "BTCUSDT", "k": {}}}
    other = binance_trade(3, 9, "1", "1")
    other["data"]["s"] = "ETHUSDT"
    lines = [*GOOD, stamped(100, kline), stamped(100, other), stamped(100, {"result": None})]
    _, report = take([write_capture(tmp_path / "more.gz", lines)])
    assert report.left_out == {"kline_1m": 1, "trade of ETHUSDT": 1, "no stream": 1}
    assert report.malformed == 0


def test_a_level_off_the_grid_is_left_out_and_counted(tmp_path):
    lines = [*GOOD, stamped(100, spot_depth(100, 61, 61, bids=[["98.005", "1"]]))]
    recording, report = take([write_capture(tmp_path / "off.gz", lines)])
    assert report.rounded_prices == 1
    assert recording.ticks.tolist() == take([write_capture(tmp_path / "x", GOOD)])[0].ticks.tolist()


def test_an_impossible_line_leaves_no_row_and_the_hole_behind_it_is_a_gap(tmp_path):
    odd = stamped(100, spot_depth(100, 61, 61, bids=[["98.00", "2"], ["97.00", "-1"]]))
    after = stamped(101, spot_depth(101, 62, 62, bids=[["98.00", "3"]]))
    path = write_capture(tmp_path / "odd.gz", [*GOOD, odd, after])
    recording, report = take([path])
    assert (report.malformed, report.gaps) == (1, 1)
    assert "odd.gz: line 52: size: '-1' is not allowed" in report.malformed_samples[0]
    assert recording.kind[-1] == RowKind.GAP
    assert (recording.lots != 200_000).all()


def test_a_receive_time_that_goes_back_is_held_and_counted(tmp_path):
    lines = [*GOOD, stamped(50, spot_depth(61, 61, 61, bids=[["98.00", "2"]]))]
    recording, report = take([write_capture(tmp_path / "back.gz", lines)])
    assert report.receipt_reversals == 1
    assert (recording.ts_recv[1:] >= recording.ts_recv[:-1]).all()


def test_gzip_is_known_by_its_content_and_not_by_its_name(tmp_path):
    path = tmp_path / "capture.txt"
    path.write_bytes(gzip.compress(("\n".join(GOOD) + "\n").encode()))
    assert take([path])[1].lines == 51


def test_receive_times_in_seconds_with_decimals_are_the_same_capture(tmp_path):
    def in_seconds(line):
        stamp, _, payload = line.partition(" ")
        return f"{stamp[:-9]}.{stamp[-9:]} {payload}"

    whole = write_capture(tmp_path / "whole", GOOD)
    decimals = write_capture(tmp_path / "decimals", [in_seconds(line) for line in GOOD])
    assert take([decimals])[0].rows == take([whole])[0].rows
    assert (take([decimals])[0].ts_recv == take([whole])[0].ts_recv).all()


def test_a_zip_of_several_files_is_no_damage(tmp_path):
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in "ab":
            archive.writestr(name, "\n".join(GOOD))
    assert refusal([path]) == "two.zip: it holds 2 files: unpack it and name those of one capture"


def test_a_capture_without_a_book_says_what_it_holds(tmp_path):
    path = write_capture(
        tmp_path / "x", [stamped(n, binance_trade(n, n, "99", "1")) for n in (1, 2)]
    )
    with pytest.raises(
        InvalidDataError, match=r"no snapshot of the book of BTCUSDT .* but 2 trade"
    ):
        import_capture(CaptureFormat.BINANCE_FUTURES, [path], ImportOptions())


def zipped(*members):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in members:
            archive.writestr(name, content)
    return made.getvalue()


TEXT = ("\n".join(GOOD) + "\n").encode()


@pytest.mark.parametrize(
    ("content", "packed"),
    [
        (gzip.compress(gzip.compress(TEXT)), "gzip"),
        (zipped(("x.gz", gzip.compress(TEXT))), "gzip"),
        (zipped(("x.zip", zipped(("x", TEXT)))), "zip"),
        (gzip.compress(bz2.compress(TEXT)), "bzip2"),
        (gzip.compress(lzma.compress(TEXT)), "xz"),
    ],
)
def test_what_is_packed_twice_is_refused_as_such(tmp_path, content, packed):
    """The bytes within were shown as the text of a line, control characters and all."""
    path = tmp_path / "x"
    path.write_bytes(content)
    for asked in (CaptureFormat.BINANCE_SPOT, CaptureFormat.AUTO):
        with pytest.raises(InvalidDataError) as caught:
            import_capture(asked, [path], ImportOptions())
        words = f"x: it holds a file that is packed by {packed} itself: unpack it once"
        assert str(caught.value) == words


def test_what_macos_puts_into_a_zip_is_no_file_of_it(tmp_path):
    path = tmp_path / "x.zip"
    path.write_bytes(zipped(("x", TEXT), ("__MACOSX/._x", b"?"), (".DS_Store", b"?"), ("d/", b"")))
    assert take([path])[1].lines == len(GOOD)


def test_a_recording_is_no_capture_and_is_said_to_be_one(tmp_path):
    path = tmp_path / "x.mmrec"
    write_recording(path, make_recording([(RowKind.CLEAR, 0, 0, 1_000, 2_000)]))
    with pytest.raises(InvalidDataError, match="is a recording already"):
        list(CaptureLines([path], lambda _done, _total: None))

import gzip
import json
import os

import pytest

from market_maker.cli import import_, main
from market_maker.storage.recording import read_recording
from tests.captures import snapshot, spot_depth, stamped, write_capture

BIDS, ASKS = [["99.00", "1.00000"]], [["101.00", "1.00000"]]
LINES = [
    stamped(5, snapshot(10, BIDS, ASKS)),
    stamped(6, spot_depth(6, 11, 12, bids=[["98.00", "1"]])),
]


@pytest.fixture
def capture(tmp_path):
    return write_capture(tmp_path / "capture.gz", LINES)


@pytest.fixture
def run(tmp_path, capture, capsys):
    """Run the import of the small capture with more arguments; returns (code, out, err)."""

    def run(*arguments, inputs=(capture,), output=tmp_path / "x.mmrec", format_="binance-spot"):
        line = ["import", "--format", format_, *inputs, "-o", output, *arguments]
        code = main.run([str(word) for word in line])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def assert_refused(result, *named):
    code, out, err = result
    assert (code, out) == (2, "")
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert all(word in err for word in named), err


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_capture_becomes_a_recording_and_a_readable_summary(run, tmp_path):
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "x.mmrec: 4 rows" in out
    assert "BTCUSDT: tick 0.01, lot 0.00001, minimum notional 5" in out
    assert "0 gaps, 0 times crossed" in out
    assert read_recording(tmp_path / "x.mmrec").rows == 4


def test_json_is_one_object_with_the_report(run, tmp_path):
    code, out, _ = run("--json")
    report = json.loads(out)
    assert code == 0
    assert (report["rows"], report["gaps"], report["crossed"]) == (4, 0, 0)
    assert report["instrument"]["tick_size"] == "0.01"
    assert report["messages"] == {"snapshot": 1, "depth": 1}
    assert report["bytes"] == (tmp_path / "x.mmrec").stat().st_size
    assert report["bytes_per_row"] == pytest.approx(report["bytes"] / 4)


def test_importing_twice_writes_the_same_bytes(run, tmp_path):
    run()
    run(output=tmp_path / "y.mmrec")
    assert (tmp_path / "x.mmrec").read_bytes() == (tmp_path / "y.mmrec").read_bytes()


def test_the_instrument_can_be_overridden(run, tmp_path):
    grid = ("--tick-size", "0.5", "--lot-size", "0.1", "--min-notional", "7")
    assert run("--symbol", "BTCUSDT", *grid)[0] == 0
    instrument = read_recording(tmp_path / "x.mmrec").instrument
    assert [str(n) for n in (instrument.tick_size, instrument.lot_size)] == ["0.5", "0.1"]
    assert str(instrument.min_notional) == "7"


def test_a_grid_that_was_found_from_the_data_is_said(run, tmp_path):
    lines = [line.replace("BTCUSDT", "OTHER") for line in LINES]
    code, out, _ = run(inputs=[write_capture(tmp_path / "other.gz", lines)])
    assert code == 0
    assert "found from data tick_size, lot_size" in out


def test_what_was_noticed_is_in_the_summary(run, tmp_path):
    kline = {"stream": "btcusdt@kline_1m", "data": {"k": {}}}
    lines = [*LINES, LINES[1], "nonsense", stamped(9, kline)]
    _, out, _ = run(inputs=[write_capture(tmp_path / "noisy.gz", lines)])
    assert "stale depth     1" in out
    assert "malformed lines 1" in out
    assert "noisy.gz: line 4: does not start with a receive time" in out
    assert "left out        1 kline_1m" in out


def test_an_existing_file_is_kept_unless_forced(run, tmp_path):
    (tmp_path / "x.mmrec").write_text("precious")
    assert_refused(run(), "x.mmrec: the output exists already; --force replaces it")
    assert (tmp_path / "x.mmrec").read_text() == "precious"
    assert run("--force")[0] == 0
    assert read_recording(tmp_path / "x.mmrec").rows == 4


def test_an_input_is_never_overwritten(run, capture):
    before = capture.read_bytes()
    assert_refused(run("--force", output=capture), "capture.gz", "one of the inputs")
    assert capture.read_bytes() == before


def test_an_output_that_cannot_be_a_file_is_named(run, tmp_path):
    assert_refused(run(output=tmp_path / "absent" / "x.mmrec"), "folder does not exist")
    assert_refused(run("--force", output=tmp_path), "the output is a folder")
    os.mkfifo(tmp_path / "pipe")
    assert_refused(run("--force", output=tmp_path / "pipe"), "a pipe or a device")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--tick-size", "abc"), ("tick-size", "'abc'", "a decimal")),
        (("--tick-size", "0"), ("tick_size", "0", "above 0")),
        (("--lot-size", "-1"), ("lot_size", "-1", "above 0")),
        (("--min-notional", "-1"), ("min_notional", "-1", "0 or more")),
        (("--tick-size", "0.3"), ("capture.gz", "tick_size", "0.3", "a step of the prices")),
        (("--date", "21.6.2012"), ("date", "21.6.2012", "like 2012-06-21")),
        (("--symbol", "ETHUSDT"), ("capture.gz", "no depth of ETHUSDT, but of BTCUSDT")),
    ],
)
def test_a_bad_option_is_one_line_and_nothing_is_written(run, tmp_path, arguments, named):
    assert_refused(run(*arguments), *named)
    assert files(tmp_path) == ["capture.gz"]


def test_an_unknown_format_names_those_there_are(run):
    assert_refused(run(format_="kraken"), "kraken", "binance-futures", "lobster")


def test_a_truncated_file_is_one_line_and_nothing_is_written(run, tmp_path, capture):
    capture.write_bytes(gzip.compress(b"x" * 100_000)[:-9])
    assert_refused(run(), "capture.gz: line", "truncated")
    assert files(tmp_path) == ["capture.gz"]


def test_a_foreign_file_is_one_line_and_nothing_is_written(run, tmp_path, capture):
    capture.write_bytes(b"a,b\n1,2\n")
    assert_refused(run(), "capture.gz: not a binance-spot capture")
    assert files(tmp_path) == ["capture.gz"]


def test_a_missing_file_is_one_line(run, tmp_path):
    assert_refused(run(inputs=[tmp_path / "absent.gz"]), "absent.gz", "no such file")


def test_large_captures_say_now_and_then_how_far_they_are(capsys):
    show = import_._lines_of_progress()
    total = 100 * import_.QUIET_BYTES_MAX
    for percent in range(101):
        show(percent * import_.QUIET_BYTES_MAX, total)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "importing: 10 % read"
    assert len(lines) == 10
